"""Hashing, matching and checking: work inside one process of each tree, both on the same core."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.against.options import Sizes
from benchmarks.against.pairs import Comparison, Pair, Unit, in_pairs
from benchmarks.against.pictures import camera_pictures
from benchmarks.against.processes import Script
from benchmarks.against.progress import say
from benchmarks.against.trees import KEPT, Tree
from benchmarks.machine import one_core

_SMALL_TIMES: Final = 4  # how often the small pictures are hashed in a turn
_SINGLES: Final = 2_000
_BATCH: Final = 4096  # as inside/matching.py has it
_CHECKS: Final = 3


@dataclass(frozen=True)
class _Work:
    """Something to time: `count` pieces of it, one of them said in `unit`."""

    workload: str
    unit: Unit
    count: int
    call: str
    arguments: Mapping[str, object]

    def measure(self, script: Script) -> float:
        seconds = script.seconds(self.call, **self.arguments)
        return seconds / self.count * _IN_A_SECOND[self.unit]


_IN_A_SECOND: Final = {Unit.SECONDS: 1.0, Unit.MILLISECONDS: 1e3, Unit.MICROSECONDS: 1e6}


def hashing(trees: Sequence[Tree], sizes: Sizes, folder: Path) -> list[Comparison]:
    """From a JPEG's bytes to its PDQ in the bounded child."""
    large, small = camera_pictures(KEPT / "pictures")
    first = len(large)
    works = [
        _Work(
            "hashing, JPEG of 8–12 MP",
            Unit.MILLISECONDS,
            len(large),
            "hash",
            {"files": list(range(first)), "times": 1},
        ),
        _Work(
            "hashing, JPEG of 1 MP",
            Unit.MILLISECONDS,
            len(small) * _SMALL_TIMES,
            "hash",
            {"files": list(range(first, first + len(small))), "times": _SMALL_TIMES},
        ),
    ]
    arguments = [str(path) for path in (*large, *small)]
    return _compared("hashing", dict.fromkeys(trees, arguments), works, sizes, folder)


def matching(trees: Sequence[Tree], sizes: Sizes, folder: Path) -> list[Comparison]:
    """Look codes up in an index of `sizes.codes` random codes."""
    size = f"{sizes.codes:,}"
    works = [
        _Work(
            f"matching, single, {size}",
            Unit.MICROSECONDS,
            _SINGLES,
            "single",
            {"count": _SINGLES},
        ),
        _Work(f"matching, batch, {size}", Unit.MICROSECONDS, _BATCH, "batch", {}),
    ]
    arguments = {tree: [str(sizes.codes)] for tree in trees}
    return _compared("matching", arguments, works, sizes, folder)


def checking(stores: Mapping[Tree, Path], sizes: Sizes, folder: Path) -> list[Comparison]:
    """`Gate.check` of a JPEG of 1 megapixel against the list in each tree's own store."""
    _, small = camera_pictures(KEPT / "pictures")
    checks = _Work(
        f"gate check, JPEG of 1 MP, {sizes.entries:,}",
        Unit.MILLISECONDS,
        len(small) * _CHECKS,
        "check",
        {"times": _CHECKS},
    )
    files = [str(path) for path in small]
    arguments = {tree: [str(store), *files] for tree, store in stores.items()}
    return _compared("checking", arguments, [checks], sizes, folder)


def _compared(
    script: str,
    arguments: Mapping[Tree, Sequence[str]],
    works: Sequence[_Work],
    sizes: Sizes,
    folder: Path,
) -> list[Comparison]:
    """Let the script work in both trees in turns; each gets a fresh process now and then.

    Where a process happens to have its memory makes it a few percent faster or slower for good.
    """
    pairs: dict[str, list[Pair]] = {work.workload: [] for work in works}
    for number, first in enumerate(range(0, sizes.turns, sizes.turns_a_process)):
        count = min(sizes.turns_a_process, sizes.turns - first)
        say(f"{script}: {first} of {sizes.turns} pairs")
        with one_core(), _both(script, arguments, folder, number) as (new, old):
            for work in works:
                for side in (new, old):
                    work.measure(side)  # to warm up
                pairs[work.workload] += in_pairs(
                    count,
                    partial(work.measure, new),
                    partial(work.measure, old),
                    first=first,
                )
    return [Comparison(work.workload, work.unit, tuple(pairs[work.workload])) for work in works]


@contextlib.contextmanager
def _both(
    script: str, arguments: Mapping[Tree, Sequence[str]], folder: Path, number: int
) -> Iterator[list[Script]]:
    """Start the script in both trees, now one first, now the other; yields the new one first."""
    trees = list(arguments)
    with contextlib.ExitStack() as stack:
        started = {
            tree: stack.enter_context(
                Script(tree.python, script, arguments[tree], folder / f"{script}-{tree.side}.log")
            )
            for tree in (trees if number % 2 == 0 else reversed(trees))
        }
        yield [started[tree] for tree in trees]
