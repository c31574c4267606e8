"""A file of named arrays that is checked whole before a byte of it is used, and then mapped.

A preamble of 40 bytes (magic, version, header bytes, file bytes, checksum of preamble and header),
a header in JSON, then the sections: every part padded with zeros to a multiple of 64 bytes, and
every byte covered by a checksum. docs/matching.md describes every field.

The checksums (XXH3, 128 bits) find damage, they prove no origin: what the list says was verified
against the signed log before it came into a file.
"""

import contextlib
import mmap
import os
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt
import xxhash
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from takeback.running.private_files import replacing

MAGIC: Final = b"TAKEBACK"
VERSION: Final = 3
STAMP_SUFFIX: Final = ".verified"
CHECKSUM_BYTES: Final = 16

_PREAMBLE = struct.Struct(f"<8sIIQ{CHECKSUM_BYTES}s")
_CHECKED_PREAMBLE_BYTES: Final = _PREAMBLE.size - CHECKSUM_BYTES
_ALIGNMENT: Final = 64  # a cache line, and the widest vector register
_MOST_HEADER_BYTES: Final = 1 << 20
_READ_BYTES: Final = 4 << 20

# A smaller file is read in a few milliseconds: it is checked at every opening.
_STAMPED_FROM_BYTES: Final = 4 << 20
# The clock of file times ticks every 10 ms or less. A file checked later than this after its last
# change can't change again without its times showing it.
_SETTLED_NS: Final = 50_000_000

Arrays = Mapping[str, npt.NDArray[Any]]


class SnapshotError(Exception):
    """A snapshot can't be used; the message says what to do. Nothing of it was mapped."""


class ForeignSnapshotError(SnapshotError):
    """The file is no snapshot, or of a version that this program does not know."""


