"""Looks queries up in an index of random codes; argument: how many codes.

Half of the queries are codes of the list with 0 to 59 of their bits changed, half are random. All
of it is the same every time. Calls: `single(count)` asks one query after the other, going on where
the last call stopped; `batch()` asks all of them at once, and returns how many that is.
"""

from __future__ import annotations

import itertools
import sys

import adapters
import numpy as np
from answering import answer_calls

_CODE_BYTES = 32
_QUERIES = 4096
_THRESHOLD = 31
_MOST_FLIPPED = 60
_SEED = 20_240_817


def main(size: int) -> None:
    """Build the index, answer until the input ends."""
    random = np.random.default_rng(_SEED)
    codes = random.integers(0, 256, (size, _CODE_BYTES), dtype=np.uint8)
    queries = random.integers(0, 256, (_QUERIES, _CODE_BYTES), dtype=np.uint8)
    for row in range(0, _QUERIES, 2):
        flips = np.zeros(_CODE_BYTES * 8, np.uint8)
        count = random.integers(0, _MOST_FLIPPED)
        flips[random.choice(flips.size, count, replace=False)] = 1
        queries[row] = codes[random.integers(0, size)] ^ np.packbits(flips)
    uploads = [query.tobytes() for query in random.permutation(queries)]
    index = adapters.hamming_index().build(codes)
    following = itertools.cycle(uploads)

    def single(count: int) -> int:
        for query in itertools.islice(following, count):
            index.search(query, _THRESHOLD)
        return count

    def batch() -> int:
        index.search_flat(uploads, _THRESHOLD)
        return _QUERIES

    single(_QUERIES)
    batch()
    answer_calls({"single": single, "batch": batch})


if __name__ == "__main__":
    main(int(sys.argv[1]))
