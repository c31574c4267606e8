"""Why a log, or a part of it, is refused; each message says what is wrong and what to do."""

_SHOWN = 5


class LogError(Exception):
    """A log is refused. Whoever follows it keeps the last good state."""


class MalformedLogError(LogError):
    """A note, a checkpoint, a bundle, an event or a path is not in its format."""


class BadSignatureError(LogError):
    """No signature of a known key, or one that does not fit the text."""


class WrongOriginError(LogError):
    """The checkpoint is of another log."""


class LogShortenedError(LogError):
    """The checkpoint is smaller than one that was verified before."""


class LogRewrittenError(LogError):
    """The events do not lead to the signed root: something was changed, left out or put in."""


class OpeningMismatchError(LogError):
    """A nonce and event do not fit their commitment."""


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


class UnwitnessedError(LogError):
    """Too few of the witnesses that the trust policy names have cosigned the checkpoint."""


class GrowthBeyondCapError(LogError):
    """More entries came into force in a day than the log's own purpose allows."""


class ExpiredListError(LogError):
    """The list is beyond the end that its own purpose has set, and something is still listed."""


class EventTimeError(LogError):
    """An event is dated later than now, or long before the events that stand before it."""
