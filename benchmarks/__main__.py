"""`python -m benchmarks quick` measures the ratios, `full` everything, `report` only writes."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import (
    agreement,
    following,
    following_report,
    hashing,
    matching,
    report,
    robustness,
    robustness_report,
    service,
    snapshots,
)
from benchmarks.machine import this_machine
from benchmarks.quick import measure_quickly
from benchmarks.results import keep, kept
from takeback.demo.photographs import NoPhotographs

_STEPS: Final[dict[str, Callable[[Progress], dict[str, Any]]]] = {
    "hashing": hashing.measure_all,
    "agreement": agreement.measure_all,
    "matching": matching.measure_all,
    "snapshots": snapshots.measure_all,
    "service": service.measure_all,
    "following": following.measure_all,
    "robustness": robustness.measure_all,
}
_PAGES_OF_THEIR_OWN: Final[dict[str, Callable[[dict[str, Any]], list[Path]]]] = {
    "following": following_report.write_report,
    "robustness": robustness_report.write_report,
}
_USAGE: Final = f"Usage: python -m benchmarks quick | full | report | {' | '.join(_STEPS)}"


def main(arguments: list[str]) -> int:
    """Do what is asked; returns the exit code."""
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    command = arguments[0] if len(arguments) == 1 else ""
    if command not in {"quick", "full", "report", *_STEPS}:
        console.print(_USAGE)
        return 2
    if command != "report":
        for line in this_machine().lines():
            console.print(line)
        console.print(_load())
    try:
        if command == "quick":
            ratios = measure_quickly(console)
            console.print(_load())
            print(json.dumps(ratios))
            return 0
        steps = list(_STEPS) if command == "full" else [command] if command in _STEPS else []
        if "service" in steps:
            service.check_tools()  # now, not when an hour has been measured
        for step in steps:
            _measure(console, step)
    except (NoPhotographs, service.NotMeasurable) as error:
        console.print(str(error))
        return 1
    written = []
    for step, write_report in _PAGES_OF_THEIR_OWN.items():
        if (measured := kept(step)) is not None:
            written += write_report(measured)
    for path in [*report.write(), *written]:
        console.print(f"Wrote {path}")
    return 0


def _measure(console: Console, step: str) -> None:
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        keep(step, _STEPS[step](progress))
    console.print(f"{step}: {time.monotonic() - began:.0f} s. {_load()}")


def _load() -> str:
    one_minute, five, _ = os.getloadavg()
    busy = " The machine is not quiet: ratios hold better than times." if one_minute > 1.5 else ""  # noqa: PLR2004
    return f"Load average {one_minute:.1f} (1 minute), {five:.1f} (5 minutes).{busy}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
