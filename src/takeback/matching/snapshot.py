"""The snapshot file: one state of the list, laid out so that a matcher maps it into memory.

Little-endian. A header of 448 bytes, then tables that each start at a multiple of 64 bytes, then
SHA-256 over all that stands before it. docs/gate.md describes every field.
"""

import hashlib
import mmap
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from takeback.matching.index import PDQ_BYTES, PDQ_WORDS, columns_of
from takeback.matching.policy import MAX_QUALITY, Lane

MAGIC = b"TAKEBACK"
VERSION = 1
_ORIGIN_BYTES = 320
# magic, version, spare, checkpoint size, rows of: entries, pdq, sha256, md5; root hash; origin.
_HEADER = struct.Struct(f"<8sII5Q32s{_ORIGIN_BYTES}s")
_HEADER_BYTES = 448
_ALIGNMENT = 64
_CHECKSUM_BYTES = hashlib.sha256().digest_size
_ENTRY_CHARACTERS = 26
_SHA256_BYTES = 32
_MD5_BYTES = 16
_LANES = tuple(Lane)  # the byte in the file is the place in this tuple: add only at its end


class SnapshotError(Exception):
    """A snapshot can't be used; the message says what to do. Nothing of it was mapped."""


class ForeignSnapshotError(SnapshotError):
    """The file is no snapshot, or of a version that this program does not know."""


class DamagedSnapshotError(SnapshotError):
    """The file is shortened or altered."""


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


@dataclass(frozen=True, slots=True)
class SnapshotSource:
    """Which state of which log a snapshot holds."""

    origin: str
    checkpoint_size: int
    root_hash: bytes


@dataclass(frozen=True)
class Snapshot:
    """The tables of a snapshot, read-only.

    `pdq_columns` (4, pdq rows) words; `pdq_quality`, `pdq_entry` (pdq rows,): quality and row of
    the entry. `entry_ids` (entries,) 26 ASCII bytes, ascending; `entry_lane` (entries,) place in
    `Lane`. `sha256`/`md5` digests ascending, `sha256_entry`/`md5_entry` rows of their entries;
    MD5 only of entries without SHA-256.
    """

    source: SnapshotSource
    entry_ids: npt.NDArray[np.bytes_]
    entry_lane: npt.NDArray[np.uint8]
    pdq_columns: npt.NDArray[np.uint64]
    pdq_quality: npt.NDArray[np.uint8]
    pdq_entry: npt.NDArray[np.uint32]
    sha256: npt.NDArray[np.void]
    sha256_entry: npt.NDArray[np.uint32]
    md5: npt.NDArray[np.void]
    md5_entry: npt.NDArray[np.uint32]

    @property
    def entries(self) -> int:
        """How many entries are alive."""
        return len(self.entry_ids)

    def lane_of(self, row: int) -> Lane:
        """Return the lane of the entry in a row."""
        return _LANES[int(self.entry_lane[row])]

    def entry_of(self, row: int) -> str:
        """Return the id of the entry in a row."""
        return bytes(self.entry_ids[row]).decode("ascii")


def write_snapshot(path: Path, source: SnapshotSource, entries: Iterable[ListedEntry]) -> None:
    """Write a snapshot so that `path` holds either the old file or the whole new one, even when
    the machine stops halfway.

    The same state gives the same bytes, in whatever order the entries come. Raises ValueError for
    a field that does not fit the format and OSError if the disk refuses.
    """
    tables = _tables_of(sorted(entries, key=lambda listed: listed.entry))
    header = _header_of(source, tables)
    beginning = path.with_name(f".{path.name}.{os.getpid()}.partial")
    checksum = hashlib.sha256()
    try:
        with beginning.open("wb") as file:
            for part in (header, *(array.tobytes() for array in tables)):
                padded = part + bytes(-len(part) % _ALIGNMENT)
                checksum.update(padded)
                file.write(padded)
            file.write(checksum.digest())
            file.flush()
            os.fsync(file.fileno())
        beginning.replace(path)
    finally:
        beginning.unlink(missing_ok=True)
    sync_directory(path.parent)


def open_snapshot(path: Path) -> Snapshot:
    """Check a snapshot from its first byte to its last and map it, read-only.

    Raises ForeignSnapshotError or DamagedSnapshotError, FileNotFoundError if there is none.
    """
    with path.open("rb") as file:
        length = os.fstat(file.fileno()).st_size
        if length == 0:
            raise DamagedSnapshotError(_damaged(path, "it is empty"))
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        header = _checked_header(path, mapped)
    except SnapshotError:
        mapped.close()
        raise
    return _mapped_tables(mapped, header)


