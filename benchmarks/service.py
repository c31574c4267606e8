"""The gate's HTTP service under load from `wrk`, against the same checks in process, on one core.

The service and its decoding process share one core; `wrk` sends from another. Both sides check the
same 12-megapixel photographs against the same list, in turns, so that a busy moment of the machine
hits both alike.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image
from rich.progress import Progress

from benchmarks.codes import random_codes
from benchmarks.machine import KEPT, REPOSITORY, one_core
from takeback.demo.photographs import FETCHED, fetch_photographs, find_photographs
from takeback.gate import Gate
from takeback.gate.store.store import Store
from takeback.hashlist.events import new_entry_id
from takeback.matching.snapshot import ListedEntry, SnapshotSource, write_snapshot
from takeback.signals.lanes import Lane
from takeback.signals.packing import ListedSignal

LISTED: Final = 100_000
"""Entries of the list."""

_SIZE: Final = (4000, 3000)
_JPEG_QUALITY: Final = 90
_LEAST_PIXELS: Final = 8_000_000  # smaller photographs would be mere blur at 12
_CONNECTIONS: Final = 4
_ROUNDS: Final = 9
_SECONDS: Final = 5  # of each side in a round
_SCRIPT: Final = Path(__file__).with_name("service_upload.lua")
_QUALITY: Final = 100


class NotMeasurable(RuntimeError):  # noqa: N818 - says what is the matter
    """Something that the measurement needs is missing; the message says what to do."""


@dataclass(frozen=True)
class Inside:
    """One round in process: uploads a second, and processor time an upload."""

    rate: float
    cpu_ms: float


@dataclass(frozen=True)
class Served:
    """One round over HTTP; latencies in milliseconds as `wrk` saw them."""

    rate: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float


def measure_all(progress: Progress) -> dict[str, Any]:
    """Measure the service; raises NotMeasurable, or NoPhotographs.

    The rates are medians over the rounds, and `share` is that of the rounds' own ratios.
    `cpu_share` compares processor time instead, which other programs on the machine hardly touch.
    """
    check_tools()
    bar = progress.add_task("Service", total=3 * _ROUNDS)
    cores = os.sched_getaffinity(0)
    with one_core() as core:
        wrk = ("taskset", "-c", ",".join(map(str, cores - {core})), "wrk")
        uploads, store = _uploads(), _store()
        files = [path.read_bytes() for path in uploads]
        with Gate.open(store) as gate, _service(store) as (pid, url):
            service = _LoadedService(url, pid, uploads, wrk)
            _check_for(gate, files, 1.0)
            service.serve_for(1)
            inside, served, half = [], [], []
            for _ in range(_ROUNDS):
                inside.append(_check_for(gate, files, _SECONDS))
                served.append(service.serve_for(_SECONDS))
                progress.advance(bar, 2)
            rate = statistics.median(round_served.rate for round_served in served)
            # A connection pauses and then waits for its answer, which takes about one turn.
            pause_ms = 1000 * (2 * _CONNECTIONS - 1) / rate
            for _ in range(_ROUNDS):
                half.append(service.serve_for(_SECONDS, pause_ms=pause_ms))
                progress.advance(bar)
    return {
        "photographs": len(uploads),
        "mean_bytes": round(statistics.mean(map(len, files))),
        "listed": LISTED,
        "connections": _CONNECTIONS,
        "in_process": _medians(inside),
        "saturated": _medians(served),
        "half_load": _medians(half),
        "share": statistics.median(a.rate / b.rate for a, b in zip(served, inside, strict=True)),
        "cpu_share": statistics.median(
            b.cpu_ms / a.cpu_ms for a, b in zip(served, inside, strict=True)
        ),
    }


def _medians(rounds: Sequence[Inside | Served]) -> dict[str, float]:
    return {
        name: statistics.median(getattr(measured, name) for measured in rounds)
        for name in asdict(rounds[0])
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
            1000 * (_cpu_seconds(self.pid) - cpu) / sent["requests"],
            sent["p50_ms"],
            sent["p99_ms"],
        )


def check_tools() -> None:
    """Raise NotMeasurable if something that the measurement needs is missing."""
    if shutil.which("wrk") is None or shutil.which("taskset") is None:
        raise NotMeasurable(
            "The service is measured with wrk and taskset. Install Debian's packages wrk and "
            "util-linux: apt-get install wrk util-linux."
        )
    if len(os.sched_getaffinity(0)) == 1:
        raise NotMeasurable("The service is measured on a machine with two cores or more.")


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
    return Inside(checked / took, 1000 * (_cpu_seconds(os.getpid()) - cpu) / checked)


def _cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and of its children, also of those that ended."""
    while True:
        children = " ".join(
            path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")
        ).split()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            ticks = _ticks(pid) + sum(_ticks(int(child)) for child in children)
            return ticks / os.sysconf("SC_CLK_TCK")
        # A child was replaced just now: its time is its parent's from here on.


def _ticks(pid: int) -> int:
    """Return utime, stime, cutime and cstime of a process together; see proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])


@contextlib.contextmanager
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
    entries = [
        ListedEntry.of(
            new_entry_id(),
            Lane.SELF_REPORTED,
            [ListedSignal("pdq", code.tobytes(), (_QUALITY,))],
        )
        for code in random_codes(LISTED)
    ]
    write_snapshot(snapshot, SnapshotSource("bench.example.org", LISTED, bytes(32)), entries)
    store.current.write_text(f"{snapshot.name}\n", encoding="ascii")
    return store.folder
