"""The gate's HTTP service under load from `wrk`, against the same checks in process, on one core.

`python -m benchmarks.service` runs it alone. The service and its decoding process share one core;
`wrk` sends from another. Both sides check the same 12-megapixel photographs against the same list,
in turns, so that a busy moment of the machine hits both alike.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image

from benchmarks import results
from benchmarks.codes import random_codes
from benchmarks.machine import KEPT, REPOSITORY, one_core
from takeback.cli.demo.photographs import FETCHED, fetch_photographs, find_photographs
from takeback.gate import Gate
from takeback.gate.store import Store
from takeback.hashlist.events import new_entry_id
from takeback.matching.policy import Lane
from takeback.matching.snapshot import ListedEntry, ListedPdq, SnapshotSource, write_snapshot

LISTED: Final = 100_000
"""Entries of the list."""

_SIZE: Final = (4000, 3000)
_JPEG_QUALITY: Final = 90
_LEAST_PIXELS: Final = 8_000_000  # smaller photographs would be mere blur at 12
_CONNECTIONS: Final = 4
_SCRIPT: Final = Path(__file__).with_name("service_upload.lua")
_QUALITY: Final = 100


class NotMeasurable(RuntimeError):  # noqa: N818 - says what is the matter
    """Something that the measurement needs is missing; the message says what to do."""


@dataclass(frozen=True)
class Inside:
    """One round in process: uploads a second, and processor seconds an upload."""

    rate: float
    cpu_seconds: float


@dataclass(frozen=True)
class Served:
    """One round over HTTP; latencies in milliseconds as `wrk` saw them."""

    rate: float
    cpu_seconds: float
    p50_ms: float
    p99_ms: float


def measure(*, rounds: int = 7, seconds: int = 6) -> dict[str, Any]:
    """Measure all of it; raises NotMeasurable.

    The rates are medians over the rounds, and so is `share`, of the rounds' own ratios.
    """
    with one_core() as core:
        wrk = _wrk_apart_from(core)
        uploads, store = _uploads(), _store()
        files = [path.read_bytes() for path in uploads]
        with Gate.open(store) as gate, _service(store) as (pid, url):
            service = _LoadedService(url, pid, uploads, wrk)
            _check_for(gate, files, 1.0)
            service.serve_for(1)
            inside, served = [], []
            for _ in range(rounds):
                inside.append(_check_for(gate, files, seconds))
                served.append(service.serve_for(seconds))
            rate = statistics.median(one.rate for one in served)
            # A connection pauses and then waits for its answer, which takes about one turn.
            pause_ms = 1000 * (2 * _CONNECTIONS - 1) / rate
            half = [service.serve_for(seconds, pause_ms=pause_ms) for _ in range(rounds)]
    return {
        "photographs": len(uploads),
        "mean_bytes": round(statistics.mean(map(len, files))),
        "listed": LISTED,
        "connections": _CONNECTIONS,
        "in_process_per_second": statistics.median(one.rate for one in inside),
        "service_per_second": rate,
        "share": statistics.median(a.rate / b.rate for a, b in zip(served, inside, strict=True)),
        "cpu_share": statistics.median(one.cpu_seconds for one in inside)
        / statistics.median(one.cpu_seconds for one in served),
        "saturated": _latency(served),
        "half_load": _latency(half),
        "rounds": {
            "in_process": [asdict(one) for one in inside],
            "saturated": [asdict(one) for one in served],
            "half_load": [asdict(one) for one in half],
        },
    }


def lines(measured: dict[str, Any]) -> list[str]:
    """Return what was measured as lines for a terminal."""
    saturated, half = measured["saturated"], measured["half_load"]
    return [
        f"{measured['photographs']} photographs of 12 megapixels, "
        f"{measured['mean_bytes'] / 1e6:.1f} MB on average; a list of {measured['listed']:,}",
        f"in process   {measured['in_process_per_second']:6.1f} uploads a second and core",
        f"HTTP service {measured['service_per_second']:6.1f} uploads a second and core: "
        f"{measured['share']:.0%} (by processor time {measured['cpu_share']:.0%})",
        f"saturated by {measured['connections']} connections: "
        f"p50 {saturated['p50_ms']:.1f} ms, p99 {saturated['p99_ms']:.1f} ms",
        f"at half load, {half['rate']:.1f} a second: "
        f"p50 {half['p50_ms']:.1f} ms, p99 {half['p99_ms']:.1f} ms",
    ]


def _latency(served: list[Served]) -> dict[str, float]:
    return {
        name: statistics.median(getattr(one, name) for one in served)
        for name in ("rate", "p50_ms", "p99_ms")
    }


@dataclass(frozen=True)
class _LoadedService:
    """The service on its core, and `wrk` to send it uploads from the other cores."""

    url: str
    pid: int
    uploads: list[Path]
    wrk: tuple[str, ...]

    def serve_for(self, seconds: int, *, pause_ms: float = 0.0) -> Served:
        """Send the uploads in turn for so long, with pauses of that mean length before each."""
        cpu = _cpu_seconds(self.pid)
        done = subprocess.run(  # noqa: S603 - wrk, and our own script
            [
                *(*self.wrk, "--threads", "1", "--connections", str(_CONNECTIONS)),
                *("--timeout", "30s", "--duration", f"{seconds}s", "--script", str(_SCRIPT)),
                *(f"{self.url}/v1/match?report=false", "--", str(pause_ms)),
                *map(str, self.uploads),
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=seconds + 60,
        )
        sent = json.loads(done.stdout.splitlines()[-1])
        if sent["failed"] or not sent["requests"]:
            raise NotMeasurable(f"{sent['failed']} requests failed under load.")
        return Served(
            sent["requests"] / sent["seconds"],
            (_cpu_seconds(self.pid) - cpu) / sent["requests"],
            sent["p50_ms"],
            sent["p99_ms"],
        )


def _wrk_apart_from(core: int) -> tuple[str, ...]:
    """Return the beginning of a command that runs `wrk` on all cores but one."""
    wrk, taskset = shutil.which("wrk"), shutil.which("taskset")
    if wrk is None or taskset is None:
        raise NotMeasurable(
            "The service is measured with wrk and taskset. Install Debian's packages wrk and "
            "util-linux: apt-get install wrk util-linux."
        )
    others = [str(other) for other in range(os.cpu_count() or 1) if other != core]
    if not others:
        raise NotMeasurable("The service is measured on a machine with two cores or more.")
    return taskset, "-c", ",".join(others), wrk


def _check_for(gate: Gate, files: list[bytes], seconds: float) -> Inside:
    """Check the files in turn for so long."""
    checked = 0
    cpu = _cpu_seconds(os.getpid())
    began = time.perf_counter()
    for data in itertools.cycle(files):
        gate.check(data, report=False)
        checked += 1
        if (took := time.perf_counter() - began) >= seconds:
            break
    return Inside(checked / took, (_cpu_seconds(os.getpid()) - cpu) / checked)


def _cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and of its children, also of those that ended."""
    children = " ".join(
        path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")
    ).split()
    own = _stat(pid)
    ticks = sum(own[:4]) + sum(sum(_stat(int(child))[:4]) for child in children)
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[int]:
    """Return utime, stime, cutime and cstime of a process, in ticks; proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]]


@contextmanager
def _service(store: Path) -> Iterator[tuple[int, str]]:
    """Start `takeback gate serve` on this process's core; yields its process and its address."""
    with subprocess.Popen(  # noqa: S603 - our own command
        [*(sys.executable, "-m", "takeback", "gate", "serve"), "--store", store, "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        announced = re.search(r"http://\S+:\d+", process.stdout.readline())
        if announced is None:
            raise NotMeasurable("The gate's service did not start; see above.")
        try:
            yield process.pid, announced[0]
        finally:
            process.terminate()


def _uploads() -> list[Path]:
    """Return the photographs of at least 8 megapixels, brought to 12 and written as JPEG."""
    folder = KEPT / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    fetch_photographs(REPOSITORY / FETCHED)
    for path in find_photographs(REPOSITORY / FETCHED):
        made = folder / f"{path.stem}.jpg"
        if path.suffix != ".jpg" or made.exists():
            continue
        with Image.open(path) as opened:
            if opened.width * opened.height < _LEAST_PIXELS:
                continue
            picture = opened.convert("RGB").resize(_SIZE, Image.Resampling.LANCZOS)
        picture.save(made.with_suffix(".partial"), "JPEG", quality=_JPEG_QUALITY)
        made.with_suffix(".partial").rename(made)
    return sorted(folder.glob("*.jpg"))


def _store() -> Path:
    """Return a gate's store with a list of random entries in force."""
    store = Store(KEPT / "service-store")
    snapshot = store.snapshots / f"{LISTED}.snapshot"
    if not snapshot.exists():
        entries = [
            ListedEntry(new_entry_id(), Lane.SELF_REPORTED, (ListedPdq(code.tobytes(), _QUALITY),))
            for code in random_codes(LISTED)
        ]
        write_snapshot(snapshot, SnapshotSource("bench.example.org", LISTED, bytes(32)), entries)
    store.current.write_text(f"{snapshot.name}\n", encoding="ascii")
    return store.folder


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=6, help="of each side in a round")
    given = parser.parse_args()
    try:
        measured = measure(rounds=given.rounds, seconds=given.seconds)
    except NotMeasurable as error:
        raise SystemExit(str(error)) from error
    print("\n".join(lines(measured)))
    results.keep("service", measured)


if __name__ == "__main__":
    main()
