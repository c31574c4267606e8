"""The six ratios to Pillow + pdqhash and to FAISS flat, in three minutes."""

from __future__ import annotations

import time
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.hashers import FLOOR, OURS
from benchmarks.hashing import Hashed, Sample, large, measure, small
from benchmarks.indexes import CANDIDATES
from benchmarks.matching import QUICK, Searched, check_all, in_own_process

_SMALL_FILES: Final = 12
_MOST_SECONDS: Final = 30
"""For each sample that is hashed, on a machine that is slow or busy."""


def measure_quickly(console: Console) -> dict[str, float]:
    """Measure, show what was measured, and return the ratios by name."""
    began = time.monotonic()
    ratios: dict[str, float] = {}
    for name, sample, rounds in (
        ("hash_12mp", large(), 7),
        ("hash_1mp", small(_SMALL_FILES), 15),
    ):
        measured = measure(sample, rounds=rounds, few=True, most_seconds=_MOST_SECONDS)
        sides = {side.name: side for side in measured}
        console.print(_hashing_table(sample, list(sides.values())))
        ratios[name] = sides[OURS].times_reference
    ours = next(candidate for candidate in CANDIDATES if candidate.name == OURS)
    check_all()
    for name, size in (("1m", 1_000_000), ("10m", 10_000_000)):
        searched = in_own_process(ours, size, QUICK[size])
        console.print(_matching_line(searched))
        ratios[f"match_{name}_single"] = searched.times_flat_single
        ratios[f"match_{name}_batch"] = searched.times_flat_batch
    console.print(f"Took {time.monotonic() - began:.0f} s.")
    order = ("hash_12mp", "hash_1mp", "match_1m_single", "match_10m_single")
    return {name: round(ratios[name], 2) for name in (*order, "match_1m_batch", "match_10m_batch")}


def _hashing_table(sample: Sample, sides: list[Hashed]) -> Table:
    table = Table(title=f"{sample.name}: {len(sample.files)} files, {sample.origin}; one core")
    for column in ("", "ms", "× Pillow + pdqhash", f"time over {FLOOR}"):
        table.add_column(column, justify="left" if not column else "right")
    for side in sides:
        table.add_row(
            side.name,
            f"{side.milliseconds:.2f}",
            f"{side.times_reference:.2f}",
            f"{side.times_floor:.2f}",
        )
    return table


def _matching_line(searched: Searched) -> str:
    return (
        f"{searched.size:,} codes: {searched.single:.1f} µs a query, "
        f"{searched.times_flat_single:.1f} × FAISS flat; in a batch {searched.batch:.2f} µs, "
        f"{searched.times_flat_batch:.1f} ×; recall {searched.recall:.4f} of {searched.matches} "
        f"matches; built in {searched.build_seconds:.2f} s, {searched.memory:.1f} bytes an entry"
    )
