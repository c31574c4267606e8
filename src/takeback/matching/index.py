"""The Hamming index: which listed PDQ codes lie within a distance of a query."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from takeback import _native
from takeback.signals.pdq import PDQ_BITS

PDQ_BYTES: Final = PDQ_BITS // 8

Codes = npt.NDArray[np.uint8]

_FORMAT: Final = 1
_MOST_BANDS: Final = 25
_LEAST_SLOT_BITS: Final = 10
_MOST_SLOT_BITS: Final = 30
_MOST_BLOCK_BITS: Final = 4
# Bands that are built in one pass over the codes, 8 bytes of memory a row for each. Of very long
# lists one at a time: they leave no room.
_BANDS_TOGETHER: Final = 3
_MOST_ROWS_TOGETHER: Final = 1 << 25
_TYPES: Final = {"occupied": "<u8", "before": "<u4", "last": "u1", "entries": "u1"}


class Hits(NamedTuple):
    """Rows within the distance, ascending, and the distance of each; both of shape (n,)."""

    rows: npt.NDArray[np.int64]
    distances: npt.NDArray[np.uint16]


class BatchHits(NamedTuple):
    """The hits of many queries: `limits[k]` to `limits[k + 1] - 1` are those of query k, by row.

    `limits` has shape (queries + 1,), `rows` and `distances` shape (hits,).
    """

    limits: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    distances: npt.NDArray[np.uint16]


class TableShape(NamedTuple):
    """How the tables of an index are cut.

    `bands`: pieces of 256 / bands bits, each with its table. `slot_bits`: how many bits of a band
    its table tells apart, 10 to 30. `block_bits`: tables name blocks of 2^block_bits rows, at
    most 16.
    """

    bands: int
    slot_bits: int
    block_bits: int = 0

    def check(self) -> None:
        """Raise ValueError for a shape that can't be."""
        if not (
            0 < self.bands <= _MOST_BANDS
            and _LEAST_SLOT_BITS <= self.slot_bits <= PDQ_BITS // self.bands
            and self.slot_bits <= _MOST_SLOT_BITS
            and 0 <= self.block_bits <= _MOST_BLOCK_BITS
        ):
            raise ValueError(f"an index can't have tables of this shape: {self}")


# Up to so many rows. Measured: docs/decisions/0008-hamming-index.md.
_SHAPES: Final[tuple[tuple[int, TableShape | None], ...]] = (
    (1 << 13, None),
    (1 << 18, TableShape(bands=16, slot_bits=16)),
    (1 << 22, TableShape(bands=11, slot_bits=23)),
    (1 << 25, TableShape(bands=10, slot_bits=25)),
)
_LARGEST: Final = TableShape(bands=8, slot_bits=27, block_bits=3)


def shape_for(rows: int) -> TableShape | None:
    """Return the fastest shape for a list of so many rows, by measurement; None for a scan."""
    for most_rows, shape in _SHAPES:
        if rows <= most_rows:
            return shape
    return _LARGEST


class PdqIndex:
    """Finds every row within a distance: exact, and safe to call from many threads.

    Short lists are compared code by code. Longer ones are searched by multi-index hashing
    (Norouzi, Punjani and Fleet, "Fast exact search in Hamming space with multi-index hashing",
    2014), and by comparing where that is faster: far distances, and queries that too many listed
    codes resemble in some band. Both find the same.
    """

    tables: dict[str, npt.NDArray[Any]]
    """What `attach` needs to take the index up again; {} for a short list."""

    def __init__(self, codes: Codes, tables: Mapping[str, npt.NDArray[Any]]) -> None:
        """Use `PdqIndex.build` or `PdqIndex.attach`."""
        self.tables = dict(tables)
        self._native = _opened(codes, self.tables)

    @classmethod
    def build(
        cls, codes: Codes, *, threads: int = 1, shape: TableShape | None = None
    ) -> "PdqIndex":
        """Build the index of `codes`, uint8 of shape (n, 32), which must not change afterwards.

        While it builds, each of the `threads` threads needs 24 bytes of memory a row, for very
        long lists 8. `shape`: other tables than the list's length asks for. Raises ValueError for
        an array of another type or shape, or a shape that can't be.
        """
        _check("codes", codes, "u1", (len(codes), PDQ_BYTES))
        shape = shape or shape_for(len(codes))
        return cls(codes, {} if shape is None or not len(codes) else _built(codes, shape, threads))

    @classmethod
    def attach(cls, codes: Codes, tables: Mapping[str, npt.NDArray[Any]]) -> "PdqIndex":
        """Take up the index whose `tables` were kept beside its `codes`, without reading either.

        Both may be mapped from a file, read-only. Raises ValueError if their types and shapes do
        not go together. Tables with the right shapes and wrong contents make searches miss
        rows, but never read beyond the arrays.
        """
        return cls(codes, tables)

    def search(self, query: bytes, max_distance: int) -> Hits:
        """Return all rows at most `max_distance` bits (0 to 256) from the 32-byte query.

        Raises ValueError for a query of another length or a distance out of range.
        """
        _, rows, distances = self.search_flat([query], max_distance)
        return Hits(rows, distances)

    def search_batch(self, queries: Sequence[bytes] | Codes, max_distance: int) -> list[Hits]:
        """Search each query; the answers stand in the order of the queries."""
        limits, rows, distances = self.search_flat(queries, max_distance)
        return [
            Hits(rows[start:end], distances[start:end])
            for start, end in zip(limits[:-1].tolist(), limits[1:].tolist(), strict=True)
        ]

    def search_flat(self, queries: Sequence[bytes] | Codes, max_distance: int) -> BatchHits:
        """Search each query, given as 32 bytes each or as uint8 of shape (q, 32).

        All hits come in three arrays: thousands of queries cost nothing in Python.
        """
        if not 0 <= max_distance <= PDQ_BITS:
            raise ValueError(f"max_distance is {max_distance}; it must be from 0 to {PDQ_BITS}")
        if not isinstance(queries, np.ndarray):
            for query in queries:
                if len(query) != PDQ_BYTES:
                    raise ValueError(f"a PDQ code has {PDQ_BYTES} bytes, not {len(query)}")
            queries = np.frombuffer(b"".join(queries), np.uint8).reshape(-1, PDQ_BYTES)
        else:
            _check("queries", queries, "u1", (len(queries), PDQ_BYTES))
        return BatchHits(*self._native.search(queries, max_distance))

    def scans(self, max_distance: int) -> bool:
        """Return whether searches at this distance compare with every code."""
        return self._native.scans(max_distance)


