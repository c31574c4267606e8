"""Times several sides in turns, so that a busy moment of the machine hits all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Timed:
    """Seconds of every round of one side, in the order of the rounds."""

    rounds: tuple[float, ...]

    @property
    def seconds(self) -> float:
        """The median round."""
        return statistics.median(self.rounds)

    @property
    def fastest(self) -> float:
        """The fastest round: what the machine does when nothing else disturbs it."""
        return min(self.rounds)


def in_turns(
    sides: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    most_seconds: float = float("inf"),
    warm_up: bool = True,
) -> dict[str, Timed]:
    """Call every side once a round, each round in the other direction, and time each call.

    Stops after `rounds`, or after the first round that ends past `most_seconds`. With `warm_up`
    every side is called once before, untimed.
    """
    if warm_up:
        for call in sides.values():
            call()
    taken: dict[str, list[float]] = {name: [] for name in sides}
    began = time.perf_counter()
    for number in range(rounds):
        names = list(sides) if number % 2 == 0 else list(sides)[::-1]
        for name in names:
            started = time.perf_counter()
            sides[name]()
            taken[name].append(time.perf_counter() - started)
        if time.perf_counter() - began > most_seconds:
            break
    return {name: Timed(tuple(times)) for name, times in taken.items()}


def times_faster(slower: Timed, faster: Timed) -> float:
    """Return how many times faster the second side is: the median over the rounds' own ratios."""
    return statistics.median(
        theirs / ours for theirs, ours in zip(slower.rounds, faster.rounds, strict=True)
    )
