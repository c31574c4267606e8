"""The Hamming index: which listed PDQ codes lie within a distance of a query."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from takeback.matching.policy import PDQ_BITS

PDQ_BYTES = PDQ_BITS // 8
PDQ_WORDS = PDQ_BYTES // 8

# Rows looked at in one step: four columns of 256 KiB and their counts stay in a core's cache,
# and a search needs about a megabyte however long the list is.
_BLOCK_ROWS = 1 << 15

WordColumns = npt.NDArray[np.uint64]


class Hits(NamedTuple):
    """Rows within the distance, ascending, and the distance of each; both of shape (n,)."""

    rows: npt.NDArray[np.int64]
    distances: npt.NDArray[np.uint16]


class HammingIndex(Protocol):
    """Finds every row within a distance: exact, and safe to call from many threads."""

    def search(self, query: bytes, max_distance: int) -> Hits:
        """Return all rows at most `max_distance` bits (0–256) from the 32-byte query."""

    def search_batch(self, queries: Sequence[bytes], max_distance: int) -> list[Hits]:
        """Search each query; the answers stand in the order of the queries."""


class ExactScan:
    """Compares the query with every row: simple, exact at any distance, and fast to 10⁶ rows.

    `columns`: unsigned 64-bit words of shape (4, rows). Column k holds bytes 8k to 8k+7 of each
    code, so that every step runs over contiguous memory. The array may be mapped from a file.
    """

    def __init__(self, columns: WordColumns) -> None:
        if columns.ndim != 2 or columns.shape[0] != PDQ_WORDS:  # noqa: PLR2004 - two axes
            raise ValueError(f"columns must have shape ({PDQ_WORDS}, rows), not {columns.shape}")
        self._columns = columns

    def search(self, query: bytes, max_distance: int) -> Hits:
        """Return all rows at most `max_distance` bits (0–256) from the 32-byte query.

        Raises ValueError for a query of another length or a distance out of range.
        """
        return self.search_batch([query], max_distance)[0]

    def search_batch(self, queries: Sequence[bytes], max_distance: int) -> list[Hits]:
        """Search each query in one pass over the list, block by block."""
        if not 0 <= max_distance <= PDQ_BITS:
            raise ValueError(f"max_distance is {max_distance}; it must be from 0 to {PDQ_BITS}")
        words = [_words_of(query) for query in queries]
        found: list[list[Hits]] = [[] for _ in words]
        for start in range(0, self._columns.shape[1], _BLOCK_ROWS):
            block = self._columns[:, start : start + _BLOCK_ROWS]
            for query, hits in zip(words, found, strict=True):
                distances = _distances(block, query)
                rows = np.flatnonzero(distances <= max_distance)
                if rows.size:
                    hits.append(Hits(rows + start, distances[rows]))
        return [_joined(hits) for hits in found]


def columns_of(codes: bytes) -> WordColumns:
    """Lay 32-byte codes, one after the other, out as the (4, rows) columns that a scan reads."""
    rows = np.frombuffer(codes, dtype="<u8").reshape(-1, PDQ_WORDS)
    return np.ascontiguousarray(rows.T)


def _words_of(query: bytes) -> npt.NDArray[np.uint64]:
    if len(query) != PDQ_BYTES:
        raise ValueError(f"a PDQ code has {PDQ_BYTES} bytes, not {len(query)}")
    return np.frombuffer(query, dtype="<u8")


def _distances(block: WordColumns, query: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint16]:
    # A byte can't hold 256, the distance of a code from its complement: add up in 16 bits.
    total: npt.NDArray[np.uint16] = np.bitwise_count(block[0] ^ query[0]).astype(np.uint16)
    for column, word in zip(block[1:], query[1:], strict=True):
        total += np.bitwise_count(column ^ word)
    return total


def _joined(hits: list[Hits]) -> Hits:
    if not hits:
        return Hits(np.empty(0, np.int64), np.empty(0, np.uint16))
    return Hits(np.concatenate([h.rows for h in hits]), np.concatenate([h.distances for h in hits]))
