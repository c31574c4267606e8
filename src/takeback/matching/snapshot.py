"""The snapshot: one state of the list in a file that any number of matchers map."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from takeback.matching.digest_table import order_of, rows_of
from takeback.matching.index import PdqIndex, preferred_order
from takeback.matching.snapshot_file import (
    ArrayFile,
    ForeignSnapshotError,
    open_arrays,
    write_arrays,
)
from takeback.signals.kinds import KINDS, Search, SignalKind
from takeback.signals.lanes import Lane
from takeback.signals.packing import NOTHING, ListedSignal, pack_listed, split

ENTRY_CHARACTERS: Final = 26
LANES: Final = tuple(Lane)  # the byte in the file is the place in this tuple: add only at its end

_MOST_ORIGIN_BYTES: Final = 320
_INDEX_PREFIX: Final = "index."


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One live entry as a matcher needs it.

    `packed`: its signals, as `takeback.signals.packing` describes. `by_kind`: the same, those of
    each kind that the entry has one behind the other.
    """

    entry: str
    lane: Lane
    packed: bytes = NOTHING
    by_kind: dict[str, bytes] = field(init=False, compare=False, repr=False)

    @classmethod
    def of(cls, entry: str, lane: Lane, signals: Iterable[ListedSignal]) -> "ListedEntry":
        """Make one of signals; raises ValueError for one that does not fit its kind."""
        return cls(entry, lane, pack_listed(signals))

    def __post_init__(self) -> None:
        """Raise ValueError for a field that does not fit the format."""
        if len(self.entry) != ENTRY_CHARACTERS or not self.entry.isascii():
            raise ValueError(f"an entry id has {ENTRY_CHARACTERS} ASCII letters: {self.entry!r}")
        object.__setattr__(self, "by_kind", split(self.packed))


@dataclass(frozen=True, slots=True)
class SnapshotSource:
    """Which state of which log a snapshot holds."""

    origin: str
    checkpoint_size: int
    root_hash: bytes

    def __post_init__(self) -> None:
        """Raise ValueError for a field that does not fit the format."""
        if not 0 < len(self.origin.encode("utf-8")) <= _MOST_ORIGIN_BYTES:
            raise ValueError(f"the origin must have 1 to {_MOST_ORIGIN_BYTES} bytes")
        if len(self.root_hash) != hashlib.sha256().digest_size:
            raise ValueError("the root hash must have 32 bytes")


