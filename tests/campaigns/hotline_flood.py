"""Many people at once, and one source that floods: what a hotline answers, and how fast.

Two campaigns against a running hotline with its worker and its embedded PostgreSQL: PEOPLE without
JavaScript press Send at the same moment, each from an address of their own; and one source holds
CONNECTIONS connections to one page while somebody else walks the form. Exits with 1 when a bound
is missed.
"""

import argparse
import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from rich.console import Console
from rich.table import Table

from takeback.hotline.codes.domain import SALT_BYTES, new_case_code
from tests.campaigns.hotline_process import PLATFORM, HotlineProcess, running_hotline
from tests.campaigns.hotline_visitors import NotAnsweredError, Visitor, well_formed_code

_WITHIN_SECONDS = 60.0
_LEAST_SHARE = 0.99
_MOST_ADDED_SECONDS = 2.0
_MOST_ADDED_MEBIBYTES = 512.0
_MOST_ROWS = 10
_WALKERS_AT_ONCE = 6
_FLOODER = "198.51.100.1"
_QUIET_WALKS = 2
_CODES_A_CORE = 4
_EXAMPLES = """
examples:
  python -m tests.campaigns.hotline_flood
  python -m tests.campaigns.hotline_flood --people 50 --connections 50 --seconds 5
  python -m tests.campaigns.hotline_flood --takeback ../before/.venv/bin/takeback
"""


@dataclass(frozen=True)
class Flood:
    """What one source asks again and again; `form`: what it posts, None for a GET."""

    path: str
    form: Mapping[str, str] | None = None

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{'GET' if self.form is None else 'POST'} {self.path}"

    def request(self, url: str) -> bytes:
        """The whole request."""
        body = urlencode(self.form or {}).encode()
        lines = [
            f"{'GET' if self.form is None else 'POST'} {self.path} HTTP/1.1",
            f"Host: {urlsplit(url).netloc}",
            f"Origin: {url}",
            f"X-Forwarded-For: {_FLOODER}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


FLOODS = (
    Flood("/appeal"),
    Flood("/appeal", {"platform": PLATFORM, "reference": "1", "words": "mine"}),
    Flood("/open"),
    Flood("/open", {"code": well_formed_code()}),
    Flood("/desk/login"),
    Flood("/platforms/login"),
    Flood("/begin", {}),
)


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, its bound, and whether it holds."""

    name: str
    measured: str
    bound: str
    holds: bool


def main() -> None:
    """Run both campaigns and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--takeback",
        type=Path,
        default=Path(sys.executable).with_name("takeback"),
        help="the program to run, of this or another tree",
    )
    parser.add_argument("--people", type=int, default=200, help="who send at once; 0: nobody")
    parser.add_argument("--connections", type=int, default=200, help="of the one source")
    parser.add_argument("--seconds", type=float, default=15, help="of each flood")
    parser.add_argument(
        "--floods", nargs="*", default=[flood.name for flood in FLOODS], help="'GET /appeal' …"
    )
    chosen = parser.parse_args()
    console, figures = Console(), [_machine()]
    with (
        tempfile.TemporaryDirectory(prefix="takeback-flood-") as state,
        running_hotline(chosen.takeback.absolute(), Path(state)) as hotline,
    ):
        if chosen.people:
            figures += asyncio.run(_many_people(hotline, chosen.people))
        quiet = asyncio.run(_quiet_pages(hotline))
        for flood in FLOODS:
            if flood.name in chosen.floods:
                figures += _one_source(hotline, flood, chosen.connections, chosen.seconds, quiet)
    table = Table("measured", "figure", "bound", "")
    for figure in figures:
        table.add_row(figure.name, figure.measured, figure.bound, "" if figure.holds else "MISSED")
    console.print(table)
    sys.exit(0 if all(figure.holds for figure in figures) else 1)


def _machine() -> Figure:
    """How many codes this machine stretches in a second now, on all its cores.

    The first bounds are for two cores that do nothing else: about ten.
    """
    cores = len(os.sched_getaffinity(0))
    start = time.monotonic()
    with ThreadPoolExecutor(cores) as threads:
        codes = [new_case_code() for _ in range(cores * _CODES_A_CORE)]
        list(threads.map(lambda code: code.derive(bytes(SALT_BYTES)), codes))
    rate = len(codes) / (time.monotonic() - start)
    return Figure("codes that this machine stretches a second", f"{rate:.1f}", "about 10", True)


async def _many_people(hotline: HotlineProcess, people: int) -> list[Figure]:
    visitors = [
        Visitor(hotline.url, f"192.0.{2 + number // 250}.{1 + number % 250}")
        for number in range(people)
    ]
    few = asyncio.Semaphore(_WALKERS_AT_ONCE)

    async def walk(visitor: Visitor) -> None:
        async with few:
            await visitor.walk_to_the_code()

    await asyncio.gather(*(walk(visitor) for visitor in visitors))
    for visitor in visitors:
        visitor.statuses.clear()
    with _peak_of_memory(hotline) as memory:
        took = await asyncio.gather(*(visitor.send(_WITHIN_SECONDS) for visitor in visitors))
    statuses = sum((visitor.statuses for visitor in visitors), Counter[int]())
    lacking = sum(visitor.lacking_retry_after for visitor in visitors)
    sent = sorted(seconds for seconds in took if seconds is not None)
    for visitor in visitors:
        await visitor.end()
    share = len(sent) / people
    errors = sum(count for status, count in statuses.items() if status == 0 or status >= 500)
    broken = errors - statuses[503]
    middle = f"median {statistics.median(sent):.1f} s, last {sent[-1]:.1f} s" if sent else "none"
    return [
        Figure(f"{people} send at once: answers", _counted(statuses), "0 × 500", not broken),
        Figure(
            f"… sent within {_WITHIN_SECONDS:.0f} s",
            f"{share:.1%} ({middle})",
            f"≥ {_LEAST_SHARE:.0%}",
            share >= _LEAST_SHARE,
        ),
        Figure("… 503 or 429 without Retry-After", str(lacking), "0", not lacking),
        Figure(
            "… cases kept", f"{hotline.cases()}", f"≥ {len(sent)}", hotline.cases() >= len(sent)
        ),
        Figure(
            "… memory on top",
            f"{memory[0]:.0f} MiB",
            f"≤ {_MOST_ADDED_MEBIBYTES:.0f} MiB",
            memory[0] <= _MOST_ADDED_MEBIBYTES,
        ),
    ]


