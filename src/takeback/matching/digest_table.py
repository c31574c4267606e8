"""Finds digests in a table of many millions by a few steps, in tables that can be mapped.

An order is one number for each row, ascending: the first eight bytes of the digest, read as a
little-endian number, with the row in place of its low bits, as many as the number of rows has. So
one sort of plain numbers makes it, one binary search finds the few rows whose digests agree in the
other bits, and these are compared whole.
"""

import numpy as np
import numpy.typing as npt

_NO_ROWS: npt.NDArray[np.int64] = np.empty(0, np.int64)


def order_of(digests: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Return the order (n,) of digests (n, 8 or more)."""
    keys = _beginnings(digests) & ~_row_mask(len(digests))
    keys |= np.arange(len(digests), dtype=np.uint64)
    keys.sort()
    return keys


def rows_of(
    order: npt.NDArray[np.uint64], digests: npt.NDArray[np.uint8], digest: bytes
) -> npt.NDArray[np.int64]:
    """Return the rows, ascending, that hold a digest, given the order of the table."""
    mask = _row_mask(len(digests))
    wanted = np.frombuffer(digest, np.uint8)
    beginning = _beginnings(wanted[np.newaxis])[0] & ~mask
    low = np.searchsorted(order, beginning)
    high = np.searchsorted(order, beginning | mask, side="right")
    if low == high:
        return _NO_ROWS
    rows = (order[low:high] & mask).astype(np.int64)
    equal = (digests[rows] == wanted).all(axis=1)
    return rows[np.flatnonzero(equal)]


def _beginnings(digests: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    if digests.shape[1] % 8:
        digests = digests[:, :8]
    return np.ascontiguousarray(digests).view("<u8")[:, 0]


def _row_mask(rows: int) -> np.uint64:
    return np.uint64((1 << rows.bit_length()) - 1)
