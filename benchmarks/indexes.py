"""The indexes that are compared, behind one face: build, ask, ask for many, add one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import faiss
import numpy as np
from threatexchange.signal_type.pdq.pdq_index import PDQIndex

from benchmarks.codes import THRESHOLD, Codes
from benchmarks.recall import Rows
from takeback.matching.index import PdqIndex

_BITS: Final = 256


class Index(Protocol):
    """One built index. Asking is what is timed; what is asked is prepared before."""

    def prepared(self, queries: Codes) -> Any:
        """Bring queries of shape (n, 32) into the form that the index is asked in."""

    def ask(self, query: Any) -> object:
        """Find every row at most `THRESHOLD` bits from one prepared query."""

    def ask_all(self, queries: Any) -> Any:
        """Find the rows of many prepared queries, in one call if there is one."""

    def rows(self, answer: Any) -> Rows:
        """Return what `ask_all` found."""

    def add(self, code: Codes) -> None:
        """Add one more code, of shape (32,), visible to the next question."""


class Takeback:
    """Our index, as the gate uses it."""

    def __init__(self, codes: Codes) -> None:
        self._index = PdqIndex.build(codes)

    def prepared(self, queries: Codes) -> Sequence[bytes]:
        """Ask with the 32 bytes of a code."""
        return [query.tobytes() for query in queries]

    def ask(self, query: bytes) -> object:
        """Ask for one."""
        return self._index.search(query, THRESHOLD)

    def ask_all(self, queries: Sequence[bytes]) -> Any:
        """Ask for a batch."""
        return self._index.search_flat(queries, THRESHOLD)

    def rows(self, answer: Any) -> Rows:
        """Return the rows of every query."""
        limits, rows, _ = answer
        return np.split(rows, limits[1:-1])

    def add(self, code: Codes) -> None:
        """Not possible: a list that has grown is a new snapshot."""
        raise NotImplementedError


class Faiss:
    """A binary index of FAISS, one thread."""

    def __init__(self, index: Any, codes: Codes) -> None:
        faiss.omp_set_num_threads(1)
        self._index = index
        self._index.add(codes)

    def prepared(self, queries: Codes) -> Codes:
        """Ask with arrays of shape (1, 32)."""
        return queries[:, None, :]

    def ask(self, query: Codes) -> object:
        """Ask for one; FAISS finds what is *under* the radius."""
        return self._index.range_search(query, THRESHOLD + 1)

    def ask_all(self, queries: Codes) -> Any:
        """Ask for a batch."""
        return self._index.range_search(queries.reshape(-1, _BITS // 8), THRESHOLD + 1)

    def rows(self, answer: Any) -> Rows:
        """Return the rows of every query."""
        limits, _, rows = answer
        return [np.sort(rows[limits[at] : limits[at + 1]]) for at in range(len(limits) - 1)]

    def add(self, code: Codes) -> None:
        """Add one more code."""
        self._index.add(code[None])


class ThreatExchange:
    """The PDQ index of `threatexchange`: a list of entries beside FAISS's multi-hash."""

    def __init__(self, codes: Codes) -> None:
        faiss.omp_set_num_threads(1)
        self._size = len(codes)
        self._index = PDQIndex((code.tobytes().hex(), row) for row, code in enumerate(codes))

    def prepared(self, queries: Codes) -> Sequence[str]:
        """Ask with hexadecimal text."""
        return [query.tobytes().hex() for query in queries]

    def ask(self, query: str) -> object:
        """Ask for one."""
        return self._index.query(query)

    def ask_all(self, queries: Sequence[str]) -> Any:
        """Ask for one after the other: there is no other way."""
        return [self._index.query(query) for query in queries]

    def rows(self, answer: Any) -> Rows:
        """Return the rows of every query."""
        return [
            np.sort(np.array([match.metadata for match in matches], np.int64)) for matches in answer
        ]

    def add(self, code: Codes) -> None:
        """Add one more code."""
        self._index.add(code.tobytes().hex(), self._size)
        self._size += 1


@dataclass(frozen=True)
class Candidate:
    """An index to compare.

    `setting` says how it is set up, `copies_codes` whether it keeps the codes itself (else it uses
    the array that it is built of), `most` the largest list it is given, and `why_not_more` the
    reason for that.
    """

    name: str
    setting: str
    build: Callable[[Codes], Index]
    copies_codes: bool = True
    most: int = 100_000_000
    why_not_more: str = ""


def flat(codes: Codes) -> Faiss:
    """Build FAISS's exact scan."""
    return Faiss(faiss.IndexBinaryFlat(_BITS), codes)


def multi_hash(bands: int, bits: int, flips: int) -> Callable[[Codes], Faiss]:
    """Return a builder of FAISS's multi-index hashing that finds all at 31 bits.

    By the pigeonhole principle a code at most 31 bits away has a band at most `flips` bits away
    if bands * (flips + 1) > 31. Raises ValueError for bands that would miss some.
    """
    if bands * (flips + 1) <= THRESHOLD or bands * bits > _BITS:
        raise ValueError("These bands would miss matches, or are more than 256 bits.")

    def build(codes: Codes) -> Faiss:
        index = faiss.IndexBinaryMultiHash(_BITS, bands, bits)
        index.nflip = flips
        return Faiss(index, codes)

    return build


OURS: Final = "Takeback"
FLAT: Final = "FAISS flat"
CANDIDATES: Final[Sequence[Candidate]] = (
    Candidate(OURS, "PdqIndex", Takeback, copies_codes=False),
    Candidate(FLAT, "IndexBinaryFlat", flat),
    Candidate(
        "FAISS multi-hash",
        "IndexBinaryMultiHash, 16 bands of 16 bits, 1 flip",
        multi_hash(16, 16, 1),
    ),
    Candidate(
        "threatexchange",
        "PDQIndex (16 bands of 16 bits, 1 flip), one query a call",
        ThreatExchange,
        most=1_000_000,
        why_not_more="its entries alone, Python strings, take minutes and gigabytes at 10 million",
    ),
)
