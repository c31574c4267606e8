"""The list as a matcher sees it at one checkpoint: a mapped snapshot and what changed since.

Changes are taken in while other threads match. So nothing that a thread may be reading is ever
changed: rows are only added, and a row that dies is noted with the number of the step in which
it died. A state of the list is a number of rows and the number of a step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from takeback.matching.delta_file import DeltaStep
from takeback.matching.index import PDQ_BYTES, BatchHits, PdqIndex
from takeback.matching.snapshot import LANES, ListedEntry, Snapshot, SnapshotSource

_FIRST_CAPACITY = 64


class ListPart(Protocol):
    """Some of the entries of a list, a row each, and their listed PDQs; `is_alive` says which
    rows count."""

    @property
    def entry_lane(self) -> npt.NDArray[np.uint8]:
        """Place in `LANES` of the lane of each entry; (rows,)."""

    @property
    def pdq_entry(self) -> npt.NDArray[np.uint32]:
        """Row of the entry of each listed PDQ; (n,)."""

    @property
    def pdq_quality(self) -> npt.NDArray[np.uint8]:
        """Quality of each listed PDQ, 0–100; (n,)."""

    def is_alive(self, row: int) -> bool:
        """Say whether the entry in a row is on the list."""

    def entry_of(self, row: int) -> str:
        """Return the id of the entry in a row."""

    def rows_of_sha256(self, digest: bytes) -> Sequence[int]:
        """Return the rows, dead ones among them, that list a SHA-256 digest."""

    def rows_of_md5(self, digest: bytes) -> Sequence[int]:
        """Return the rows without SHA-256, dead ones among them, that list an MD5 digest."""

    def search(self, queries: Sequence[bytes], max_distance: int) -> BatchHits:
        """Return, for each query, the places of the listed PDQs within the distance."""


@dataclass(frozen=True, slots=True)
class MatchList:
    """All entries alive at one checkpoint.

    `has_md5`: whether an MD5 can match at all.
    """

    source: SnapshotSource
    entries: int
    has_md5: bool
    parts: tuple[ListPart, ...]


class GrowingList:
    """A snapshot that takes in the steps of its delta. One thread at a time may call it; what
    `state` has returned before stays as it was, for any thread."""

    def __init__(self, base: Snapshot) -> None:
        self._base = base
        self._source = base.source
        self._entries = base.entries
        self._step = 0
        self._died_in_base: dict[int, int] = {}
        self._added = _AddedRows()

    def take(self, step: DeltaStep) -> None:
        """Take in the next step; raises DamagedSnapshotError if it makes no sense."""
        changes = dict(step.changes())
        self._step += 1
        for entry in changes:
            self._drop(entry)
        added = [now for now in changes.values() if now is not None]
        self._added.extend(added)
        self._entries += len(added)
        self._source = SnapshotSource(self._source.origin, step.checkpoint_size, step.root_hash)

    def state(self) -> MatchList:
        """Return the list after the last step."""
        base = _BasePart(self._base, self._died_in_base, self._step)
        if not self._step:
            parts: tuple[ListPart, ...] = (base,)
        else:
            parts = (base, self._added.part(self._step))
        has_md5 = len(self._base.tables.md5) > 0 or bool(self._added.md5)
        return MatchList(self._source, self._entries, has_md5, parts)

    def _drop(self, entry: str) -> None:
        if self._added.drop(entry, self._step):
            self._entries -= 1
            return
        row = self._base.row_of(entry)
        if row is not None and row not in self._died_in_base:
            self._died_in_base[row] = self._step
            self._entries -= 1


@dataclass(frozen=True, slots=True)
class _BasePart:
    """The rows of the mapped snapshot, without those that died up to a step."""

    _snapshot: Snapshot
    _died: dict[int, int]
    _step: int

    @property
    def entry_lane(self) -> npt.NDArray[np.uint8]:
        return self._snapshot.tables.entry_lane

    @property
    def pdq_entry(self) -> npt.NDArray[np.uint32]:
        return self._snapshot.tables.pdq_entry

    @property
    def pdq_quality(self) -> npt.NDArray[np.uint8]:
        return self._snapshot.tables.pdq_quality

    def is_alive(self, row: int) -> bool:
        died = self._died.get(row)
        return died is None or died > self._step

    def entry_of(self, row: int) -> str:
        return self._snapshot.entry_of(row)

    def rows_of_sha256(self, digest: bytes) -> list[int]:
        return self._snapshot.rows_of_sha256(digest)

    def rows_of_md5(self, digest: bytes) -> list[int]:
        return self._snapshot.rows_of_md5(digest)

    def search(self, queries: Sequence[bytes], max_distance: int) -> BatchHits:
        return self._snapshot.index.search_flat(queries, max_distance)


class _AddedRows:
    """Entries added by a delta, in the order they came; a row is never changed."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.died: dict[int, int] = {}
        self.sha256: dict[bytes, tuple[int, ...]] = {}
        self.md5: dict[bytes, tuple[int, ...]] = {}
        self._row_of: dict[str, int] = {}
        self._lane = _Column(np.empty(_FIRST_CAPACITY, np.uint8))
        self._pdq = _Column(np.empty((_FIRST_CAPACITY, PDQ_BYTES), np.uint8))
        self._pdq_entry = _Column(np.empty(_FIRST_CAPACITY, np.uint32))
        self._pdq_quality = _Column(np.empty(_FIRST_CAPACITY, np.uint8))

    def extend(self, listed: Sequence[ListedEntry]) -> None:
        first = len(self.ids)
        for row, one in enumerate(listed, first):
            self._row_of[one.entry] = row
            for digest in set(one.sha256):
                self.sha256[digest] = (*self.sha256.get(digest, ()), row)
            # As in a snapshot: two files with one MD5 can be made.
            for digest in set(one.md5) if not one.sha256 else ():
                self.md5[digest] = (*self.md5.get(digest, ()), row)
        pdqs = [pdq for one in listed for pdq in one.pdq]
        self.ids.extend(one.entry for one in listed)
        self._lane.extend(np.array([LANES.index(one.lane) for one in listed], np.uint8))
        codes = b"".join(pdq.code for pdq in pdqs)
        self._pdq.extend(np.frombuffer(codes, np.uint8).reshape(-1, PDQ_BYTES))
        self._pdq_quality.extend(np.array([pdq.quality for pdq in pdqs], np.uint8))
        rows = np.arange(first, len(self.ids), dtype=np.uint32)
        self._pdq_entry.extend(np.repeat(rows, [len(one.pdq) for one in listed]))

    def drop(self, entry: str, step: int) -> bool:
        row = self._row_of.pop(entry, None)
        if row is None:
            return False
        self.died[row] = step
        return True

    def part(self, step: int) -> "_AddedPart":
        # Without tables: so few are compared one by one, and nothing is built at every step.
        index = PdqIndex.attach(self._pdq.filled(), {})
        columns = (self._lane.filled(), self._pdq_entry.filled(), self._pdq_quality.filled())
        return _AddedPart(self, step, index, *columns)


