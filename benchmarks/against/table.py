"""What was compared, as a table for a terminal and as one line of JSON for a program."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.against.pairs import Comparison
from benchmarks.against.trees import Tree
from benchmarks.machine import processor


def print_machine(
    console: Console, trees: Sequence[Tree], versions: Sequence[Mapping[str, str]]
) -> None:
    """Print what it is measured on and with; packages that the trees share stand once."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    console.print(
        f"{processor()}, {cores} cores, {memory:.0f} GiB; {platform.system()} "
        f"{platform.release()}; load average {os.getloadavg()[0]:.1f}"
    )
    new, old = versions
    shared = [f"{name} {new[name]}" for name in new if new[name] == old.get(name)]
    console.print(f"Both: {', '.join(shared)}")
    for tree, own in zip(trees, versions, strict=True):
        apart = [f"{name} {own[name]}" for name in own if new.get(name) != old.get(name)]
        console.print(
            f"{tree.side}: Takeback at {tree.commit}{'; ' if apart else ''}{', '.join(apart)}"
        )


def print_comparisons(console: Console, compared: Sequence[Comparison], least: float) -> None:
    """Print the table; what is slower than allowed is marked."""
    table = Table(title="Speed of this checkout (new) over that of the other commit (old)")
    table.add_column("workload", no_wrap=True)
    for column in ("new", "old", "", "new / old", "middle half", "pairs"):
        table.add_column(column, justify="right", no_wrap=True)
    for comparison in compared:
        lower, upper = comparison.spread
        mark = " SLOWER" if comparison.ratio < least else ""
        table.add_row(
            comparison.workload + mark,
            f"{comparison.new:,.2f}",
            f"{comparison.old:,.2f}",
            comparison.unit.value,
            f"{comparison.ratio:.3f}",
            f"{lower:.3f}–{upper:.3f}",
            str(len(comparison.pairs)),
        )
    console.print(table)


def ratios_line(compared: Sequence[Comparison]) -> str:
    """Return the median ratios by workload as one JSON object on one line."""
    return json.dumps(
        {_key(comparison.workload): round(comparison.ratio, 4) for comparison in compared}
    )


def _key(workload: str) -> str:
    """Return a workload's name in letters that need no quoting."""
    return re.sub(r"[^a-z0-9]+", "_", workload.lower().replace(",", "")).strip("_")
