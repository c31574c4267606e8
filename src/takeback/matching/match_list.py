"""The list as a matcher sees it at one checkpoint: a mapped snapshot and what changed since.

Changes are taken in while other threads match. So nothing that a thread may be reading is ever
changed: rows are only added, and a row that dies is noted with the number of the step in which
it died. A state of the list is a number of rows and the number of a step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from takeback.matching.delta_file import DeltaStep
from takeback.matching.index import PdqIndex
from takeback.matching.snapshot import (
    LANES,
    ListedEntry,
    SignalTable,
    Snapshot,
    SnapshotSource,
    joined,
)
from takeback.signals.kinds import SignalKind, exact_kinds, near_kinds

_FIRST_CAPACITY = 64
_EXACT = exact_kinds()


@dataclass(frozen=True, slots=True)
class NearSignals:
    """The listed signals of a kind that matches within a distance, and their index."""

    table: SignalTable
    index: PdqIndex


class ListPart(Protocol):
    """Some of the entries of a list, a row each, and their signals; `is_alive` says which rows
    count."""

    @property
    def entry_lane(self) -> npt.NDArray[np.uint8]:
        """Place in `LANES` of the lane of each entry; (rows,)."""

    @property
    def near(self) -> Mapping[str, NearSignals]:
        """Each kind that matches within a distance, by its name, if any entry has it."""

    def is_alive(self, row: int) -> bool:
        """Say whether the entry in a row is on the list."""

    def entry_of(self, row: int) -> str:
        """Return the id of the entry in a row."""

    def rows_of(self, kind: str, value: bytes) -> Sequence[int]:
        """Return the rows, dead ones among them, that list a value of a kind that has to be equal.

        An entry that has the kind to which this one yields is not found by it.
        """


@dataclass(frozen=True, slots=True)
class MatchList:
    """All entries alive at one checkpoint.

    `kinds`: names of the kinds of fingerprint that can match at all.
    """

    source: SnapshotSource
    entries: int
    kinds: frozenset[str]
    parts: tuple[ListPart, ...]


class GrowingList:
    """A snapshot that takes in the steps of its delta. One thread at a time may call it; what
    `state` has returned before stays as it was, for any thread."""

    def __init__(self, base: Snapshot) -> None:
        self._base = base
        self._near = {
            name: NearSignals(base.tables.signals[name], index)
            for name, index in base.indexes.items()
        }
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
        base = _BasePart(self._base, self._near, self._died_in_base, self._step)
        if not self._step:
            parts: tuple[ListPart, ...] = (base,)
        else:
            parts = (base, self._added.part(self._step))
        kinds = frozenset(self._base.tables.signals) | self._added.kinds
        return MatchList(self._source, self._entries, kinds, parts)

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
    near: Mapping[str, NearSignals]
    _died: dict[int, int]
    _step: int

    @property
    def entry_lane(self) -> npt.NDArray[np.uint8]:
        return self._snapshot.tables.entry_lane

    def is_alive(self, row: int) -> bool:
        died = self._died.get(row)
        return died is None or died > self._step

    def entry_of(self, row: int) -> str:
        return self._snapshot.entry_of(row)

    def rows_of(self, kind: str, value: bytes) -> list[int]:
        return self._snapshot.rows_of(kind, value)


class _AddedRows:
    """Entries added by a delta, in the order they came; a row is never changed."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.died: dict[int, int] = {}
        self.rows_of: dict[str, dict[bytes, tuple[int, ...]]] = {kind.name: {} for kind in _EXACT}
        self._row_of: dict[str, int] = {}
        self._lane = _Column(np.empty(_FIRST_CAPACITY, np.uint8))
        self._near = [_NearColumns(kind) for kind in near_kinds()]

    @property
    def kinds(self) -> frozenset[str]:
        """Names of the kinds that any of the entries has, alive or not."""
        near = (columns.kind.name for columns in self._near if columns.rows)
        return frozenset((*near, *(name for name, rows in self.rows_of.items() if rows)))

    def extend(self, listed: Sequence[ListedEntry]) -> None:
        first = len(self.ids)
        signals = [entry.by_kind for entry in listed]
        for row, (entry, by_kind) in enumerate(zip(listed, signals, strict=True), first):
            self._row_of[entry.entry] = row
            for kind in _EXACT:
                # As in a snapshot: a kind counts only without the kind that it yields to.
                if kind.name in by_kind and kind.yields_to not in by_kind:
                    self._note(kind, by_kind[kind.name], row)
        self.ids.extend(entry.entry for entry in listed)
        self._lane.extend(np.array([LANES.index(entry.lane) for entry in listed], np.uint8))
        for columns in self._near:
            columns.extend(signals, first)

    def _note(self, kind: SignalKind, together: bytes, row: int) -> None:
        rows_of, width = self.rows_of[kind.name], kind.packed_bytes
        starts = range(0, len(together), width)
        for value in {together[start : start + kind.value_bytes] for start in starts}:
            rows_of[value] = (*rows_of.get(value, ()), row)

    def drop(self, entry: str, step: int) -> bool:
        row = self._row_of.pop(entry, None)
        if row is None:
            return False
        self.died[row] = step
        return True

    def part(self, step: int) -> "_AddedPart":
        near = {columns.kind.name: columns.filled() for columns in self._near if columns.rows}
        return _AddedPart(self, step, self._lane.filled(), near)


class _NearColumns:
    """The signals, among the added rows, of one kind that matches within a distance."""

    def __init__(self, kind: SignalKind) -> None:
        self.kind = kind
        self.rows = 0
        nothing = np.empty((_FIRST_CAPACITY, kind.packed_bytes), np.uint8)
        table = SignalTable.of(kind, nothing, np.empty(_FIRST_CAPACITY, np.uint32))
        self._values, self._entry = _Column(table.values), _Column(table.entry)
        self._numbers = [_Column(room) for room in table.numbers]

    def extend(self, signals: Sequence[Mapping[str, bytes]], first: int) -> None:
        """Add the signals of entries in rows from `first` on, given by kind."""
        parts = [by_kind.get(self.kind.name, b"") for by_kind in signals]
        packed = joined(parts, self.kind.packed_bytes)
        rows = np.arange(first, first + len(parts), dtype=np.uint32)
        counts = [len(part) // self.kind.packed_bytes for part in parts]
        table = SignalTable.of(self.kind, packed, np.repeat(rows, counts))
        self._values.extend(table.values)
        self._entry.extend(table.entry)
        for column, numbers in zip(self._numbers, table.numbers, strict=True):
            column.extend(numbers)
        self.rows += len(packed)

    def filled(self) -> NearSignals:
        numbers = tuple(column.filled() for column in self._numbers)
        table = SignalTable(self._values.filled(), self._entry.filled(), numbers)
        # Without tables: so few are compared one by one, and nothing is built at every step.
        return NearSignals(table, PdqIndex.attach(table.values, {}))


@dataclass(frozen=True, slots=True)
class _AddedPart:
    """The added rows as they were after a step."""

    _added: _AddedRows
    _step: int
    entry_lane: npt.NDArray[np.uint8]
    near: Mapping[str, NearSignals]

    def is_alive(self, row: int) -> bool:
        died = self._added.died.get(row)
        return died is None or died > self._step

    def entry_of(self, row: int) -> str:
        return self._added.ids[row]

    def rows_of(self, kind: str, value: bytes) -> list[int]:
        rows = self._added.rows_of[kind].get(value, ())
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
