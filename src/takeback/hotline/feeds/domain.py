"""A change of an entry, as a reader of some lanes may know it."""

from dataclasses import dataclass
from enum import StrEnum

from takeback.hashlist.events import EntryId
from takeback.signals.lanes import Lane


class ChangeState(StrEnum):
    """How an entry stands after its latest change."""

    LIVE = "live"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Change:
    """How an entry now stands, as a reader of some lanes may know it.

    `added` and `index`: log indexes of the event that added it and of the latest one; `stamp`:
    second since the epoch at which that was published. `live`: whether the reader should match it;
    `lane`: the one it is in; `lanes`: those of the reader's in which it ever was. `pdq` (64 hex
    digits, whole picture) and `md5` (32) where it has them; an entry that is not live has a PDQ at
    most.
    """

    entry: EntryId
    added: int
    index: int
    stamp: int
    live: bool
    lane: Lane
    lanes: tuple[Lane, ...]
    pdq: str | None
    md5: str | None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some changes in log order. `end`: the log index after all that the window holds.

    `more`: whether the window goes on after them; `newest`: whether nothing was published after it.
    """

    changes: tuple[Change, ...]
    end: int
    more: bool
    newest: bool
