"""Floods a gate's service with costly files while honest people upload photographs, and measures.

Three phases, each with so many photographs a second, whatever becomes of those before:

flood       connections that each send a costly file a second: a few bytes, up to 100 megapixels
announcers  connections that announce 64 MiB, send three bytes and wait
holders     connections that send 60 of 64 MiB and wait

examples:
  python -m tests.campaigns.gate_flood
  python -m tests.campaigns.gate_flood --seconds 20 --kinds webp gif
  python -m tests.campaigns.gate_flood --command /opt/older/.venv/bin/takeback
"""

import argparse
import asyncio
import itertools
import os
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from takeback.demo.photographs import find_photographs
from tests.campaigns.gate_process import running_gate
from tests.support.costly_pictures import COSTLY

_MIB = 1 << 20
_LEAST_COSTLY_FILES = 1000
_LEAST_SHARE = 0.95
_MOST_P99_SECONDS = 5.0
_MOST_MEMORY = 2560 * _MIB
_BOUND_CORES = 2  # the bound on memory is that of a gate on so many cores
_ANNOUNCED = 64 * _MIB
_HELD = 60 * _MIB
_HOLDERS = 8
_ATTACKER_PAUSE = 1.0  # seconds after an answer: less would be a flood of requests, not of pictures
_ANSWER_SECONDS = 180.0
_OK, _BUSY = 200, 503
_METRICS = tuple(
    f"takeback_gate_{name}"
    for name in ("busy", "decodings", "overran", "predicted", "refused_total", "waited")
)


@dataclass
class Answers:
    """What came of the requests of one kind; seconds from when each was due."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All of them."""
        return self.statuses.total()

    @property
    def share(self) -> float:
        """The share that was answered 200."""
        return self.statuses[str(_OK)] / max(self.total, 1)

    def percentile(self, part: float) -> float:
        """Seconds within which this part of those answered 200 had their answer."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0

    @property
    def others(self) -> dict[str, int]:
        """How many were answered otherwise, by status."""
        return {status: count for status, count in self.statuses.items() if status != str(_OK)}

    @property
    def unexplained(self) -> int:
        """How many were neither 200 nor 503 with Retry-After."""
        return self.total - self.statuses[str(_OK)] - self.statuses[f"{_BUSY} Retry-After"]


def main() -> None:
    """Run the phases; exit with 1 if a bound is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60, help="of the flood; others a quarter")
    parser.add_argument("--rate", type=float, default=10, help="photographs a second")
    parser.add_argument("--attackers", type=int, default=100, help="connections of the flood")
    parser.add_argument("--announcers", type=int, default=100, help="connections that announce")
    parser.add_argument("--entries", type=int, default=1000, help="of the list")
    parser.add_argument("--kinds", nargs="*", choices=COSTLY, default=list(COSTLY), help="of files")
    parser.add_argument(
        "--command",
        nargs="*",
        default=[sys.executable, "-m", "takeback"],
        help="the `takeback` whose gate is flooded; this one's by default",
    )
    parser.add_argument("--photographs", type=Path, default=Path("var/photographs"))
    chosen = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    photographs = [path.read_bytes() for path in find_photographs(chosen.photographs)]
    costly = {kind: COSTLY[kind]() for kind in chosen.kinds}
    console.print(
        f"{len(photographs)} photographs, {sum(map(len, photographs)) / _MIB:.0f} MiB. Costly: "
        + ", ".join(f"{kind} {len(data):,} bytes" for kind, data in costly.items())
    )
    with running_gate(chosen.command, chosen.entries) as (port, memory):
        idle = memory.now()[0]
        flood = Flood(port, photographs, chosen.rate)
        results: list[tuple[str, Answers, int]] = []

        def measured(name: str, answers: Answers) -> None:
            results.append((name, answers, memory.most))
            memory.most = 0

        measured("nobody else", asyncio.run(flood.quiet(chosen.seconds / 4)))
        honest, attack = asyncio.run(
            flood.costly(chosen.seconds, list(costly.values()), chosen.attackers)
        )
        measured("flood", honest)
        announced = asyncio.run(flood.waiting(chosen.seconds / 4, chosen.announcers, 3))
        measured("announcers", announced)
        held = asyncio.run(flood.waiting(chosen.seconds / 4, _HOLDERS, _HELD))
        measured("holders", held)
        parent = memory.parent_most
        counted = asyncio.run(flood.metrics())
    console.print(_table(results))
    console.print(f"Costly files answered: {attack.total:,} ({dict(attack.statuses)})")
    console.print(
        f"Idle {idle / _MIB:.0f} MiB; the service itself at most {parent / _MIB:.0f} MiB."
    )
    console.print(counted)
    missed = _missed(results, attack)
    for bound in missed:
        console.print(f"MISSED: {bound}")
    sys.exit(1 if missed else 0)


