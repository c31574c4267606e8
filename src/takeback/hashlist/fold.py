"""The fold: what is on the list after a run of events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from takeback.hashlist.errors import EventOutOfPlaceError
from takeback.hashlist.events import AddedEvent, AmendedEvent, EntryId, Provenance, WithdrawnEvent
from takeback.hashlist.follow import LoggedEvent
from takeback.hashlist.signals import Signal
from takeback.matching.policy import Lane


@dataclass(frozen=True, slots=True)
class LiveEntry:
    """An entry on the list; `added_at` is the log index of the event that added it."""

    entry: EntryId
    lane: Lane
    provenance: Provenance
    signals: tuple[Signal, ...]
    added_at: int


@dataclass
class ListState:
    """The live entries, changed event by event in log order."""

    _live: dict[EntryId, LiveEntry] = field(default_factory=dict)

    @property
    def live(self) -> Mapping[EntryId, LiveEntry]:
        """The entries on the list, by id; a view that follows every change."""
        return MappingProxyType(self._live)

    def apply(self, logged: Iterable[LoggedEvent]) -> None:
        """Take in events in log order; those whose opening was erased change nothing.

        Raises EventOutOfPlaceError at the first event that contradicts the state.
        """
        for one in logged:
            match one.event:
                case AddedEvent() as event:
                    self._require(event.entry not in self._live, one.index, "adds a live entry")
                    self._put(event, one.index)
                case AmendedEvent() as event:
                    before = self._live.get(event.entry)
                    if before is None:
                        raise _out_of_place(one.index, "amends an entry that is not live")
                    self._put(event, before.added_at)
                case WithdrawnEvent() as event:
                    # Not live here: it was added and withdrawn within the events just fetched,
                    # and its openings are erased already.
                    before = self._live.pop(event.entry, None)
                    fits = before is None or before.added_at == event.erases[0]
                    self._require(fits, one.index, "withdraws an entry added elsewhere")
                    self._require(event.erases[-1] < one.index, one.index, "erases what follows")
                case None:
                    pass

    def _put(self, event: AddedEvent | AmendedEvent, added_at: int) -> None:
        self._live[event.entry] = LiveEntry(
            event.entry, event.lane, event.provenance, event.signals, added_at
        )

    def _require(self, fits: bool, index: int, what: str) -> None:
        if not fits:
            raise _out_of_place(index, what)


def _out_of_place(index: int, what: str) -> EventOutOfPlaceError:
    return EventOutOfPlaceError(
        f"The event at {index} {what}. Ask the hotline; the list you have stays in force."
    )
