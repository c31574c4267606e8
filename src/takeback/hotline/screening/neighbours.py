"""What on the list looks like a new entry: an index of the entries' PDQs in the worker's memory.

Only the first PDQ of an entry, that of the whole picture, is held: 58 bytes an entry and the
tables of its index. The rows come from the database once, then only what was checked since.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import numpy as np
import numpy.typing as npt

from takeback.fingerprints.pdq import PDQ_BYTES
from takeback.hashlist.events import EntryId
from takeback.hotline.entries.access import pdqs_checked_after
from takeback.hotline.entries.access import still_listed as not_withdrawn
from takeback.hotline.entries.domain import Near
from takeback.matching.index import Codes, PdqIndex

MOST_LOOKED_AT: Final = 1000
"""Nearest entries that are asked after for one PDQ; enough to tell a crowd."""

_AT_ONCE: Final = 20_000
_LEAST_TAIL: Final = 8192
_TAIL_SHARE: Final = 16
_ID: Final = "S26"


class Neighbours:
    """The checked entries of one log; catch up before every search."""

    def __init__(self, log: UUID | None) -> None:
        """Begin with none of the log's entries."""
        self.log = log
        self.seen = -1
        self._ids: npt.NDArray[np.bytes_] = np.empty(0, _ID)
        self._codes: Codes = np.empty((0, PDQ_BYTES), np.uint8)
        self._indexed = 0
        self._main = self._tail = PdqIndex.build(self._codes)

    def catch_up(self) -> None:
        """Take in the entries that were checked since the last time, in any process."""
        ids, codes = [self._ids], [self._codes]
        chunk: list[tuple[str, bytes]] = []
        for entry, pdq, batch in pdqs_checked_after(self.seen):
            self.seen = batch
            chunk.append((entry, pdq))
            if len(chunk) == _AT_ONCE:
                _take(chunk, ids, codes)
        _take(chunk, ids, codes)
        if len(ids) > 1:
            self._ids, self._codes = np.concatenate(ids), np.concatenate(codes)
            self._rebuild()

    def _rebuild(self) -> None:
        """Index what is new beside the rest, and now and then all of it as one."""
        new = len(self._codes) - self._indexed
        if new > max(_LEAST_TAIL, self._indexed // _TAIL_SHARE):
            self._main, self._indexed = PdqIndex.build(self._codes), len(self._codes)
        self._tail = PdqIndex.build(self._codes[self._indexed :])

    def near(self, codes: Sequence[bytes], max_distance: int) -> list[tuple[Near, ...]]:
        """For each PDQ the entries within `max_distance` bits, nearest first, on the list or not.

        The nearest `MOST_LOOKED_AT` of them; see `still_listed`.
        """
        if not codes:
            return []
        found: list[tuple[Near, ...]] = []
        both = zip(
            self._main.search_batch(codes, max_distance),
            self._tail.search_batch(codes, max_distance),
            strict=True,
        )
        for main, tail in both:
            rows = np.concatenate([main.rows, tail.rows + self._indexed])
            distances = np.concatenate([main.distances, tail.distances])
            nearest = np.argsort(distances, kind="stable")[:MOST_LOOKED_AT]
            names = self._ids[rows[nearest]].tolist()
            pairs = zip(names, distances[nearest].tolist(), strict=True)
            found.append(tuple(Near(name.decode(), distance) for name, distance in pairs))
        return found


def still_listed(entries: Iterable[str]) -> set[EntryId]:
    """Which of these entries were not withdrawn."""
    wanted = sorted(set(entries))
    alive: set[EntryId] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        alive |= not_withdrawn(wanted[start : start + _AT_ONCE])
    return alive


_held: dict[str, Neighbours] = {}


def neighbours_in(log: UUID | None, newest: int) -> Neighbours:
    """The index of the log of this mark, caught up to the batch `newest`.

    Call it with the log's row locked, or without to be ready early: what is not committed by then
    is caught up with the next time.
    """
    known = _held.get("log")
    if known is None or known.log != log or known.seen > newest:
        known = _held["log"] = Neighbours(log)
    known.catch_up()
    return known


def _take(
    chunk: list[tuple[str, bytes]], ids: list[npt.NDArray[np.bytes_]], codes: list[Codes]
) -> None:
    if chunk:
        ids.append(np.array([entry for entry, _ in chunk], _ID))
        joined = b"".join(pdq for _, pdq in chunk)
        codes.append(np.frombuffer(joined, np.uint8).reshape(-1, PDQ_BYTES))
        chunk.clear()
