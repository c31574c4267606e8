"""The delta: what changed since a snapshot was written, in a file beside it that only grows.

A preamble of 48 bytes (magic, version, the digest of the snapshot, checksum), then steps. A step
is a header of 72 bytes and the changes that lead from one checkpoint to the next: it counts
whole or not at all. docs/matching.md describes every field.

Nobody ever writes over a byte that a reader may have read: a writer appends to a file that is
sound to its end, and makes a new file of the sound part if it is not, or may not be on the disk.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import xxhash

from takeback.matching.snapshot import ENTRY_CHARACTERS, LANES, ListedEntry, SnapshotSource
from takeback.matching.snapshot_file import CHECKSUM_BYTES, damaged
from takeback.running.private_files import replacing

MAGIC: Final = b"TAKEDLTA"
VERSION: Final = 2
DELTA_SUFFIX: Final = ".delta"

# magic, version, zero, digest of the base, checksum of all before it
_PREAMBLE = struct.Struct(f"<8sII{CHECKSUM_BYTES}s{CHECKSUM_BYTES}s")
# bytes of changes, number of changes, size of the checkpoint, its root hash, checksum
_STEP = struct.Struct(f"<QQQ32s{CHECKSUM_BYTES}s")
_CHECKED_STEP_BYTES: Final = _STEP.size - CHECKSUM_BYTES
# entry, whether it is alive, lane, bytes of packed signals that follow
_CHANGE = struct.Struct(f"<{ENTRY_CHARACTERS}s?BI")


class EntryChange(NamedTuple):
    """What an entry is from a checkpoint on; None: it is not on the list."""

    entry: str
    now: ListedEntry | None


@dataclass(frozen=True, slots=True)
class DeltaStep:
    """One step: the checkpoint it leads to, and how many entries it changes."""

    checkpoint_size: int
    root_hash: bytes
    count: int
    _changes: bytes
    _path: Path

    def changes(self) -> Iterator[EntryChange]:
        """Read the changes; raises DamagedSnapshotError if they make no sense."""
        at = 0
        try:
            for _ in range(self.count):
                change, at = _read_change(self._changes, at)
                yield change
        except (struct.error, IndexError, ValueError) as error:
            raise damaged(self._path, "a change in it can't be read") from error
        if at != len(self._changes):
            raise damaged(self._path, "a step holds more than its changes")


@dataclass(frozen=True, slots=True)
class DeltaTail:
    """The steps from a place in the delta to its end.

    `end`: where the last whole step ends, in bytes; 0 if there is no delta of this base.
    `torn`: whether something else follows, left by a writer that was stopped or is at work.
    """

    steps: tuple[DeltaStep, ...]
    end: int
    torn: bool


def delta_path(snapshot: Path) -> Path:
    """Return where the delta of a snapshot file stands."""
    return snapshot.with_suffix(DELTA_SUFFIX)


def read_delta(path: Path, base_digest: bytes, start: int = 0) -> DeltaTail:
    """Read the whole steps from `start`, 0 or the `end` of an earlier reading, to the end."""
    try:
        with path.open("rb") as file:
            if start == 0:
                start = _PREAMBLE.size
                if file.read(start) != _preamble(base_digest):
                    return DeltaTail((), 0, torn=True)
            file.seek(start)
            data = file.read()
    except FileNotFoundError:
        return DeltaTail((), 0, torn=False)
    steps, at = [], 0
    while (step := _step_at(path, data, at, start + at)) is not None:
        steps.append(step[0])
        at = step[1]
    return DeltaTail(tuple(steps), start + at, torn=at != len(data))


def append_step(
    path: Path,
    base_digest: bytes,
    tail: DeltaTail,
    source: SnapshotSource,
    changes: Iterable[EntryChange],
) -> None:
    """Append the step to `source` after `tail`, which was read a moment ago.

    It is on the disk at the return. There must be one writer. Raises OSError if the disk refuses:
    then nobody knows how much of the step is on the disk, even if readers see the whole of it. To
    try again, give the tail as torn: a new file is then made.
    """
    written = [_written(change) for change in changes]
    body = b"".join(written)
    place = tail.end or _PREAMBLE.size
    fields = (len(body), len(written), source.checkpoint_size, source.root_hash)
    start = _STEP.pack(*fields, bytes(CHECKSUM_BYTES))[:_CHECKED_STEP_BYTES]
    step = b"".join((start, _checksum(start, body, place), body))
    if tail.end == 0 or tail.torn:
        sound = path.read_bytes()[: tail.end] if tail.end else _preamble(base_digest)
        with replacing(path) as file:
            file.write(sound)
            file.write(step)
        return
    with path.open("r+b", buffering=0) as file:
        file.seek(place)
        if file.write(step) != len(step):
            raise OSError(f"{path} could not be written to its end: is the disk full?")
        os.fsync(file.fileno())


def _preamble(base_digest: bytes) -> bytes:
    start = _PREAMBLE.pack(MAGIC, VERSION, 0, base_digest, bytes(CHECKSUM_BYTES))
    start = start[: _PREAMBLE.size - CHECKSUM_BYTES]
    return start + xxhash.xxh3_128_digest(start)


def _checksum(start: bytes, body: bytes | memoryview, place: int) -> bytes:
    # The place goes in, so that a step is not taken for one at another place.
    checksum = xxhash.xxh3_128(start, seed=place)
    checksum.update(body)
    return checksum.digest()


def _step_at(path: Path, data: bytes, at: int, place: int) -> tuple[DeltaStep, int] | None:
    body_at = at + _STEP.size
    if body_at > len(data):
        return None
    length, count, size, root_hash, checksum = _STEP.unpack_from(data, at)
    end = body_at + length
    if end > len(data):
        return None
    body = data[body_at:end]
    if _checksum(data[at : at + _CHECKED_STEP_BYTES], body, place) != checksum:
        return None
    return DeltaStep(size, root_hash, count, body, path), end


def _written(change: EntryChange) -> bytes:
    now, entry = change.now, change.entry.encode("ascii")
    if now is None:
        return _CHANGE.pack(entry, False, 0, 0)
    return _CHANGE.pack(entry, True, LANES.index(now.lane), len(now.packed)) + now.packed


def _read_change(data: bytes, at: int) -> tuple[EntryChange, int]:
    name, alive, lane, length = _CHANGE.unpack_from(data, at)
    entry = name.decode("ascii")
    at += _CHANGE.size
    if not alive:
        return EntryChange(entry, None), at
    end = at + length
    if end > len(data):
        raise ValueError("a change ends beyond its step")
    return EntryChange(entry, ListedEntry(entry, LANES[lane], data[at:end])), end
