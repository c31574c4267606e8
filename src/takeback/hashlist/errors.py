"""Reasons to refuse a list whose log is proved to be whole; each message says what to do."""

from takeback.tlog.errors import LogError

_SHOWN = 5


class ErasedWithoutWithdrawalError(LogError):
    """Openings are gone, and no later withdrawal accounts for them.

    `indexes`: the log indexes concerned. It also happens, harmlessly, when an entry is withdrawn
    between the moment a checkpoint is fetched and the moment its bundles are: fetch a newer
    checkpoint and try once more.
    """

    def __init__(self, indexes: tuple[int, ...]) -> None:
        """Name the log indexes whose openings are gone."""
        self.indexes = indexes
        more = " …" if len(indexes) > _SHOWN else ""
        shown = ", ".join(map(str, indexes[:_SHOWN])) + more
        super().__init__(f"The openings at {shown} are gone, and no later event withdraws them.")


class EventOutOfPlaceError(LogError):
    """An event contradicts the ones before it, such as an entry added twice."""


class GrowthBeyondCapError(LogError):
    """More entries came into force in a day than the log's own purpose allows."""


class ExpiredListError(LogError):
    """The list is beyond the end that its own purpose has set, and something is still listed."""


class EventTimeError(LogError):
    """An event is dated later than now, or long before the events that stand before it."""