def preferred_order(codes: Codes) -> npt.NDArray[np.int64] | None:
    """Return the order of the rows in which the index of a very long list is small and fast.

    None: any order will do. Otherwise a permutation of shape (n,): write `codes[order]`, and
    whatever belongs to the rows in the same order.
    """
    shape = shape_for(len(codes))
    if shape is None or shape.block_bits == 0:
        return None
    slots = _native.hamming_slots(codes, shape.bands, shape.slot_bits)
    return np.argsort(slots, kind="stable")


@dataclass(frozen=True, slots=True)
class _Layout:
    """The table `layout`: int64, in the order of the fields."""

    version: int
    rows: int
    bands: int
    slot_bits: int
    block_bits: int
    ordered: int
    parity: int

    @property
    def array(self) -> npt.NDArray[np.int64]:
        return np.array([getattr(self, name) for name in self.__slots__], np.int64)

    @property
    def shapes(self) -> dict[str, tuple[int, int]]:
        columns = _native.hamming_sizes(self.rows, self.slot_bits, self.block_bits)
        shapes = {name: (self.bands, size) for name, size in zip(_TYPES, columns, strict=True)}
        # Entries of an ordered band are their own numbers.
        shapes["entries"] = (self.bands - self.ordered, columns[-1])
        return shapes


def _built(codes: Codes, shape: TableShape, threads: int) -> dict[str, npt.NDArray[Any]]:
    shape.check()
    ordered = _native.hamming_ordered(codes, shape.bands, shape.slot_bits)
    layout = _Layout(_FORMAT, len(codes), *shape, ordered, _native.hamming_parity(codes))
    arrays = {name: np.zeros(layout.shapes[name], dtype) for name, dtype in _TYPES.items()}

    def build_bands(bands: range) -> None:
        _native.hamming_build_bands(
            codes, *shape, ordered, bands.start, len(bands), *(arrays[name] for name in _TYPES)
        )

    together = _BANDS_TOGETHER if len(codes) <= _MOST_ROWS_TOGETHER else 1
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(build_bands, _shared_out(shape.bands, together, threads)))
    return {"layout": layout.array, **arrays}


def _shared_out(bands: int, together: int, threads: int) -> list[range]:
    """Return the bands in runs of at most `together`, the longest first, so that all threads have
    about as much to do."""
    rounds = -(-bands // (together * threads))
    runs = min(bands, rounds * threads)
    ends = [bands * run // runs for run in range(runs + 1)]
    return sorted((range(*run) for run in pairwise(ends)), key=len, reverse=True)


def _opened(codes: Codes, tables: dict[str, npt.NDArray[Any]]) -> _native.HammingIndex:
    _check("codes", codes, "u1", (len(codes), PDQ_BYTES))
    if not tables:
        return _native.HammingIndex(codes)
    if tables.keys() != {"layout", *_TYPES}:
        raise ValueError(f"an index has no such tables: {', '.join(sorted(tables))}")
    _check("layout", tables["layout"], "<i8", (len(_Layout.__slots__),))
    layout = _Layout(*tables["layout"].tolist())
    if layout.version != _FORMAT or layout.rows != len(codes):
        raise ValueError("the index belongs to other codes, or to another version of Takeback")
    TableShape(layout.bands, layout.slot_bits, layout.block_bits).check()
    if layout.ordered not in (0, 1) or layout.parity not in (0, 1, 2):
        raise ValueError("the index says of its codes what can't be")
    for name, expected in layout.shapes.items():
        _check(name, tables[name], _TYPES[name], expected)
    return _native.HammingIndex(
        codes,
        layout.bands,
        layout.slot_bits,
        layout.block_bits,
        bool(layout.ordered),
        layout.parity,
        *(tables[name] for name in _TYPES),
    )


def _check(name: str, array: npt.NDArray[Any], dtype: str, shape: tuple[int, ...]) -> None:
    if array.dtype != np.dtype(dtype) or array.shape != shape:
        raise ValueError(
            f"{name} must be {np.dtype(dtype)} of shape {shape}, not {array.dtype} {array.shape}"
        )
    if not (array.flags.c_contiguous and array.flags.aligned):
        raise ValueError(f"{name} must lie contiguous and aligned in memory")