@dataclass(frozen=True, slots=True)
class SignalTable:
    """All signals of one kind, in any order.

    `values` (n, bytes of a value) uint8; `entry` (n,) uint32: the row of the entry of each;
    `numbers`: for each number of the kind an array (n,), unsigned, as wide as it is packed.
    """

    values: npt.NDArray[np.uint8]
    entry: npt.NDArray[np.uint32]
    numbers: tuple[npt.NDArray[Any], ...] = ()

    @classmethod
    def of(
        cls,
        kind: SignalKind,
        packed: npt.NDArray[np.uint8],
        entry: npt.NDArray[np.uint32],
    ) -> "SignalTable":
        """Lay packed signals, uint8 of shape (n, `kind.packed_bytes`), out as columns."""
        numbers = []
        place = kind.value_bytes
        for number in kind.numbers:
            end = place + number.packed_bytes
            column = np.ascontiguousarray(packed[:, place:end])
            numbers.append(column.view(f"<u{number.packed_bytes}")[:, 0])
            place = end
        values = np.ascontiguousarray(packed[:, : kind.value_bytes])
        return cls(values, entry, tuple(numbers))

    def columns(self, kind: SignalKind) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays by the names they have in a file."""
        names = [number.name for number in kind.numbers]
        named = dict(zip(names, self.numbers, strict=True))
        return {"value": self.values, "entry": self.entry, **named}

    def check_shapes(self, kind: SignalKind) -> None:
        """Raise ValueError for arrays that do not fit the kind, or one another."""
        rows = len(self.values)
        columns: list[tuple[str, npt.NDArray[Any], str, tuple[int, ...]]] = [
            ("value", self.values, "u1", (rows, kind.value_bytes)),
            ("entry", self.entry, "<u4", (rows,)),
        ]
        for number, array in zip(kind.numbers, self.numbers, strict=True):
            columns.append((number.name, array, f"<u{number.packed_bytes}", (rows,)))
        for name, array, dtype, shape in columns:
            if array.dtype != np.dtype(dtype) or array.shape != shape:
                raise ValueError(f"{kind.name}.{name} must be {dtype} of shape {shape}")

    def check_ranges(self, kind: SignalKind, entries: int) -> None:
        """Raise ValueError for a number out of its range, or an entry that is not there."""
        if self.entry.size and int(self.entry.max()) >= entries:
            raise ValueError("a signal belongs to an entry that is not there")
        for number, array in zip(kind.numbers, self.numbers, strict=True):
            if (
                array.size
                and not number.least <= int(array.min()) <= int(array.max()) <= number.most
            ):
                raise ValueError(
                    f"a {kind.name} has a {number.name} that is not from "
                    f"{number.least} to {number.most}"
                )


@dataclass(frozen=True, slots=True)
class ListTables:
    """All live entries as arrays.

    `entry_ids` (entries,) 26 ASCII bytes, ascending; `entry_lane` (entries,) place in `LANES`;
    `signals`: the table of each kind that any entry has, by the kind's name.
    """

    entry_ids: npt.NDArray[np.bytes_]
    entry_lane: npt.NDArray[np.uint8]
    signals: Mapping[str, SignalTable]

    def __post_init__(self) -> None:
        """Raise ValueError for arrays that do not fit together."""
        self._check_shapes()
        for kind, table in self.by_kind():
            table.check_ranges(kind, len(self.entry_ids))
        if np.any(self.entry_ids[1:] <= self.entry_ids[:-1]):
            raise ValueError("entry ids must ascend; an entry stands twice, or out of order")
        if self.entry_lane.size and int(self.entry_lane.max()) >= len(LANES):
            raise ValueError("a lane is unknown")

    def by_kind(self) -> Iterator[tuple[SignalKind, SignalTable]]:
        """Yield each kind that any entry has, in the order of `KINDS`."""
        for kind in KINDS:
            if kind.name in self.signals:
                yield kind, self.signals[kind.name]

    def _check_shapes(self) -> None:
        entries = len(self.entry_ids)
        for name, array, dtype in (
            ("entry_ids", self.entry_ids, f"S{ENTRY_CHARACTERS}"),
            ("entry_lane", self.entry_lane, "u1"),
        ):
            if array.dtype != np.dtype(dtype) or array.shape != (entries,):
                raise ValueError(f"{name} must be {dtype} of shape {(entries,)}")
        if not self.signals.keys() <= {kind.name for kind in KINDS}:
            raise ValueError("there are signals of a kind that does not exist")
        for kind, table in self.by_kind():
            table.check_shapes(kind)

    @classmethod
    def of(cls, entries: Iterable[ListedEntry]) -> "ListTables":
        """Lay entries out, in whatever order they come; raises ValueError if one comes twice."""
        listed = sorted(entries, key=lambda entry: entry.entry)
        parts: dict[str, list[bytes]] = {}
        owners: dict[str, list[int]] = {}
        for row, entry in enumerate(listed):
            for name, together in entry.by_kind.items():
                parts.setdefault(name, []).append(together)
                owners.setdefault(name, []).append(row)
        signals = {}
        for kind in KINDS:
            if kind.name in parts:
                packed = joined(parts[kind.name], kind.packed_bytes)
                counts = [len(part) // kind.packed_bytes for part in parts[kind.name]]
                entry_rows = np.repeat(np.array(owners[kind.name], np.uint32), counts)
                signals[kind.name] = SignalTable.of(kind, packed, entry_rows)
        return cls(
            np.array([entry.entry.encode() for entry in listed], f"S{ENTRY_CHARACTERS}"),
            np.array([LANES.index(entry.lane) for entry in listed], np.uint8),
            signals,
        )


def joined(parts: Iterable[bytes], width: int) -> npt.NDArray[np.uint8]:
    """Return packed signals of `width` bytes each as uint8 of shape (n, width)."""
    return np.frombuffer(b"".join(parts), np.uint8).reshape(-1, width)


@dataclass(frozen=True)
class Snapshot:
    """One state of the list, mapped and read-only; `digest` tells its file from any other.

    A kind that yields to another is in `tables` only for entries without that. `indexes`: of each
    kind of which some bits may differ; `orders`: of each that has to be equal (docs/matching.md).
    `all_kinds`: whether the program that wrote it knew all kinds that this one knows.
    """

    source: SnapshotSource
    tables: ListTables
    indexes: Mapping[str, PdqIndex]
    orders: Mapping[str, npt.NDArray[np.uint64]]
    digest: bytes
    all_kinds: bool

    @property
    def entries(self) -> int:
        """How many entries are alive."""
        return len(self.tables.entry_ids)

    def row_of(self, entry: str) -> int | None:
        """Return the row of an entry, None if it is not in the snapshot."""
        name = entry.encode("ascii")
        row = int(np.searchsorted(self.tables.entry_ids, np.bytes_(name)))
        if row < self.entries and bytes(self.tables.entry_ids[row]) == name:
            return row
        return None

    def entry_of(self, row: int) -> str:
        """Return the id of the entry in a row."""
        return bytes(self.tables.entry_ids[row]).decode("ascii")

    def rows_of(self, kind: str, value: bytes) -> list[int]:
        """Return the rows of the entries that list a value of a kind that has to be equal."""
        order = self.orders.get(kind)
        if order is None:
            return []
        table = self.tables.signals[kind]
        return [int(row) for row in table.entry[rows_of(order, table.values, value)]]


def write_snapshot(
    path: Path,
    source: SnapshotSource,
    entries: ListTables | Iterable[ListedEntry],
    *,
    threads: int = 1,
) -> None:
    """Write a snapshot so that `path` holds either the old file or the whole new one, even when
    the machine stops halfway.

    The same state gives the same bytes, in whatever order the entries come. `threads`: for
    building the index. Raises ValueError for a field that does not fit the format and OSError if
    the disk refuses.
    """
    tables = entries if isinstance(entries, ListTables) else ListTables.of(entries)
    arrays: dict[str, npt.NDArray[Any]] = {
        "entry_ids": tables.entry_ids,
        "entry_lane": tables.entry_lane,
    }
    for kind, listed in tables.by_kind():
        table = _without_yielding(tables, kind, listed)
        columns = table.columns(kind)
        if not len(table.values):
            continue
        if kind.search is Search.EXACT:
            columns["order"] = order_of(table.values)
        elif kind.search is Search.NEAR_256:
            order = preferred_order(table.values)
            if order is not None:
                columns = {name: array[order] for name, array in columns.items()}
            index = PdqIndex.build(columns["value"], threads=threads)
            columns |= {f"{_INDEX_PREFIX}{name}": part for name, part in index.tables.items()}
        arrays |= {f"{kind.name}.{name}": array for name, array in columns.items()}
    about: dict[str, str | int] = {
        "origin": source.origin,
        "checkpoint_size": source.checkpoint_size,
        "root_hash": source.root_hash.hex(),
        "kinds": _kinds_known(),
    }
    write_arrays(path, about, {name: np.ascontiguousarray(array) for name, array in arrays.items()})


def open_snapshot(path: Path) -> Snapshot:
    """Check a snapshot from its first byte to its last, unless a stamp says that it was checked
    and has not changed since, and map it, read-only.

    Raises ForeignSnapshotError or DamagedSnapshotError, FileNotFoundError if there is none.
    """
    file = open_arrays(path)
    try:
        source = SnapshotSource(
            str(file.about["origin"]),
            int(file.about["checkpoint_size"]),
            bytes.fromhex(str(file.about["root_hash"])),
        )
        return _taken_up(source, file)
    except (KeyError, ValueError) as error:
        raise ForeignSnapshotError(f"{path} holds other tables than this program reads.") from error


class _Mapped(ListTables):
    """Tables that were checked when they were written, and whose checksums are right."""

    def __post_init__(self) -> None:
        """Look at no row: that would read the whole file."""
        self._check_shapes()


def _taken_up(source: SnapshotSource, file: ArrayFile) -> Snapshot:
    arrays = dict(file.arrays)
    entry_ids, entry_lane = arrays.pop("entry_ids"), arrays.pop("entry_lane")
    signals, indexes, orders = {}, {}, {}
    for kind in KINDS:
        prefix = f"{kind.name}."
        columns = {
            name.removeprefix(prefix): arrays.pop(name)
            for name in file.arrays
            if name.startswith(prefix)
        }
        if not columns:
            continue
        numbers = tuple(columns.pop(number.name) for number in kind.numbers)
        table = SignalTable(columns.pop("value"), columns.pop("entry"), numbers)
        signals[kind.name] = table
        table.check_shapes(kind)
        if kind.search is Search.EXACT:
            orders[kind.name] = columns.pop("order")
        elif kind.search is Search.NEAR_256:
            kept = {name.removeprefix(_INDEX_PREFIX): part for name, part in columns.items()}
            indexes[kind.name] = PdqIndex.attach(table.values, kept)
    if arrays:
        raise ValueError(f"there are arrays of what this program does not know: {min(arrays)}")
    tables = _Mapped(entry_ids, entry_lane, signals)
    all_kinds = file.about["kinds"] == _kinds_known()
    return Snapshot(source, tables, indexes, orders, file.digest, all_kinds)


def _kinds_known() -> str:
    return " ".join(kind.name for kind in KINDS)


def _without_yielding(tables: ListTables, kind: SignalKind, table: SignalTable) -> SignalTable:
    """Leave out the signals of entries that have a signal of the kind that this one yields to."""
    stronger = tables.signals.get(kind.yields_to) if kind.yields_to is not None else None
    if stronger is None:
        return table
    with_stronger = np.zeros(len(tables.entry_ids), np.bool_)
    with_stronger[stronger.entry] = True
    kept = ~with_stronger[table.entry]
    numbers = tuple(array[kept] for array in table.numbers)
    return SignalTable(table.values[kept], table.entry[kept], numbers)
