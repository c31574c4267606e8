"""The fold: what is on the list after a run of events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from takeback.hashlist.errors import EventOutOfPlaceError
from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    EntryId,
    Provenance,
    ResumedEvent,
    SuspendedEvent,
    WithdrawnEvent,
)
from takeback.hashlist.follow import LoggedEvent
from takeback.hashlist.signals import Signal, UnknownSignal
from takeback.signals.lanes import Lane


@dataclass(frozen=True, slots=True)
class Statement:
    """The event that says how an entry now is: its log index, and its commitment, 32 bytes."""

    index: int
    commitment: bytes


@dataclass(frozen=True, slots=True)
class LiveEntry:
    """An entry on the list; `added_at` is the log index of the event that added it.

    `stated`: where the log says what stands here; None where that is not kept. `unknown`: signals
    of kinds that this program does not know, beside those that it does.
    """

    entry: EntryId
    lane: Lane
    provenance: Provenance
    signals: tuple[Signal, ...]
    added_at: int
    stated: Statement | None = None
    unknown: tuple[UnknownSignal, ...] = ()


@dataclass
class ListState:
    """The entries, changed event by event in log order: those in force, and those suspended.

    Once an event was withheld, an entry may first be met when it is amended or resumed.
    """

    _live: dict[EntryId, LiveEntry] = field(default_factory=dict)
    _suspended: dict[EntryId, int] = field(default_factory=dict)
    _withheld: bool = False

    @property
    def live(self) -> Mapping[EntryId, LiveEntry]:
        """The entries in force, by id; a view that follows every change."""
        return MappingProxyType(self._live)

    @property
    def suspended(self) -> Mapping[EntryId, int]:
        """Log index of the event that added each suspended entry; a view, too."""
        return MappingProxyType(self._suspended)

    def apply(self, logged: Iterable[LoggedEvent]) -> None:
        """Take in events in log order; those whose opening is erased or withheld change nothing.

        Raises EventOutOfPlaceError at the first event that contradicts the state.
        """
        for logged_event in logged:
            self._withheld = self._withheld or logged_event.withheld
            match logged_event.event:
                case AddedEvent() as event:
                    known = event.entry in self._live or event.entry in self._suspended
                    if known:
                        raise adds_known_entry(logged_event.index)
                    self._put(event, logged_event, logged_event.index)
                case AmendedEvent() as event:
                    before = self._live.get(event.entry)
                    added_at = (
                        before.added_at if before else self._first_met(event, logged_event.index)
                    )
                    if added_at is None:
                        raise _out_of_place(logged_event.index, "amends an entry that is not live")
                    self._put(event, logged_event, added_at)
                case SuspendedEvent() as event:
                    before = self._live.pop(event.entry, None)
                    # Not live here: withdrawn later, and its openings are erased already.
                    if before is not None:
                        self._suspended[event.entry] = before.added_at
                case ResumedEvent() as event:
                    added_at = self._suspended.pop(event.entry, None)
                    if added_at is None and event.entry not in self._live:
                        added_at = self._first_met(event, logged_event.index)
                    if added_at is None:
                        raise _out_of_place(
                            logged_event.index, "resumes an entry that is not suspended"
                        )
                    self._put(event, logged_event, added_at)
                case WithdrawnEvent() as event:
                    self._withdraw(event, logged_event.index)
                case _:
                    pass  # of the log itself, or of another list's entries

    def _withdraw(self, event: WithdrawnEvent, index: int) -> None:
        before = self._live.pop(event.entry, None)
        added_at = before.added_at if before else self._suspended.pop(event.entry, None)
        # Not here at all: it was added and withdrawn within the events just fetched, and its
        # openings are erased already.
        fits = added_at is None or added_at == event.erases[0]
        if self._withheld and added_at in event.erases:
            fits = True  # its addition was withheld; it was first met later
        self._require(fits, index, "withdraws an entry added elsewhere")
        self._require(event.erases[-1] < index, index, "erases what follows")

    def _first_met(self, event: AmendedEvent | ResumedEvent, index: int) -> int | None:
        """The place where an entry is first met whose earlier events may have been withheld."""
        known = event.entry in self._suspended
        return index if self._withheld and not known else None

    def _put(
        self, event: AddedEvent | AmendedEvent | ResumedEvent, at: LoggedEvent, added_at: int
    ) -> None:
        self._live[event.entry] = LiveEntry(
            event.entry,
            event.lane,
            event.provenance,
            event.signals,
            added_at,
            Statement(at.index, at.commitment),
            event.unknown,
        )

    def _require(self, fits: bool, index: int, what: str) -> None:
        if not fits:
            raise _out_of_place(index, what)


def adds_known_entry(index: int) -> EventOutOfPlaceError:
    """Return the error of an addition whose entry is there already."""
    return _out_of_place(index, "adds an entry that is there already")


def _out_of_place(index: int, what: str) -> EventOutOfPlaceError:
    return EventOutOfPlaceError(
        f"The event at {index} {what}. Ask the hotline; the list you have stays in force."
    )
