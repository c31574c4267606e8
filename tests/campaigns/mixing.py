"""How well cases mix: share of pairs in a batch that are of one case, through a running worker.

Reports of 3 to 5 pictures come over real sockets at times drawn beforehand (Poisson), each from an
address of its own and with fingerprints of its own, to a hotline with its worker and PostgreSQL;
then each is taken back at such times, too. From the tables it is read which entries were
sequenced into which checkpoint.

For each rate it prints P: of all pairs that stand in one batch, summed over batches, the share of
those of one case. A platform that guesses that two entries of a batch belong together is right so
often. Beside it stands what P is expected to be with the tick (`expected`).

examples:
  python -m tests.campaigns.mixing
  python -m tests.campaigns.mixing --rates 10 --cases 600 --tick 2
  python -m tests.campaigns.mixing --python /srv/older/.venv/bin/python
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.campaigns.real_hotline import RealHotline, connected
from tests.campaigns.young_person import WrongAnswerError, YoungPerson

BOUND, BOUND_AT = 0.15, 10.0
"""The most that P may be at so many cases a second or more."""
_PICTURES = (3, 4, 5)
_USUAL_CASES = {10.0: 400, 1.0: 100, 0.1: 24}
_AT_ONCE = 4
_TRIES = 5
_SETTLE_SECONDS = 30.0

_CASES = "SELECT entry, case_id FROM intake_casepicture"
"""Read while they stand there: a case that is taken back leaves no row."""
_BATCHES = """
    SELECT (SELECT min(size) FROM log_checkpoint WHERE size > index), subject
    FROM log_logentry WHERE kind = %s AND index >= %s
