"""The numbers that are published."""

from dataclasses import dataclass
from typing import Final

FEWEST: Final = 5
"""Smaller numbers than this are not told: they could be about one person."""


@dataclass(frozen=True, slots=True)
class ListFigures:
    """Entries by how they stand now; `resumed`: how often one was put into force again.

    `imported`: those in force that stand on another organisation's list; no other number has them.
    """

    in_force: int
    withdrawn: int
    held: int
    suspended: int
    imported: int
    resumed: int


def blurred(count: int) -> int | None:
    """The number, or None where it is too small to be told."""
    return count if count >= FEWEST else None
