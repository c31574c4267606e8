"""Random PDQ codes to search in, and queries of which about half come near one of them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

CODE_BYTES: Final = 32
BATCH: Final = 4096
"""Queries in a batch."""
THRESHOLD: Final = 31
"""Bits: the greatest distance that is a match."""

_MOST_FLIPPED: Final = 60
_SEED: Final = 20_240_817

Codes = NDArray[np.uint8]


def random_codes(count: int) -> Codes:
    """Return `count` codes of evenly random bits: uint8, (count, 32). The same every time."""
    return np.random.default_rng(_SEED).integers(0, 256, (count, CODE_BYTES), dtype=np.uint8)


def crowded_codes(count: int) -> Codes:
    """Return codes of which many lie near, or are, others: uint8, (count, 32).

    They are what indexes that hope for evenly spread codes get wrong: some fifty centres with up
    to 40 bits changed, all zeros, all ones, and one code many times.
    """
    random = np.random.default_rng(_SEED + 2)
    centres = random_codes(50)
    centres[0], centres[1] = 0, 255
    codes = centres[random.integers(0, len(centres), count)]
    for row in range(count // 5, count):
        codes[row] ^= _flips(random, 40)
    return codes


def queries_for(codes: Codes, count: int = BATCH) -> Codes:
    """Return queries in random order: uint8, (count, 32).

    Half are codes of the list with 0 to 59 of their bits changed, so that about a quarter of all
    match at 31 bits and another comes close; half are random and match nothing.
    """
    random = np.random.default_rng(_SEED + 1)
    queries = random.integers(0, 256, (count, CODE_BYTES), dtype=np.uint8)
    for row in range(0, count, 2):
        queries[row] = codes[random.integers(0, len(codes))] ^ _flips(random, _MOST_FLIPPED)
    return random.permutation(queries)


def _flips(random: np.random.Generator, most: int) -> Codes:
    """Return a code with fewer than `most` bits set, at random places."""
    bits = np.zeros(CODE_BYTES * 8, np.uint8)
    bits[random.choice(bits.size, random.integers(0, most), replace=False)] = 1
    return np.packbits(bits)
