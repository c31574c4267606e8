"""What a gate holds of a list, in a file from which its hotline can begin the list again.

The first line says of which state it is, then follow the live entries, each as the canonical
`added` event that would list it, and the last line says how many there are.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    ResumedEvent,
    cut_to_hour,
    parse_event,
    write_hour,
)
from takeback.hashlist.fold import LiveEntry
from takeback.hashlist.signal_lists import canonical
from takeback.shell.typed_commands import typed
from takeback.signals.lanes import Lane
from takeback.tlog.commitments import MAX_EVENT_BYTES
from takeback.tlog.errors import LogError

_FORMAT: Final = "takeback recovery copy 1"
_MOST_HEAD_BYTES: Final = 64 * 1024 * 1024
_DIGEST_BYTES: Final = 8


class RecoveryCopyError(ValueError):
    """A file is not a whole recovery copy; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class CopyHead:
    """Of which state a copy is: the signed checkpoint that vouches for it.

    `contacted_at`: when the hotline last answered that gate as it should; `suspended`: the ids of
    entries that are out of force, of which a gate keeps nothing else.
    """

    checkpoint: bytes
    contacted_at: datetime | None
    suspended: frozenset[str]


@dataclass(frozen=True, slots=True)
class RecoveryCopy:
    """A copy that was read once, and found whole.

    `live`: a digest of the content of each live entry, by id (`content_digest`); `lanes`: those in
    which it has an entry.
    """

    path: Path
    head: CopyHead
    live: dict[str, bytes]
    lanes: frozenset[Lane]

    @classmethod
    def read(cls, path: Path) -> "RecoveryCopy":
        """Read a file to its end; raises RecoveryCopyError."""
        live: dict[str, bytes] = {}
        lanes: set[Lane] = set()
        for event in _events(path):
            live[event.entry] = content_digest(event)
            lanes.add(event.lane)
        with _opened(path) as file:
            head = _read_head(path, file)
        return cls(path, head, live, frozenset(lanes))

    def entries(self) -> Iterator[AddedEvent]:
        """Yield the entries again; raises RecoveryCopyError."""
        return _events(self.path)


def write_recovery_copy(to: TextIO, head: CopyHead, entries: Iterable[LiveEntry]) -> int:
    """Write a copy; returns how many entries it has."""
    first = {
        "format": _FORMAT,
        "checkpoint": head.checkpoint.decode(),
        "contacted_at": head.contacted_at.isoformat() if head.contacted_at else None,
        "suspended": sorted(head.suspended),
    }
    to.write(json.dumps(first, ensure_ascii=False) + "\n")
    hour = write_hour(cut_to_hour(datetime.now(UTC)))
    count = 0
    for live in entries:
        signals = [signal.model_dump(mode="json") for signal in live.signals]
        for unknown in live.unknown:
            signals.insert(unknown.place, json.loads(unknown.written))
        event = {
            "v": 1,
            "type": "added",
            "time": hour,
            "entry": live.entry,
            "lane": live.lane.value,
            "provenance": live.provenance.model_dump(mode="json"),
            "signals": signals,
        }
        to.write(canonical(event).decode() + "\n")
        count += 1
    to.write(json.dumps({"entries": count}) + "\n")
    return count


def content_digest(event: AddedEvent | AmendedEvent | ResumedEvent) -> bytes:
    """Return 8 bytes that are equal for equal lanes and signals, in whatever order these are."""
    signals = sorted(signal.model_dump_json() for signal in event.signals)
    text = "\n".join([event.lane.value, *signals])
    return hashlib.sha256(text.encode()).digest()[:_DIGEST_BYTES]


def _events(path: Path) -> Iterator[AddedEvent]:
    with _opened(path) as file:
        _read_head(path, file)
        count = 0
        while line := file.readline(MAX_EVENT_BYTES + 1):
            if line.startswith(b'{"entries":'):
                if _object(path, line).get("entries") != count or file.read(1):
                    break
                return
            try:
                event = parse_event(line.removesuffix(b"\n"))
            except LogError as error:
                raise RecoveryCopyError(f"{path}: entry {count + 1} can't be read. {error}") from (
                    error
                )
            if not isinstance(event, AddedEvent):
                raise RecoveryCopyError(f"{path}: line {count + 2} is no entry.")
            count += 1
            yield event
    raise RecoveryCopyError(f"{path} is cut off, or something was put into it. Export it again.")


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise RecoveryCopyError(f"{path} can't be read: {error.strerror}.") from error


def _read_head(path: Path, file: BinaryIO) -> CopyHead:
    values = _object(path, file.readline(_MOST_HEAD_BYTES))
    try:
        if values["format"] != _FORMAT:
            raise ValueError("another format")
        contacted_at = values["contacted_at"]
        return CopyHead(
            str(values["checkpoint"]).encode(),
            datetime.fromisoformat(contacted_at) if contacted_at else None,
            frozenset(map(str, values["suspended"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _no_copy(path) from error


def _object(path: Path, line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise _no_copy(path)
    return values


def _no_copy(path: Path) -> RecoveryCopyError:
    make = typed("list export --store gate --format recovery --to gate.recovery")
    return RecoveryCopyError(
        f"{path} is no recovery copy. Whoever runs a gate makes one: `{make}`."
    )