async def _quiet_pages(hotline: HotlineProcess) -> float:
    """The median seconds of a page while nobody else is here."""
    seconds: list[float] = []
    for walk in range(_QUIET_WALKS):
        visitor = Visitor(hotline.url, f"203.0.113.{200 + walk}")
        await visitor.walk_to_the_code()
        seconds += visitor.seconds
        await visitor.end()
    return statistics.median(seconds)


def _one_source(
    hotline: HotlineProcess, flood: Flood, connections: int, seconds: float, quiet: float
) -> list[Figure]:
    context = multiprocessing.get_context("spawn")
    end, statuses = context.Event(), context.Queue()
    arguments = (hotline.url, flood, connections, end, statuses)
    rows = hotline.rows_of_visits()
    flooding = context.Process(target=_flood, args=arguments)
    flooding.start()
    try:
        walked, fault, visits = asyncio.run(_walk_meanwhile(hotline, seconds))
    finally:
        end.set()
        answered: Counter[int] = statuses.get()
        flooding.join()
    added = hotline.rows_of_visits() - rows - visits
    worst = max(walked) - quiet if walked else float("inf")
    middle = statistics.median(walked) - quiet if walked else float("inf")
    broken = sum(count for status, count in answered.items() if status >= 500 and status != 503)
    most_rows = _MOST_ROWS if flood.form is None or flood.path == "/appeal" else connections
    return [
        Figure(f"{connections} × {flood.name}", _counted(answered), "0 × 500", not broken),
        Figure(
            "… adds to somebody else's page",
            f"{middle:.2f} s in the median, {worst:.2f} s at most{fault}",
            f"≤ {_MOST_ADDED_SECONDS:.0f} s",
            worst <= _MOST_ADDED_SECONDS and not fault,
        ),
        Figure("… rows of sessions", str(added), f"≤ {most_rows}", added <= most_rows),
    ]


async def _walk_meanwhile(hotline: HotlineProcess, seconds: float) -> tuple[list[float], str, int]:
    """Walk and send again and again; gives the seconds of each page, a fault, the visits begun."""
    walked: list[float] = []
    fault, visits = "", 0
    await asyncio.sleep(2.0)  # the flood begins
    start = time.monotonic()
    while time.monotonic() - start < seconds and not fault:
        visits += 1
        visitor = Visitor(hotline.url, f"203.0.113.{visits}")
        try:
            await visitor.walk_to_the_code()
        except NotAnsweredError as error:
            fault = f"; {error}"
        walked += visitor.seconds
        await visitor.end()
    return walked, fault, visits


def _flood(
    url: str,
    flood: Flood,
    connections: int,
    end: Event,
    statuses: "multiprocessing.Queue[Counter[int]]",
) -> None:
    """Hold connections and ask on each as soon as it was answered, until `end`."""
    statuses.put(asyncio.run(_flooded(url, flood, connections, end)))


async def _flooded(url: str, flood: Flood, connections: int, end: Event) -> Counter[int]:
    answered: Counter[int] = Counter()
    request, place = flood.request(url), urlsplit(url)

    async def ask_on() -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection(place.hostname, place.port)
                while True:
                    writer.write(request)
                    answered[await _status(reader)] += 1
            except (OSError, asyncio.IncompleteReadError):
                answered[0] += 1
                await asyncio.sleep(0.1)

    asking = [asyncio.create_task(ask_on()) for _ in range(connections)]
    while not end.is_set():
        await asyncio.sleep(0.1)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    return answered


async def _status(reader: asyncio.StreamReader) -> int:
    """Read one answer, its body included; returns its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next(
        (int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")),
        0,
    )
    await reader.readexactly(length)
    return int(lines[0].split()[1])


@contextmanager
def _peak_of_memory(hotline: HotlineProcess) -> Iterator[list[float]]:
    """Yield a list that gets, at the end, how many MiB the process took on top, at most."""
    before = hotline.resident_mebibytes()
    found = [0.0]

    async def look() -> None:
        while True:
            found[0] = max(found[0], hotline.resident_mebibytes() - before)
            await asyncio.sleep(0.05)

    looking = asyncio.get_running_loop().create_task(look())
    try:
        yield found
    finally:
        looking.cancel()


def _counted(statuses: Mapping[int, int]) -> str:
    words = [
        f"{count} × {status or 'broken connection'}" for status, count in sorted(statuses.items())
    ]
    return ", ".join(words) or "none"


if __name__ == "__main__":
    main()
