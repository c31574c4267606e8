"""Pairs of measurements that lie next to each other in time, their ratios and the verdict."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

QUARTERS = 4


class Unit(Enum):
    """What a workload's numbers are; all but rates are times, of which less is faster."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "µs"
    EVENTS_A_SECOND = "events/s"


@dataclass(frozen=True)
class Pair:
    """The same work measured once in each tree: `new` is this checkout, `old` the other commit."""

    new: float
    old: float


@dataclass(frozen=True)
class Comparison:
    """All pairs of one workload, at least one; raises ValueError for none."""

    workload: str
    unit: Unit
    pairs: tuple[Pair, ...]

    def __post_init__(self) -> None:
        if not self.pairs:
            raise ValueError(f"Nothing was measured of {self.workload}.")

    @property
    def ratios(self) -> list[float]:
        """Each pair's new speed over its old speed: above 1 this checkout is faster."""
        if self.unit is Unit.EVENTS_A_SECOND:
            return [pair.new / pair.old for pair in self.pairs]
        return [pair.old / pair.new for pair in self.pairs]

    @property
    def ratio(self) -> float:
        """The median of the pairs' own ratios, so that a busy moment hits both sides of it."""
        return statistics.median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The quarters between which the middle half of the ratios lies."""
        if len(self.pairs) == 1:
            return self.ratio, self.ratio
        lower, _, upper = statistics.quantiles(self.ratios, n=QUARTERS, method="inclusive")
        return lower, upper

    @property
    def new(self) -> float:
        """The median of this checkout."""
        return statistics.median(pair.new for pair in self.pairs)

    @property
    def old(self) -> float:
        """The median of the other commit."""
        return statistics.median(pair.old for pair in self.pairs)


def in_pairs(
    count: int, new: Callable[[], float], old: Callable[[], float], *, first: int = 0
) -> list[Pair]:
    """Measure new old, old new, new old, … so that neither always comes first.

    `first` is the number of the first of these pairs, where they go on from earlier ones.
    """
    pairs = []
    for number in range(first, first + count):
        if number % 2 == 0:
            measured_new = new()
            pairs.append(Pair(new=measured_new, old=old()))
        else:
            measured_old = old()
            pairs.append(Pair(new=new(), old=measured_old))
    return pairs


def slower(comparisons: list[Comparison], least: float) -> list[Comparison]:
    """Return the comparisons whose median ratio is under `least`."""
    return [comparison for comparison in comparisons if comparison.ratio < least]
