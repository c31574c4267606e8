"""What the log knows of an event: whom it is about, when it may go, and who may read it."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    AnyEvent,
    EntryEvent,
    ResumedEvent,
)

MOST_SUBJECT = 26
"""Longest name of a subject, in characters; what it names, the log does not know."""


class WaitsFor(StrEnum):
    """What a pending event waits for before it may go into the log."""

    NOTHING = ""
    CHECK = "check"
    """The hook `before_sequencing` looks at it."""
    PERSON = "person"
    """Somebody at the hotline looks first."""


class Priority(IntEnum):
    """Which pending events go first."""

    FIRST = 0
    LAST = 1
    """After all others; and of what may come into force in a day it gets at most half."""


class DoubtKind(StrEnum):
    """Why a database may not hold all that the log's key has signed, the plainest first."""

    SHOWN = "shown"
    """Somebody holds a checkpoint that the key has signed and the log does not contain."""
    MARK = "mark"
    """The mark outside the database says so, or can't be read or written."""
    RESTORED = "restored"
    """It comes from a backup, and nobody has shown or said yet that it is the newest."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append, and how it goes.

    `audience`: bits that say which readers it opens its subject to, as the one who appends it
    counts them; a subject's audience only grows. `sent_in`: number of the transaction in which it
    came, so that what came together can be recognised.
    """

    event: AnyEvent
    audience: int = 0
    priority: Priority = Priority.FIRST
    waits_for: WaitsFor = WaitsFor.NOTHING
    sent_in: int | None = None


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """A pending event that waits for a check: its number, its type, and its canonical bytes."""

    number: int
    subject: str
    kind: str
    event: bytes
    sent_in: int | None


@dataclass(frozen=True, slots=True)
class BegunAnew:
    """How many subjects stand in the log of `origin`, and which readers need its new key."""

    origin: str
    subjects: int
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecoveredEntries:
    """What became of subjects when the log of `origin` took the place of a lost one.

    `listed`: how many stand in it; of these `without_case` are known from gates alone; `held`: wait
    for a person; `withdrawn`: left the list since the backup; `left_to_imports`: come back by
    themselves. `readers`: which readers need its new key.
    """

    origin: str
    listed: int
    held: int
    withdrawn: int
    without_case: int
    left_to_imports: int
    readers: tuple[str, ...] = ()


class LogNotWiredError(RuntimeError):
    """The log was asked to work before the rooms above it had wired their hooks."""


def subject_of(event: AnyEvent) -> str | None:
    """Return whom an event is about, None if about nobody on this list."""
    return event.entry if isinstance(event, EntryEvent) else None


def adds(event: AnyEvent) -> bool:
    """Whether an event brings something into force, which only so many a day may."""
    return isinstance(event, AddedEvent | AmendedEvent | ResumedEvent)