def sync_directory(directory: Path) -> None:
    """Make renames in a directory last through a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class _Header:
    source: SnapshotSource
    entries: int
    pdq: int
    sha256: int
    md5: int

    def layout(self) -> list[tuple[np.dtype[Any], tuple[int, ...]]]:
        """Type and shape of every table in the order of the file."""
        word, number = np.dtype("<u8"), np.dtype("<u4")
        return [
            (np.dtype(f"S{_ENTRY_CHARACTERS}"), (self.entries,)),
            (np.dtype("u1"), (self.entries,)),
            (word, (PDQ_WORDS, self.pdq)),
            (np.dtype("u1"), (self.pdq,)),
            (number, (self.pdq,)),
            (np.dtype(f"V{_SHA256_BYTES}"), (self.sha256,)),
            (number, (self.sha256,)),
            (np.dtype(f"V{_MD5_BYTES}"), (self.md5,)),
            (number, (self.md5,)),
        ]

    def file_bytes(self) -> int:
        """Length of the whole file."""
        tables = sum(_padded(_table_bytes(*table)) for table in self.layout())
        return _HEADER_BYTES + tables + _CHECKSUM_BYTES


def _tables_of(entries: list[ListedEntry]) -> list[npt.NDArray[Any]]:
    ids, codes, qualities = bytearray(), bytearray(), bytearray()
    lanes = bytearray(_LANES.index(listed.lane) for listed in entries)
    pdq_rows: list[int] = []
    sha256: list[tuple[bytes, int]] = []
    md5: list[tuple[bytes, int]] = []
    previous = ""
    for row, listed in enumerate(entries):
        if len(listed.entry) != _ENTRY_CHARACTERS or not listed.entry.isascii():
            raise ValueError(f"an entry id has {_ENTRY_CHARACTERS} ASCII letters: {listed.entry!r}")
        if listed.entry == previous:
            raise ValueError(f"entry {listed.entry} stands twice in the list")
        previous = listed.entry
        ids += listed.entry.encode("ascii")
        for pdq in listed.pdq:
            if len(pdq.code) != PDQ_BYTES or not 0 <= pdq.quality <= MAX_QUALITY:
                raise ValueError(f"entry {listed.entry} has a PDQ that is none")
            codes += pdq.code
            qualities.append(pdq.quality)
            pdq_rows.append(row)
        sha256 += [(_digest(value, _SHA256_BYTES, listed), row) for value in listed.sha256]
        if not listed.sha256:
            md5 += [(_digest(value, _MD5_BYTES, listed), row) for value in listed.md5]
    return [
        np.frombuffer(ids, f"S{_ENTRY_CHARACTERS}"),
        np.frombuffer(lanes, "u1"),
        columns_of(bytes(codes)),
        np.frombuffer(qualities, "u1"),
        np.array(pdq_rows, "<u4"),
        *_sorted_table(sha256, _SHA256_BYTES),
        *_sorted_table(md5, _MD5_BYTES),
    ]


def _digest(value: bytes, length: int, listed: ListedEntry) -> bytes:
    if len(value) != length:
        raise ValueError(f"entry {listed.entry} has a digest of {len(value)} bytes, not {length}")
    return value


def _sorted_table(digests: list[tuple[bytes, int]], length: int) -> list[npt.NDArray[Any]]:
    digests.sort()
    values = np.frombuffer(b"".join(value for value, _ in digests), f"V{length}")
    return [values, np.array([row for _, row in digests], "<u4")]


def _header_of(source: SnapshotSource, tables: list[npt.NDArray[Any]]) -> bytes:
    origin = source.origin.encode("utf-8")
    if not 0 < len(origin) <= _ORIGIN_BYTES or b"\0" in origin:
        raise ValueError(f"the origin must have 1 to {_ORIGIN_BYTES} bytes")
    if len(source.root_hash) != hashlib.sha256().digest_size:
        raise ValueError("the root hash must have 32 bytes")
    ids, _, _, qualities, _, sha256, _, md5, _ = tables
    rows = (len(ids), len(qualities), len(sha256), len(md5))
    return _HEADER.pack(
        MAGIC, VERSION, 0, source.checkpoint_size, *rows, source.root_hash, origin
    ).ljust(_HEADER_BYTES, b"\0")


def _checked_header(path: Path, mapped: mmap.mmap) -> _Header:
    if mapped[: len(MAGIC)] != MAGIC:
        raise ForeignSnapshotError(
            f"{path} is not a snapshot of the list. Run `takeback gate sync`."
        )
    if len(mapped) < _HEADER_BYTES + _CHECKSUM_BYTES:
        raise DamagedSnapshotError(_damaged(path, "it is too short"))
    fields = _HEADER.unpack_from(mapped)
    _, version, _, size, entries, pdq, sha256, md5, root_hash, origin = fields
    if version != VERSION:
        raise ForeignSnapshotError(
            f"{path} has format {version}; this program reads format {VERSION}. "
            "Run `takeback gate sync` of the same version as the gate."
        )
    with memoryview(mapped) as whole, whole[:-_CHECKSUM_BYTES] as checked:
        if hashlib.sha256(checked).digest() != mapped[-_CHECKSUM_BYTES:]:
            raise DamagedSnapshotError(_damaged(path, "its checksum is wrong"))
    source = SnapshotSource(origin.rstrip(b"\0").decode("utf-8"), size, root_hash)
    header = _Header(source, entries, pdq, sha256, md5)
    if header.file_bytes() != len(mapped):
        raise DamagedSnapshotError(_damaged(path, "its tables do not fit its length"))
    return header


def _mapped_tables(mapped: mmap.mmap, header: _Header) -> Snapshot:
    tables: list[npt.NDArray[Any]] = []
    offset = _HEADER_BYTES
    for dtype, shape in header.layout():
        count = int(np.prod(shape))
        tables.append(np.frombuffer(mapped, dtype, count, offset).reshape(shape))
        offset += _padded(_table_bytes(dtype, shape))
    return Snapshot(header.source, *tables)


def _table_bytes(dtype: np.dtype[Any], shape: tuple[int, ...]) -> int:
    return dtype.itemsize * int(np.prod(shape))


def _padded(length: int) -> int:
    return length + -length % _ALIGNMENT


def _damaged(path: Path, how: str) -> str:
    return f"The snapshot {path} is damaged: {how}. Run `takeback gate sync` to write it anew."
