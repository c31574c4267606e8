"""What one stranger can take of a running hotline, gate and witness, by any route.

To every route goes a body of 1 GiB and a header of 10 MB, and to each program 500 connections with
half a head and 500 with half a body. Memory is the peak of the process (VmHWM), disk what it holds
in open files, deleted ones too, and in its temporary folder; seconds are until the last connection
was closed. Exits with 1 when a bound is missed.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.campaigns.bounds_attacks import HALF_OPEN, Outcome, attack, flood, half_open
from tests.campaigns.bounds_programs import Program, running_programs

_MEBIBYTE = 1 << 20
_MOST_GROWN = 50 * _MEBIBYTE
_MOST_UPLOAD = 64 * _MEBIBYTE
_MOST_SECONDS = 15.0
_EXAMPLES = """
examples:
  python -m tests.campaigns.bounds
  python -m tests.campaigns.bounds --body 64 --route /begin --route /v1/feedback
  python -m tests.campaigns.bounds --tree ../before
"""


def main() -> int:
    """Run the campaign; 0 if every bound held."""
    options = argparse.ArgumentParser(
        description=__doc__, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--tree", type=Path, default=Path.cwd(), help="checkout whose programs are started"
    )
    options.add_argument("--body", type=int, default=1024, help="MiB of each body")
    options.add_argument("--header", type=int, default=10, help="MiB of each header")
    options.add_argument("--connections", type=int, default=500, help="half open at a time")
    options.add_argument("--route", action="append", help="only this route; repeat it")
    given = options.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="bounds-") as folder,
        running_programs(given.tree.resolve(), Path(folder)) as programs,
    ):
        outcomes = list(_outcomes(programs, given))
    _print(outcomes)
    return 0 if all(map(_holds, outcomes)) else 1


def _outcomes(programs: list[Program], given: argparse.Namespace) -> Iterator[Outcome]:
    for program in programs:
        for method, path in program.routes:
            if given.route and path not in given.route:
                continue
            for name, run in _floods(method, path, given).items():
                yield attack(program, name, f"{method} {path}", run)
        for half in HALF_OPEN:
            yield attack(program, half.name, program.name, half_open(half, given.connections))


def _floods(
    method: str, path: str, given: argparse.Namespace
) -> dict[str, Callable[[Program], list[bytes]]]:
    return {
        f"a body of {given.body} MiB": flood(method, path, body=given.body * _MEBIBYTE),
        f"a header of {given.header} MiB": flood(method, path, header=given.header * _MEBIBYTE),
    }


def _most_grown(outcome: Outcome) -> int:
    halves = outcome.program == "gate" and outcome.name.endswith("of /v1/match")
    upload = halves or outcome.target == "POST /v1/match"
    return _MOST_GROWN + (_MOST_UPLOAD if upload else 0)


def _holds(outcome: Outcome) -> bool:
    return outcome.grown <= _most_grown(outcome) and outcome.seconds <= _MOST_SECONDS


def _print(outcomes: list[Outcome]) -> None:
    table = Table("program", "attack", "routes", "memory", "disk", "closed after", "answers", "")
    groups: dict[tuple[str, str, int], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.program, outcome.name, _most_grown(outcome)].append(outcome)
    for (program, name, most), group in groups.items():
        answers = sorted({answer for outcome in group for answer in outcome.answers})
        missed = [outcome.target for outcome in group if not _holds(outcome)]
        table.add_row(
            program,
            name,
            str(len(group)),
            f"+{max(outcome.memory for outcome in group) >> 20} MiB",
            f"+{max(outcome.disk for outcome in group) >> 20} of {most >> 20} MiB",
            f"{max(outcome.seconds for outcome in group):.1f} of {_MOST_SECONDS:.0f} s",
            " ".join(map(str, answers)),
            f"missed: {', '.join(missed[:3])}" if missed else "held",
        )
    Console(width=150).print(table)


if __name__ == "__main__":
    sys.exit(main())