class DamagedSnapshotError(SnapshotError):
    """The file is shortened or altered."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Section(_Strict):
    name: str
    dtype: Annotated[str, Field(pattern=r"^([|<][ui][1248]|\|S\d{1,4})$")]
    shape: tuple[Annotated[int, Field(ge=0, lt=1 << 48)], ...]
    offset: int
    checksum: Annotated[str, Field(pattern=rf"^[0-9a-f]{{{2 * CHECKSUM_BYTES}}}$")]

    @property
    def padded_bytes(self) -> int:
        return _padded(np.dtype(self.dtype).itemsize * self.values)

    @property
    def values(self) -> int:
        values = 1
        for length in self.shape:
            values *= length
        return values


class _Header(_Strict):
    about: dict[str, str | int]
    sections: tuple[_Section, ...]


@dataclass(frozen=True)
class ArrayFile:
    """What a file holds: `about` as it was given to `write_arrays`, the arrays read-only, and the
    checksum of the header, which stands for the whole content."""

    about: dict[str, str | int]
    arrays: dict[str, npt.NDArray[Any]]
    digest: bytes


def write_arrays(path: Path, about: Mapping[str, str | int], arrays: Arrays) -> None:
    """Write arrays so that `path` holds either the old file or the whole new one, even when the
    machine stops halfway; the same content gives the same bytes.

    Arrays must be contiguous and of unsigned or signed integers or bytes; they stay in their
    order. Raises OSError if the disk refuses.
    """
    sections = [_described(name, array) for name, array in arrays.items()]
    # The offsets stand in the header, and its length moves the offsets: twenty digits each leave
    # room for any of them.
    start = _PREAMBLE.size + len(_header_json(about, sections, 10**19))
    start = _padded(start)
    header = _header_json(about, sections, start)
    header = header.ljust(start - _PREAMBLE.size)  # JSON may end in spaces
    length = start + sum(section.padded_bytes for section in sections)
    preamble = _PREAMBLE.pack(MAGIC, VERSION, len(header), length, bytes(CHECKSUM_BYTES))
    preamble = preamble[:_CHECKED_PREAMBLE_BYTES]
    checksum = xxhash.xxh3_128_digest(preamble + header)
    with replacing(path) as file:
        file.write(preamble + checksum + header)
        for section, array in zip(sections, arrays.values(), strict=True):
            data = _bytes_of(array)
            file.write(data)
            file.write(bytes(section.padded_bytes - len(data)))


def open_arrays(path: Path) -> ArrayFile:
    """Check a file from its first byte to its last and map it, read-only.

    A large file that was checked before and has not changed since (the stamp beside it says so)
    is mapped after its header alone was read. Raises ForeignSnapshotError or
    DamagedSnapshotError, FileNotFoundError if there is none.
    """
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        header, digest = _checked_header(path, file, status.st_size)
        if not _is_stamped(path, status, digest):
            settled = _has_settled(status)
            _check_sections(path, file, header)
            if settled:
                _stamp(path, file, status, digest)
        mapped = mmap.mmap(file.fileno(), status.st_size, access=mmap.ACCESS_READ)
    arrays = {
        section.name: np.frombuffer(
            mapped, np.dtype(section.dtype), section.values, section.offset
        ).reshape(section.shape)
        for section in header.sections
    }
    return ArrayFile(header.about, arrays, digest)


def remove_arrays(path: Path) -> None:
    """Remove a file and its stamp."""
    path.unlink(missing_ok=True)
    _stamp_path(path).unlink(missing_ok=True)


def damaged(path: Path, how: str) -> DamagedSnapshotError:
    """Return the error for a damaged file, which says how."""
    return DamagedSnapshotError(f"The snapshot {path} is damaged: {how}.")


def _bytes_of(array: npt.NDArray[Any]) -> memoryview:
    if not array.flags.c_contiguous:
        raise ValueError("only a contiguous array can be written")
    return array.reshape(-1).view(np.uint8).data


def _described(name: str, array: npt.NDArray[Any]) -> _Section:
    dtype = array.dtype.newbyteorder("<")
    if dtype != array.dtype:
        raise ValueError(f"{name} must be little-endian")
    data = _bytes_of(array)
    checksum = xxhash.xxh3_128(data)
    checksum.update(bytes(-len(data) % _ALIGNMENT))
    return _Section(
        name=name, dtype=dtype.str, shape=array.shape, offset=0, checksum=checksum.hexdigest()
    )


def _header_json(about: Mapping[str, str | int], sections: list[_Section], start: int) -> bytes:
    placed = []
    for section in sections:
        placed.append(section.model_copy(update={"offset": start}))
        start += section.padded_bytes
    return _Header(about=dict(about), sections=tuple(placed)).model_dump_json().encode()


def _checked_header(path: Path, file: BinaryIO, length: int) -> tuple[_Header, bytes]:
    start = file.read(_PREAMBLE.size)
    if not start:
        raise damaged(path, "it is empty")
    if start[: len(MAGIC)] != MAGIC[: len(start)]:
        raise ForeignSnapshotError(f"{path} is not a snapshot of the list.")
    if len(start) < _PREAMBLE.size:
        raise damaged(path, "it is too short")
    _, version, header_bytes, file_bytes, checksum = _PREAMBLE.unpack(start)
    if version != VERSION:
        raise ForeignSnapshotError(
            f"{path} has format {version}; this program reads format {VERSION}."
        )
    if header_bytes > _MOST_HEADER_BYTES:
        raise damaged(path, "its header is too long")
    text = file.read(header_bytes)
    if xxhash.xxh3_128_digest(start[:_CHECKED_PREAMBLE_BYTES] + text) != checksum:
        raise damaged(path, "the checksum of its header is wrong")
    if file_bytes != length:
        raise damaged(path, f"it has {length} bytes, not {file_bytes}")
    try:
        header = _Header.model_validate_json(text)
    except ValidationError as error:
        raise ForeignSnapshotError(
            f"{path} has a header that this program does not know."
        ) from error
    place = _PREAMBLE.size + header_bytes
    for section in header.sections:
        if section.offset != place or place % _ALIGNMENT:
            raise damaged(path, f"its section {section.name} is out of place")
        place += section.padded_bytes
    if place != length:
        raise damaged(path, "its sections do not fit its length")
    return header, checksum


def _has_settled(status: os.stat_result) -> bool:
    """Wait, a moment at most, until no change can hide behind the times of a large file."""
    if status.st_size < _STAMPED_FROM_BYTES:
        return False
    since_change = time.time_ns() - status.st_ctime_ns
    if 0 <= since_change < _SETTLED_NS:
        time.sleep((_SETTLED_NS - since_change) / 1e9)
    return time.time_ns() - status.st_ctime_ns >= _SETTLED_NS


def _check_sections(path: Path, file: BinaryIO, header: _Header) -> None:
    # Read, not mapped: whatever is wrong with the file is an error here, never a signal.
    buffer = memoryview(bytearray(_READ_BYTES))
    for section in header.sections:
        checksum = xxhash.xxh3_128()
        left = section.padded_bytes
        while left:
            taken = file.readinto(buffer[: min(left, _READ_BYTES)])  # type: ignore[attr-defined]
            if not taken:
                raise damaged(path, "it has become shorter")
            checksum.update(buffer[:taken])
            left -= taken
        if checksum.hexdigest() != section.checksum:
            raise damaged(path, f"the checksum of its section {section.name} is wrong")


class _Stamp(_Strict):
    """Which file was found sound: it changes with any change of the file."""

    device: int
    inode: int
    length: int
    modified_ns: int
    changed_ns: int
    header: str

    @classmethod
    def of(cls, status: os.stat_result, digest: bytes) -> "_Stamp":
        return cls(
            device=status.st_dev,
            inode=status.st_ino,
            length=status.st_size,
            modified_ns=status.st_mtime_ns,
            changed_ns=status.st_ctime_ns,
            header=digest.hex(),
        )


def _stamp_path(path: Path) -> Path:
    return path.with_name(f"{path.name}{STAMP_SUFFIX}")


def _is_stamped(path: Path, status: os.stat_result, digest: bytes) -> bool:
    if status.st_size < _STAMPED_FROM_BYTES:
        return False
    try:
        stamp = _Stamp.model_validate_json(_stamp_path(path).read_bytes())
    except (OSError, ValidationError):
        return False
    return stamp == _Stamp.of(status, digest)


def _stamp(path: Path, file: BinaryIO, status: os.stat_result, digest: bytes) -> None:
    stamp = _Stamp.of(status, digest)
    if stamp != _Stamp.of(os.fstat(file.fileno()), digest):
        return  # it changed in between: the next opening checks it again
    with contextlib.suppress(OSError), replacing(_stamp_path(path)) as written:
        written.write(stamp.model_dump_json().encode())


def _padded(length: int) -> int:
    return length + -length % _ALIGNMENT
