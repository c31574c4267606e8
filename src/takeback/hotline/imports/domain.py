"""What an import reads from another list, whatever its shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from takeback.hashlist.signals import Signal

Cursor = Mapping[str, int]
"""How far a server has been followed; what its numbers mean is known to its shape only."""

MOST_SECRET = 4096
"""Longest secret of a feed, in characters."""


class Shape(StrEnum):
    """What another organisation's server speaks."""

    STOPNCII = "stopncii"
    NCMEC = "ncmec"
    GRAPH = "graph"


class FileFormat(StrEnum):
    """What a file of another list looks like; docs/imports.md describes each."""

    TX = "tx"
    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Listed:
    """A picture that stands on the other list; `key` is what it is called there."""

    key: str
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """A picture that the other list has taken off."""

    key: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Something on the other list that can't be listed here: where it stands, and why.

    `hides`: it may be anything, even what stands here from before; so nothing counts as missing
    from that list.
    """

    place: str
    reason: str
    hides: bool = True


Item = Listed | Gone | Refused


@dataclass(frozen=True, slots=True)
class Page:
    """Some items, in the order in which they change the list.

    `cursor`: where to go on after them, None while that is still where the set began.
    """

    items: tuple[Item, ...]
    cursor: Cursor | None = None


@dataclass(slots=True)
class Taken:
    """What came of an import so far.

    `changed`: listed anew with other fingerprints; `left_off`: what this hotline has taken off by
    itself, and keeps off; `postponed`: what there was no room for today; `spared`: what was missing
    there and yet not withdrawn, because a part of the list could not be read.
    """

    listed: int = 0
    known: int = 0
    changed: int = 0
    withdrawn: int = 0
    left_off: int = 0
    refused: int = 0
    postponed: int = 0
    spared: int = 0

    def add(self, other: "Taken") -> None:
        """Count what came of one more page."""
        self.listed += other.listed
        self.known += other.known
        self.changed += other.changed
        self.withdrawn += other.withdrawn
        self.left_off += other.left_off
        self.refused += other.refused
        self.postponed += other.postponed
        self.spared += other.spared


class ImportingError(Exception):
    """An import can't go on; the message says what to do. What was taken in before stays."""


class NoRoomTodayError(ImportingError):
    """As many entries were imported today as may be."""
