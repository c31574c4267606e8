"""What is measured, and how much of it: the options of the command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

WORKLOADS: Final = ("hashing", "matching", "publishing", "cold", "changes", "check", "gates")
ON_THE_LONG_LIST: Final = frozenset({"publishing", "cold", "changes", "check"})
"""Workloads that need a hotline of each tree with a list of `entries`."""

LEAST_RATIO: Final = 0.97


@dataclass(frozen=True)
class Sizes:
    """How much of everything.

    `entries`: of the long list. `codes`: of the index. `backlog`: entries that wait when
    publishing is measured. `turns`: pairs of the workloads that take a fraction of a second, each
    tree with a fresh process every `turns_a_process`. `offered_seconds`: how long reports come in
    at `offered` events a second. `followed`: entries of the list that `gates` gates follow.
    """

    entries: int = 1_000_000
    codes: int = 1_000_000
    backlog: int = 20_480
    turns: int = 64
    turns_a_process: int = 4
    cold: int = 5
    changes: int = 10_000
    changes_pairs: int = 15
    offered: int = 1_100
    offered_seconds: int = 20
    offered_pairs: int = 3
    gates: int = 50
    followed: int = 10_000
    single_changes: int = 20


_QUICK: Final = Sizes(
    entries=20_000,
    backlog=4_096,
    turns=16,
    turns_a_process=4,
    cold=3,
    changes=2_000,
    changes_pairs=3,
    offered_seconds=4,
    offered_pairs=2,
    gates=5,
    followed=2_000,
    single_changes=8,
)


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    revision: str
    only: frozenset[str]
    sizes: Sizes
    least: float


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line; ends the program with a message for what it can't mean."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.against",
        description="Compare this checkout's speed with that of another commit, in pairs.",
    )
    parser.add_argument("revision", help="commit to compare with, whatever git understands")
    parser.add_argument(
        "--only", help=f"workloads, with commas between them: {', '.join(WORKLOADS)}"
    )
    parser.add_argument(
        "--entries", type=_positive, help="entries of the long list, and codes of the index"
    )
    parser.add_argument(
        "--pairs",
        type=_positive,
        help="pairs of each workload; of publishing from a backlog, --entries decides",
    )
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work at all?")
    parser.add_argument(
        "--least", type=float, default=LEAST_RATIO, help="exit with 1 under this median ratio"
    )
    given = parser.parse_args(arguments)
    only = frozenset(given.only.split(",")) if given.only else frozenset(WORKLOADS)
    if unknown := only - set(WORKLOADS):
        parser.error(f"no such workload: {', '.join(sorted(unknown))}")
    sizes = _QUICK if given.quick else Sizes()
    if given.entries:
        sizes = replace(
            sizes,
            entries=given.entries,
            codes=given.entries,
            backlog=min(sizes.backlog, given.entries),
            changes=min(sizes.changes, max(10, given.entries // 10)),
            followed=min(sizes.followed, given.entries),
        )
    if given.pairs:
        names = ("turns", "cold", "changes_pairs", "offered_pairs", "single_changes")
        sizes = replace(sizes, **dict.fromkeys(names, given.pairs))
    return Options(given.revision, only, sizes, given.least)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number
