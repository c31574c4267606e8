"""How an entry can stand, what others may know of that, and how its events are appended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from takeback.hashlist.events import AddedEvent, AmendedEvent, EntryId, ResumedEvent
from takeback.hotline.log.domain import NewEvent, Priority, WaitsFor
from takeback.signals.lanes import LANE_BITS, Lane


class HoldReason(StrEnum):
    """Why a person looks at an entry before it goes out."""

    GUARD = "guard"
    """It comes close to a well-known lawful picture."""
    CROWD = "crowd"
    """It looks like many entries of other reports."""
    NOTHING_LEFT = "nothing_left"
    """All it has is PDQs of a quality under the floor."""
    SUSPENDED = "suspended"
    """It was suspended when another log took the place of the one it stood in."""
    RECOVERED = "recovered"
    """The log was recovered, and no gate could say whether it was taken back meanwhile."""


@dataclass(frozen=True, slots=True)
class Near:
    """Something that an entry comes close to: its name, and the distance in bits of 256."""

    name: str
    distance: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an entry is in force: each time is None unless that is the case now.

    `held_at`: since when a person has to look before it goes out.
    """

    held_at: datetime | None
    suspended_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConfirmedRecord:
    """An event of another log that this hotline has confirmed: its index and commitment in hex."""

    origin: str
    entry: EntryId
    index: int
    commitment: str


class CannotAmendError(ValueError):
    """An entry can't be amended as it stands; the message says why."""


class UnknownEntryError(LookupError):
    """An entry was never on the list."""


def as_appended(
    event: AddedEvent | AmendedEvent | ResumedEvent,
    waits_for: WaitsFor = WaitsFor.NOTHING,
    sent_in: int | None = None,
) -> NewEvent:
    """Return an event that brings an entry into force as the log takes it.

    It opens the entry to the readers of its lane; what was imported goes last.
    """
    return NewEvent(event, LANE_BITS[event.lane], priority_of(event.lane), waits_for, sent_in)


def priority_of(lane: Lane) -> Priority:
    """Return when events of a lane's entries go: those of imported ones after all others."""
    return Priority.LAST if lane is Lane.IMPORTED else Priority.FIRST
