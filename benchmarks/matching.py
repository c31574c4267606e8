"""Search in 100 thousand, 1 and 10 million codes: time, recall, memory, building, adding one.

Every index gets a process of its own with FAISS flat beside it. Flat gives the truth that recall
is measured by, and is timed in turns with the index, so that a ratio compares moments that lie
next to each other.
"""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from rich.progress import Progress

from benchmarks.codes import BATCH, CODE_BYTES, Codes, crowded_codes, queries_for, random_codes
from benchmarks.indexes import CANDIDATES, OURS, Candidate, Index, flat
from benchmarks.machine import memory_bytes, one_core
from benchmarks.recall import compared, found_by_brute_force
from benchmarks.timing import in_turns, times_faster

SIZES: Final = (100_000, 1_000_000, 10_000_000)
_ADDED: Final = 5
_CHECKED: Final = 2_000


@dataclass(frozen=True)
class Effort:
    """How long to measure at one size.

    A round of single questions asks `singles` of them, one after the other. A round of the batch
    asks 4,096 queries of our index and `others_batch` of the others, whose time a query does not
    depend on their number.
    """

    single_rounds: int
    singles: int
    batch_rounds: int
    others_batch: int


FULL: Final = {
    100_000: Effort(30, 200, 7, BATCH),
    1_000_000: Effort(30, 100, 5, BATCH),
    10_000_000: Effort(15, 30, 3, 1024),
}
QUICK: Final = {
    1_000_000: Effort(15, 50, 3, 1024),
    10_000_000: Effort(15, 60, 3, 256),
}


@dataclass(frozen=True)
class Searched:
    """What was measured of one index at one size; times in microseconds.

    `single` and `batch` are medians a query, `times_flat_*` how many times faster than flat.
    `recall` is the share of flat's matches that were found, `extra` what was found besides.
    `memory` is in bytes an entry, the code's own 32 included. `add_one` is None where nothing can
    be added.
    """

    name: str
    setting: str
    size: int
    single: float
    single_p99: float
    batch: float
    times_flat_single: float
    times_flat_batch: float
    matches: int
    recall: float
    extra: int
    memory: float
    build_seconds: float
    add_one: float | None


def measure_all(progress: Progress) -> dict[str, Any]:
    """Measure every index at every size, in processes of their own, one after the other."""
    runs = [
        (candidate, size) for size in SIZES for candidate in CANDIDATES if size <= candidate.most
    ]
    check_all()
    task = progress.add_task("Matching", total=len(runs))
    rows = []
    for candidate, size in runs:
        progress.update(task, description=f"{candidate.name}, {size:,} codes")
        rows.append(asdict(in_own_process(candidate, size, FULL[size])))
        progress.advance(task)
    skipped = [
        {"name": candidate.name, "size": size, "why": candidate.why_not_more}
        for size in SIZES
        for candidate in CANDIDATES
        if size > candidate.most
    ]
    return {"indexes": rows, "skipped": skipped}


def in_own_process(candidate: Candidate, size: int, effort: Effort) -> Searched:
    """Measure one index in a fresh process, so that its memory is its own."""
    number = CANDIDATES.index(candidate)
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as pool:
        return pool.submit(_measure, number, size, effort).result()


def _measure(number: int, size: int, effort: Effort) -> Searched:
    with one_core():
        return measure(CANDIDATES[number], random_codes(size), effort)


def measure(candidate: Candidate, codes: Codes, effort: Effort) -> Searched:
    """Build the index over `codes`, hold it against flat, and time both in turns."""
    queries = queries_for(codes)
    own_queries = queries if candidate.name == OURS else queries[: effort.others_batch]
    before = memory_bytes()
    started = time.perf_counter()
    index = candidate.build(codes)
    built = time.perf_counter() - started
    memory = (memory_bytes() - before) / len(codes)
    reference = flat(codes)

    found = index.rows(index.ask_all(index.prepared(own_queries)))[: effort.others_batch]
    truth = reference.rows(reference.ask_all(reference.prepared(queries[: effort.others_batch])))
    matches, recall, extra = compared(found, truth)

    each: list[float] = []
    single = in_turns(
        {
            "index": _singles(index, queries, effort.singles, each),
            "flat": _singles(reference, queries, effort.singles, []),
        },
        rounds=effort.single_rounds,
    )
    batch = in_turns(
        {
            "index": _batch(index, own_queries),
            "flat": _batch(reference, queries[: effort.others_batch]),
        },
        rounds=effort.batch_rounds,
        warm_up=False,  # both were asked all of this above
    )
    as_many = len(own_queries) / effort.others_batch
    return Searched(
        name=candidate.name,
        setting=candidate.setting,
        size=len(codes),
        single=float(np.median(each)) * 1e6,
        single_p99=float(np.percentile(each, 99)) * 1e6,
        batch=batch["index"].seconds / len(own_queries) * 1e6,
        times_flat_single=times_faster(single["flat"], single["index"]),
        times_flat_batch=times_faster(batch["flat"], batch["index"]) * as_many,
        matches=matches,
        recall=recall,
        extra=extra,
        memory=memory + (0 if candidate.copies_codes else CODE_BYTES),
        build_seconds=built,
        add_one=_time_to_add(index, queries),
    )


def check_all() -> None:
    """Hold every index to comparing all with all, on a small list with copies and near-copies.

    Raises RuntimeError, which names the index, if one finds anything else.
    """
    codes = crowded_codes(_CHECKED)
    queries = queries_for(codes, _CHECKED)
    truth = found_by_brute_force(codes, queries)
    for candidate in CANDIDATES:
        index = candidate.build(codes)
        found = index.rows(index.ask_all(index.prepared(queries)))
        matches, recall, extra = compared(found, truth)
        if recall < 1 or extra:
            raise RuntimeError(
                f"{candidate.name} is not exact: of {matches} matches it finds {recall:.2%}, and "
                f"{extra} besides. Its times would mean nothing."
            )


def _singles(index: Index, queries: Codes, count: int, times: list[float]) -> Callable[[], None]:
    """Return a round of `count` questions that goes on where the last one stopped."""
    prepared = itertools.cycle(index.prepared(queries))

    def ask() -> None:
        for query in itertools.islice(prepared, count):
            started = time.perf_counter()
            index.ask(query)
            times.append(time.perf_counter() - started)

    return ask


def _batch(index: Index, queries: Codes) -> Callable[[], object]:
    prepared = index.prepared(queries)
    return lambda: index.ask_all(prepared)


def _time_to_add(index: Index, codes: Codes) -> float | None:
    """Return the median microseconds until one more code can be found."""
    times = []
    for code in codes[:_ADDED]:
        started = time.perf_counter()
        try:
            index.add(code)
        except NotImplementedError:
            return None
        times.append(time.perf_counter() - started)
    return float(np.median(times)) * 1e6