@dataclass(frozen=True, slots=True)
class _AddedPart:
    """The added rows as they were after a step."""

    _added: _AddedRows
    _step: int
    _index: PdqIndex
    entry_lane: npt.NDArray[np.uint8]
    pdq_entry: npt.NDArray[np.uint32]
    pdq_quality: npt.NDArray[np.uint8]

    def search(self, queries: Sequence[bytes], max_distance: int) -> BatchHits:
        return self._index.search_flat(queries, max_distance)

    def is_alive(self, row: int) -> bool:
        died = self._added.died.get(row)
        return died is None or died > self._step

    def entry_of(self, row: int) -> str:
        return self._added.ids[row]

    def rows_of_sha256(self, digest: bytes) -> list[int]:
        return self._known(self._added.sha256.get(digest, ()))

    def rows_of_md5(self, digest: bytes) -> list[int]:
        return self._known(self._added.md5.get(digest, ()))

    def _known(self, rows: tuple[int, ...]) -> list[int]:
        return [row for row in rows if row < len(self.entry_lane)]


class _Column:
    """An array that grows at its end; what `filled` has returned is never written to again."""

    def __init__(self, room: npt.NDArray[Any]) -> None:
        self._room = room
        self._used = 0

    def extend(self, values: npt.NDArray[Any]) -> None:
        used = self._used + len(values)
        if used > len(self._room):
            wider = np.empty((2 * used, *self._room.shape[1:]), self._room.dtype)
            wider[: self._used] = self._room[: self._used]
            self._room = wider
        self._room[self._used : used] = values
        self._used = used

    def filled(self) -> npt.NDArray[Any]:
        view = self._room[: self._used]
        view.flags.writeable = False
        return view
