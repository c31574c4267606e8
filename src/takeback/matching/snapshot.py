"""The snapshot: one state of the list in a file that any number of matchers map."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from takeback.matching.digest_table import order_of, rows_of
from takeback.matching.index import PDQ_BYTES, PdqIndex, preferred_order
from takeback.matching.snapshot_file import ForeignSnapshotError, open_arrays, write_arrays
from takeback.signals.lanes import Lane
from takeback.signals.pdq import MAX_QUALITY

ENTRY_CHARACTERS: Final = 26
SHA256_BYTES: Final = 32
MD5_BYTES: Final = 16
LANES: Final = tuple(Lane)  # the byte in the file is the place in this tuple: add only at its end

_MOST_ORIGIN_BYTES: Final = 320
_INDEX_PREFIX: Final = "index."


@dataclass(frozen=True, slots=True)
class ListedPdq:
    """A listed PDQ: 32 bytes in reference order, and its quality, 0–100."""

    code: bytes
    quality: int


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One live entry as a matcher needs it: SHA-256 digests of 32 bytes, MD5 digests of 16.

    MD5 digests are kept in a snapshot only for an entry without SHA-256: two files with one MD5
    can be made (Wang and Yu, "How to break MD5 and other hash functions", 2005).
    """

    entry: str
    lane: Lane
    pdq: tuple[ListedPdq, ...] = ()
    sha256: tuple[bytes, ...] = ()
    md5: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for a field that does not fit the format."""
        if len(self.entry) != ENTRY_CHARACTERS or not self.entry.isascii():
            raise ValueError(f"an entry id has {ENTRY_CHARACTERS} ASCII letters: {self.entry!r}")
        for pdq in self.pdq:
            if len(pdq.code) != PDQ_BYTES or not 0 <= pdq.quality <= MAX_QUALITY:
                raise ValueError(f"entry {self.entry} has a PDQ that is none")
        for digests, length in ((self.sha256, SHA256_BYTES), (self.md5, MD5_BYTES)):
            for digest in digests:
                if len(digest) != length:
                    raise ValueError(
                        f"entry {self.entry} has a digest of {len(digest)} bytes, not {length}"
                    )


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
class ListTables:
    """All live entries as arrays.

    `entry_ids` (entries,) 26 ASCII bytes, ascending; `entry_lane` (entries,) place in `LANES`.
    `pdq` (n, 32), `sha256` (n, 32), `md5` (n, 16) uint8 in any order; `pdq_quality` (n,) 0–100;
    `pdq_entry`, `sha256_entry`, `md5_entry` (n,) uint32: the row of the entry of each.
    """

    entry_ids: npt.NDArray[np.bytes_]
    entry_lane: npt.NDArray[np.uint8]
    pdq: npt.NDArray[np.uint8]
    pdq_quality: npt.NDArray[np.uint8]
    pdq_entry: npt.NDArray[np.uint32]
    sha256: npt.NDArray[np.uint8]
    sha256_entry: npt.NDArray[np.uint32]
    md5: npt.NDArray[np.uint8]
    md5_entry: npt.NDArray[np.uint32]

    def __post_init__(self) -> None:
        """Raise ValueError for arrays that do not fit together."""
        self._check_shapes()
        entries = len(self.entry_ids)
        for owners in (self.pdq_entry, self.sha256_entry, self.md5_entry):
            if owners.size and int(owners.max()) >= entries:
                raise ValueError("a signal belongs to an entry that is not there")
        if np.any(self.entry_ids[1:] <= self.entry_ids[:-1]):
            raise ValueError("entry ids must ascend; an entry stands twice, or out of order")
        if self.pdq_quality.size and int(self.pdq_quality.max()) > MAX_QUALITY:
            raise ValueError(f"a PDQ quality is over {MAX_QUALITY}")
        if self.entry_lane.size and int(self.entry_lane.max()) >= len(LANES):
            raise ValueError("a lane is unknown")

    def _check_shapes(self) -> None:
        entries = len(self.entry_ids)
        columns = [
            (self.entry_ids, f"S{ENTRY_CHARACTERS}", (entries,)),
            (self.entry_lane, "u1", (entries,)),
            (self.pdq, "u1", (len(self.pdq), PDQ_BYTES)),
            (self.pdq_quality, "u1", (len(self.pdq),)),
            (self.pdq_entry, "<u4", (len(self.pdq),)),
            (self.sha256, "u1", (len(self.sha256), SHA256_BYTES)),
            (self.sha256_entry, "<u4", (len(self.sha256),)),
            (self.md5, "u1", (len(self.md5), MD5_BYTES)),
            (self.md5_entry, "<u4", (len(self.md5),)),
        ]
        for field, (array, dtype, shape) in zip(fields(self), columns, strict=True):
            if array.dtype != np.dtype(dtype) or array.shape != shape:
                raise ValueError(f"{field.name} must be {dtype} of shape {shape}")

    @classmethod
    def of(cls, entries: Iterable[ListedEntry]) -> "ListTables":
        """Lay entries out, in whatever order they come; raises ValueError if one comes twice."""
        listed = sorted(entries, key=lambda one: one.entry)
        rows = range(len(listed))
        return cls(
            np.array([one.entry.encode() for one in listed], f"S{ENTRY_CHARACTERS}"),
            np.array([LANES.index(one.lane) for one in listed], np.uint8),
            _joined((pdq.code for one in listed for pdq in one.pdq), PDQ_BYTES),
            np.array([pdq.quality for one in listed for pdq in one.pdq], np.uint8),
            np.repeat(rows, [len(one.pdq) for one in listed]).astype(np.uint32),
            _joined((value for one in listed for value in one.sha256), SHA256_BYTES),
            np.repeat(rows, [len(one.sha256) for one in listed]).astype(np.uint32),
            _joined((value for one in listed for value in one.md5), MD5_BYTES),
            np.repeat(rows, [len(one.md5) for one in listed]).astype(np.uint32),
        )


@dataclass(frozen=True)
class Snapshot:
    """One state of the list, mapped and read-only; `digest` tells its file from any other.

    `tables` hold MD5 digests only of entries without SHA-256.
    """

    source: SnapshotSource
    tables: ListTables
    index: PdqIndex
    digest: bytes
    _sha256_order: npt.NDArray[np.uint64]
    _md5_order: npt.NDArray[np.uint64]

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

    def rows_of_sha256(self, digest: bytes) -> list[int]:
        """Return the rows of the entries that list a SHA-256 digest."""
        tables = self.tables
        found = rows_of(self._sha256_order, tables.sha256, digest)
        return [int(row) for row in tables.sha256_entry[found]]

    def rows_of_md5(self, digest: bytes) -> list[int]:
        """Return the rows of the entries without SHA-256 that list an MD5 digest."""
        tables = self.tables
        found = rows_of(self._md5_order, tables.md5, digest)
        return [int(row) for row in tables.md5_entry[found]]


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
    md5_kept = _of_entries_without_sha256(tables)
    arrays = {field.name: getattr(tables, field.name) for field in fields(tables)}
    arrays["md5"], arrays["md5_entry"] = tables.md5[md5_kept], tables.md5_entry[md5_kept]
    arrays["sha256_order"] = order_of(arrays["sha256"])
    arrays["md5_order"] = order_of(arrays["md5"])
    order = preferred_order(tables.pdq)
    if order is not None:
        for name in ("pdq", "pdq_quality", "pdq_entry"):
            arrays[name] = arrays[name][order]
    index = PdqIndex.build(arrays["pdq"], threads=threads)
    arrays |= {f"{_INDEX_PREFIX}{name}": table for name, table in index.tables.items()}
    about: dict[str, str | int] = {
        "origin": source.origin,
        "checkpoint_size": source.checkpoint_size,
        "root_hash": source.root_hash.hex(),
    }
    write_arrays(path, about, {name: np.ascontiguousarray(one) for name, one in arrays.items()})


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
        tables = _Mapped(*(file.arrays[field.name] for field in fields(ListTables)))
        index_tables = {
            name.removeprefix(_INDEX_PREFIX): array
            for name, array in file.arrays.items()
            if name.startswith(_INDEX_PREFIX)
        }
        return Snapshot(
            source,
            tables,
            PdqIndex.attach(tables.pdq, index_tables),
            file.digest,
            file.arrays["sha256_order"],
            file.arrays["md5_order"],
        )
    except (KeyError, ValueError) as error:
        raise ForeignSnapshotError(
            f"{path} holds other tables than this program reads. Run `takeback gate sync`."
        ) from error


class _Mapped(ListTables):
    """Tables that were checked when they were written, and whose checksums are right."""

    def __post_init__(self) -> None:
        """Look at no row: that would read the whole file."""
        self._check_shapes()


def _joined(values: Iterable[bytes], length: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, length)


def _of_entries_without_sha256(tables: ListTables) -> npt.NDArray[Any]:
    with_sha256 = np.zeros(len(tables.entry_ids), np.bool_)
    with_sha256[tables.sha256_entry] = True
    return ~with_sha256[tables.md5_entry]
