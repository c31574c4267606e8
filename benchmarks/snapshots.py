"""The list as a file: built, written, opened for the first time and again, asked at once.

Each entry has one PDQ and one SHA-256, the most that so many fingerprints can cost a snapshot.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from benchmarks.codes import CODE_BYTES, THRESHOLD, queries_for, random_codes
from benchmarks.machine import KEPT, memory_bytes
from takeback.matching.delta_file import EntryChange, append_step, delta_path, read_delta
from takeback.matching.index import PdqIndex
from takeback.matching.match_list import GrowingList
from takeback.matching.snapshot import (
    ENTRY_CHARACTERS,
    LANES,
    ListedEntry,
    ListTables,
    SignalTable,
    Snapshot,
    SnapshotSource,
    open_snapshot,
    write_snapshot,
)
from takeback.signals.packing import ListedSignal

SIZES: Final = (1_000_000, 10_000_000)
_BUILD_THREADS: Final = 2
_WRITTEN: Final = 3
_OPENED: Final = 9
_ADDED: Final = 25
_FOLDER: Final = KEPT / "snapshots"
_SOURCE: Final = SnapshotSource("benchmark.invalid/list", 1, bytes(32))


@dataclass(frozen=True)
class Written:
    """What building and writing a snapshot takes, in seconds; `file_bytes` is its size."""

    entries: int
    index_seconds: float
    write_seconds: float
    file_bytes: int


@dataclass(frozen=True)
class Opened:
    """What opening takes, in a process of its own.

    `first_seconds` with every byte checked, `again_ms` the median when the file was checked
    before and has not changed; `first_query_ms` the first search thereafter; `add_ms` the median
    until one more entry is safe in the delta, read from there and found; `memory_bytes` what the
    process grew by, the mapped file not counted.
    """

    first_seconds: float
    again_ms: float
    first_query_ms: float
    add_ms: float
    memory_bytes: int


def measure_all(progress: Progress) -> dict[str, Any]:
    """Measure every size; the files are removed again."""
    task = progress.add_task("Snapshots", total=2 * len(SIZES))
    _FOLDER.mkdir(parents=True, exist_ok=True)
    rows = []
    for size in SIZES:
        path = _FOLDER / f"{size}.snapshot"
        progress.update(task, description=f"Snapshot of {size:,}: writing")
        written = _in_own_process(_write, path, size)
        progress.update(task, advance=1, description=f"Snapshot of {size:,}: opening")
        opened = _in_own_process(_open, path, size)
        progress.advance(task)
        rows.append(asdict(written) | asdict(opened))
        for left in _FOLDER.glob(f"*{path.stem}*"):  # its stamp and its delta, too
            left.unlink()
    return {"build_threads": _BUILD_THREADS, "snapshots": rows}


def _in_own_process(measure: Any, path: Path, size: int) -> Any:
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as pool:
        return pool.submit(measure, path, size).result()


def _write(path: Path, size: int) -> Written:
    """Build and write several times; the first of each does not count.

    A machine that is itself a guest gets memory and page cache from its host as it first touches
    them, which can take as long as the building does.
    """
    tables = _tables(size)
    return Written(
        entries=size,
        index_seconds=_median_seconds(
            lambda: PdqIndex.build(tables.signals["pdq"].values, threads=_BUILD_THREADS)
        ),
        write_seconds=_median_seconds(
            lambda: write_snapshot(path, _SOURCE, tables, threads=_BUILD_THREADS)
        ),
        file_bytes=path.stat().st_size,
    )


def _median_seconds(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(1 + _WRITTEN):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def _open(path: Path, size: int) -> Opened:
    query = queries_for(random_codes(size), 2)[0].tobytes()
    before = memory_bytes()
    started = time.perf_counter()
    snapshot = open_snapshot(path)
    first = time.perf_counter() - started
    times = []
    for _ in range(_OPENED):
        started = time.perf_counter()
        snapshot = open_snapshot(path)
        times.append(time.perf_counter() - started)
    started = time.perf_counter()
    snapshot.indexes["pdq"].search_batch([query], THRESHOLD)
    first_query = time.perf_counter() - started
    memory = memory_bytes()
    return Opened(
        first_seconds=first,
        again_ms=statistics.median(times) * 1e3,
        first_query_ms=first_query * 1e3,
        add_ms=_time_to_add(path, snapshot) * 1e3,
        memory_bytes=max(0, memory - before),
    )


def _time_to_add(path: Path, snapshot: Snapshot) -> float:
    """Return the median seconds until an entry that is written to the delta is found."""
    delta, growing, times = delta_path(path), GrowingList(snapshot), []
    tail = read_delta(delta, snapshot.digest)
    for number, code in enumerate(queries_for(random_codes(_ADDED), _ADDED)):
        pdq = ListedSignal("pdq", code.tobytes(), (100,))
        entry = ListedEntry.of("z" + str(number).zfill(ENTRY_CHARACTERS - 1), LANES[0], [pdq])
        started = time.perf_counter()
        change = EntryChange(entry.entry, entry)
        append_step(delta, snapshot.digest, tail, _SOURCE, [change])
        tail = read_delta(delta, snapshot.digest, tail.end)
        for step in tail.steps:
            growing.take(step)
        parts = growing.state().parts
        found = [part.near["pdq"].index.search(pdq.value, 0).rows.size for part in parts]
        times.append(time.perf_counter() - started)
        if not any(found):
            raise RuntimeError("An entry that was added is not found.")
    return statistics.median(times)


def _tables(size: int) -> ListTables:
    rows = np.arange(size, dtype=np.uint32)
    digests = np.random.default_rng(size).integers(0, 256, (size, CODE_BYTES), np.uint8)
    return ListTables(
        entry_ids=_names(size),
        entry_lane=np.zeros(size, np.uint8),
        signals={
            "pdq": SignalTable(random_codes(size), rows, (np.full(size, 100, np.uint8),)),
            "sha256": SignalTable(digests, rows),
        },
    )


def _names(size: int) -> NDArray[np.bytes_]:
    """Return ids in ascending order: numbers with leading zeros."""
    digits = np.full((size, ENTRY_CHARACTERS), ord("0"), np.uint8)
    left = np.arange(size)
    for place in range(ENTRY_CHARACTERS - 1, -1, -1):
        digits[:, place] += (left % 10).astype(np.uint8)
        left //= 10
        if not left.any():
            break
    return digits.view(f"S{ENTRY_CHARACTERS}").reshape(-1)