def _table(results: list[tuple[str, Answers, int]]) -> Table:
    table = Table("beside", "photographs", "200", "p50", "p99", "otherwise", "memory at most")
    for name, answers, most in results:
        table.add_row(
            name,
            f"{answers.total:,}",
            f"{answers.share:.1%}",
            f"{answers.percentile(0.5):.3f} s",
            f"{answers.percentile(0.99):.2f} s",
            ", ".join(f"{count} × {status}" for status, count in answers.others.items()) or "none",
            f"{most / _MIB:,.0f} MiB",
        )
    table.add_row(
        "bound",
        "",
        f"≥ {_LEAST_SHARE:.0%}",
        "",
        f"≤ {_MOST_P99_SECONDS:.0f} s",
        "503 with Retry-After",
        f"≤ {_MOST_MEMORY / _MIB:,.0f} MiB",
    )
    return table


def _missed(results: list[tuple[str, Answers, int]], attack: Answers) -> list[str]:
    missed = []
    for name, answers, most in results:
        if answers.share < _LEAST_SHARE:
            missed.append(f"{name}: {answers.share:.1%} answered 200")
        if answers.percentile(0.99) > _MOST_P99_SECONDS:
            missed.append(f"{name}: p99 {answers.percentile(0.99):.1f} s")
        if answers.unexplained:
            missed.append(f"{name}: {answers.unexplained} neither 200 nor 503 with Retry-After")
        if most > _MOST_MEMORY and len(os.sched_getaffinity(0)) <= _BOUND_CORES:
            missed.append(f"{name}: {most / _MIB:,.0f} MiB")
        if name == "announcers" and answers.share < 1:
            missed.append(f"announcers blocked {1 - answers.share:.1%}")
    if attack.total < _LEAST_COSTLY_FILES:
        missed.append(f"only {attack.total} costly files were answered: give it more --seconds")
    return missed


@dataclass
class Flood:
    """Those who send: to a port of this machine, these photographs, so many a second."""

    port: int
    photographs: list[bytes]
    rate: float

    async def quiet(self, seconds: float) -> Answers:
        """Send photographs alone."""
        return await self._honest(seconds)

    async def costly(
        self, seconds: float, files: list[bytes], attackers: int
    ) -> tuple[Answers, Answers]:
        """Send photographs beside attackers; return what came of both."""
        attack = Answers()
        turn = itertools.cycle(files)
        tasks = [asyncio.create_task(self._attack(turn, attack)) for _ in range(attackers)]
        await asyncio.sleep(1)
        honest = await self._honest(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return honest, attack

    async def waiting(self, seconds: float, connections: int, sent: int) -> Answers:
        """Send photographs beside connections that send so many of 64 MiB and wait."""
        async with AsyncExitStack() as stack:
            for _ in range(connections):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                stack.callback(writer.close)
                writer.write(_head(_ANNOUNCED) + bytes(min(sent, 3)))
                for _ in range(3, sent, _MIB):
                    if writer.is_closing():
                        break
                    try:
                        writer.write(bytes(_MIB))
                        await asyncio.wait_for(writer.drain(), 10)
                    except (OSError, TimeoutError):
                        break
            return await self._honest(seconds)

    async def metrics(self) -> str:
        """Return what the gate says of what waited and was refused; empty if it does not say."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        lines = (await reader.read()).decode().splitlines()
        writer.close()
        return "\n".join(line for line in lines if line.startswith(_METRICS))

    async def _honest(self, seconds: float) -> Answers:
        answers = Answers()
        began = time.monotonic()
        tasks = []
        for number in range(int(seconds * self.rate)):
            due = began + number / self.rate
            await asyncio.sleep(due - time.monotonic())
            photograph = self.photographs[number % len(self.photographs)]
            tasks.append(asyncio.create_task(self._ask(photograph, answers, due)))
        await asyncio.gather(*tasks)
        return answers

    async def _attack(self, files: "itertools.cycle[bytes]", answers: Answers) -> None:
        while True:
            await self._ask(next(files), answers, time.monotonic())
            await asyncio.sleep(_ATTACKER_PAUSE)

    async def _ask(self, data: bytes, answers: Answers, due: float) -> None:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                status = await _post(self.port, data)
        except TimeoutError:
            status = f"nothing in {_ANSWER_SECONDS:.0f} s"
        except (OSError, EOFError) as error:
            status = type(error).__name__
        answers.statuses[status] += 1
        if status == str(_OK):
            answers.seconds.append(time.monotonic() - due)


async def _post(port: int, data: bytes) -> str:
    """Return the status of the answer, and whether one of 503 says when to come again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_head(len(data)) + data)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
    finally:
        writer.close()
    status = head.split()[1].decode()
    return f"{status} Retry-After" if b"\r\nretry-after: " in head else status


def _head(length: int) -> bytes:
    return (
        "POST /v1/match HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


if __name__ == "__main__":
    main()
