"""What a search should find, and how much of it was found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.codes import THRESHOLD, Codes

Rows = list[NDArray[np.int64]]
"""For each query the rows within the threshold, ascending."""


def found_by_brute_force(codes: Codes, queries: Codes) -> Rows:
    """Compare every query with every code, byte by byte."""
    return [
        np.flatnonzero(np.bitwise_count(codes ^ query).sum(axis=1, dtype=np.uint16) <= THRESHOLD)
        for query in queries
    ]


def compared(found: Rows, truth: Rows) -> tuple[int, float, int]:
    """Return how many matches there are, the share of them found, and what was found besides."""
    matches = sum(len(rows) for rows in truth)
    both = sum(len(np.intersect1d(ours, true)) for ours, true in zip(found, truth, strict=True))
    extra = sum(len(rows) for rows in found) - both
    return matches, both / matches if matches else 1.0, extra