"""


@dataclass(frozen=True)
class Mixed:
    """What came of one rate: P of what was listed or withdrawn, and of how much."""

    rate: float
    kind: str
    cases: int
    batches: int
    share: float
    expected: float

    @property
    def bound(self) -> float | None:
        """The most that P may be at this rate, None where there is no bound."""
        return BOUND if self.rate >= BOUND_AT else None

    @property
    def holds(self) -> bool:
        """Whether P is within its bound."""
        return self.bound is None or self.share <= self.bound


def expected(rate: float, tick: float) -> float:
    """Return P for Poisson arrivals that are batched by a clock.

    With m = rate × tick cases a batch, of k pictures each, the pairs of one case number
    m E[k(k-1)]/2 and all pairs (m E[k(k-1)] + m² E[k]²)/2, for counts of distinct cases are
    independent.
    """
    inside = sum(k * (k - 1) for k in _PICTURES) / len(_PICTURES)
    mean = sum(_PICTURES) / len(_PICTURES)
    cases = rate * tick
    return inside / (inside + cases * mean**2)


def share_of_one_case(rows: Sequence[tuple[object, object]]) -> tuple[float, int]:
    """Return P and the number of batches. `rows`: batch and case of each entry."""
    batches = Counter(batch for batch, _ in rows)
    cases = Counter(rows)
    together = sum(comb(count, 2) for count in cases.values())
    return together / sum(comb(count, 2) for count in batches.values()), len(batches)


async def _at_times(
    people: Sequence[YoungPerson],
    rate: float,
    chance: random.Random,
    act: Callable[[YoungPerson], Awaitable[None]],
) -> None:
    """Let each act at a time of its own; the gaps are exponential (a Poisson process)."""
    began, due, acting = time.monotonic(), 0.0, []
    for person in people:
        due += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, began + due - time.monotonic()))
        acting.append(asyncio.ensure_future(_until_done(person, act)))
    await asyncio.gather(*acting)


async def _until_done(person: YoungPerson, act: Callable[[YoungPerson], Awaitable[None]]) -> None:
    """Try again as a person does: a busy machine may refuse, and that is not what is measured."""
    for _ in range(_TRIES - 1):
        try:
            return await act(person)
        except WrongAnswerError:
            await asyncio.sleep(1)
    return await act(person)


async def _beforehand(
    people: Sequence[YoungPerson], act: Callable[[YoungPerson], Awaitable[None]]
) -> None:
    room = asyncio.Semaphore(_AT_ONCE)

    async def one_of_few(person: YoungPerson) -> None:
        async with room:
            await _until_done(person, act)

    await asyncio.gather(*map(one_of_few, people))


async def _report_and_take_back(
    hotline: RealHotline, rate: float, cases: int, tick: float, chance: random.Random
) -> list[Mixed]:
    people = [YoungPerson(hotline.url, chance.choice(_PICTURES)) for _ in range(cases)]
    pictures = sum(len(person.pdqs) for person in people)
    mixed = []
    try:
        await _beforehand(people, YoungPerson.walk_to_the_code)
        start = _size(hotline)
        await _at_times(people, rate, chance, YoungPerson.send)
        batches = _batches(hotline, "added", start, pictures)
        with connected(hotline.database) as database:
            rows = database.execute(_CASES).fetchall()
        case_of = {row[0]: row[1] for row in rows}
        mixed.append(_mixed(rate, "added", batches, case_of, cases, tick))

        async def open_to_take_back(person: YoungPerson) -> None:
            await person.come_back()
            await person.ask_to_take_back()

        await _beforehand(people, open_to_take_back)
        start = _size(hotline)
        await _at_times(people, rate, chance, YoungPerson.take_back)
        batches = _batches(hotline, "withdrawn", start, pictures)
        mixed.append(_mixed(rate, "withdrawn", batches, case_of, cases, tick))
    finally:
        for person in people:
            await person.close()
    return mixed


def _size(hotline: RealHotline) -> int:
    with connected(hotline.database) as database:
        row = database.execute("SELECT max(size) FROM log_checkpoint").fetchone()
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]


def _batches(
    hotline: RealHotline, kind: str, start: int, entries: int
) -> list[tuple[object, object]]:
    """Wait until all are sequenced; returns the batch and the id of each entry."""
    end = time.monotonic() + _SETTLE_SECONDS
    while True:
        with connected(hotline.database) as database:
            found = database.execute(_BATCHES, [kind, start]).fetchall()
        if len(found) == entries:
            return [(batch, entry) for batch, entry in found]
        if time.monotonic() > end:
            raise RuntimeError(f"{len(found)} of {entries} entries were sequenced.")
        time.sleep(0.5)


def _mixed(
    rate: float,
    kind: str,
    batches: Sequence[tuple[object, object]],
    case_of: Mapping[object, object],
    cases: int,
    tick: float,
) -> Mixed:
    share, number = share_of_one_case([(batch, case_of[entry]) for batch, entry in batches])
    return Mixed(rate, kind, cases, number, share, expected(rate, tick))


def measure(
    python: Path, rates: Sequence[float], cases: int | None, tick: float, seed: int
) -> list[Mixed]:
    """Measure every rate, one after the other, on one hotline."""
    settings = {"TAKEBACK_SEQUENCING_SECONDS": f"{tick:g}"}
    mixed: list[Mixed] = []
    with (
        tempfile.TemporaryDirectory(prefix="takeback-mixing-") as folder,
        RealHotline(python, Path(folder) / "state", settings) as hotline,
    ):
        for rate in rates:
            # Each rate has arrivals of its own, whichever others are measured.
            chance = random.Random(f"{seed} {rate:g}")
            number = cases or _USUAL_CASES.get(rate, 100)
            try:
                mixed += asyncio.run(_report_and_take_back(hotline, rate, number, tick, chance))
            except RuntimeError:
                print(*hotline.last_words(), sep="\n", file=sys.stderr)
                raise
    return mixed


def main() -> int:
    """Print the table; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaigns.mixing",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--rates", type=float, nargs="+", default=[10.0, 1.0, 0.1], help="cases a second"
    )
    parser.add_argument("--cases", type=int, help="cases of each rate (400, 100 and 24)")
    parser.add_argument("--tick", type=float, default=1.0, help="seconds of a tick")
    parser.add_argument("--seed", type=int, default=13, help="of the times and sizes")
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="of the checkout to look at"
    )
    options = parser.parse_args()
    mixed = measure(options.python, options.rates, options.cases, options.tick, options.seed)
    table = Table(title="Of all pairs in one batch, the share of one case")
    for heading in ("cases a second", "what", "cases", "batches", "P", "expected", "bound"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for row in mixed:
        bound = "" if row.bound is None else f"{row.bound:.2f}"
        table.add_row(
            f"{row.rate:g}",
            row.kind,
            str(row.cases),
            str(row.batches),
            f"{row.share:.3f}",
            f"{row.expected:.3f}",
            bound,
            style="" if row.holds else "red",
        )
    Console().print(table)
    return 0 if all(row.holds for row in mixed) else 1


if __name__ == "__main__":
    sys.exit(main())
