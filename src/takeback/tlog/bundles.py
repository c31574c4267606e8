"""How events travel: bundles of commitments for anyone, ranges of openings for platforms."""

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from takeback.tlog.commitments import COMMITMENT_BYTES, MAX_EVENT_BYTES, NONCE_BYTES, Opening
from takeback.tlog.errors import MalformedLogError

_ENTRY_LENGTH = struct.Struct(">H")  # C2SP tlog-tiles, "Log entries"
_OPENING_LENGTH = struct.Struct(">I")
WITHHELD = 0xFFFFFFFF
"""In the place of a length: this reader may not have the opening (docs/wire.md)."""
WITHHELD_BYTES = _OPENING_LENGTH.pack(WITHHELD)
_RANGE = re.compile(r"(0|[1-9]\d{0,17})-([1-9]\d{0,17})", re.ASCII)


MOST_OPENINGS = 1 << 12
"""At most this many openings travel at once."""


@dataclass(frozen=True, slots=True)
class EventRange:
    """Events from log index `start` up to, not including, `end`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        """Raise MalformedLogError for a range that is empty or longer than MOST_OPENINGS."""
        if not (0 <= self.start < self.end <= self.start + MOST_OPENINGS):
            raise MalformedLogError(
                f"Ask for 1 to {MOST_OPENINGS} events at once, not from {self.start} to {self.end}."
            )

    @property
    def path(self) -> str:
        """`<start>-<end>`, as the address of its openings ends."""
        return f"{self.start}-{self.end}"

    @classmethod
    def parse(cls, path: str) -> "EventRange":
        """Read `<start>-<end>`; raises MalformedLogError for any other spelling."""
        found = _RANGE.fullmatch(path)
        if found is None:
            raise MalformedLogError(f"{path[:60]!r} is no range of events. Example: 0-256")
        return cls(int(found[1]), int(found[2]))


def ranges_between(verified: int, size: int, most: int = MOST_OPENINGS) -> Iterator[EventRange]:
    """Cut the events from index `verified` up to, not including, `size` into ranges to fetch."""
    for start in range(verified, size, most):
        yield EventRange(start, min(start + most, size))


@dataclass(frozen=True, slots=True)
class Record:
    """One event: its commitment, and its opening unless that was erased or is withheld."""

    commitment: bytes
    opening: Opening | None
    withheld: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for an opening that is given and withheld at once."""
        if self.withheld and self.opening is not None:
            raise ValueError("A record that is withheld holds no opening.")


def encode_entries(commitments: Iterable[bytes]) -> bytes:
    """Write an entry bundle: each commitment after its length, as C2SP tlog-tiles has it."""
    length = _ENTRY_LENGTH.pack(COMMITMENT_BYTES)
    return b"".join(length + commitment for commitment in commitments)


def decode_entries(data: bytes, expected: int) -> list[bytes]:
    """Read an entry bundle of exactly `expected` commitments; raises MalformedLogError."""
    width = _ENTRY_LENGTH.size + COMMITMENT_BYTES
    commitments = [data[at + _ENTRY_LENGTH.size : at + width] for at in range(0, len(data), width)]
    if len(commitments) != expected or encode_entries(commitments) != data:
        raise MalformedLogError(f"This is no entry bundle of {expected} commitments.")
    return commitments


def encode_openings(records: Iterable[Record]) -> bytes:
    """Write openings: commitment, length (uint32, big-endian), nonce and event."""
    parts = []
    for record in records:
        if record.withheld:
            parts.append(record.commitment + WITHHELD_BYTES)
            continue
        opened = record.opening
        body = opened.nonce + opened.event if opened else b""
        parts.append(record.commitment + _OPENING_LENGTH.pack(len(body)) + body)
    return b"".join(parts)


def decode_openings(data: bytes, expected: int) -> list[Record]:
    """Read openings of exactly `expected` records; nothing is checked but the format.

    Raises MalformedLogError if it holds fewer or more, or is cut off.
    """
    records = []
    at = 0
    while at < len(data):
        body = at + COMMITMENT_BYTES + _OPENING_LENGTH.size
        if body > len(data):
            raise _unreadable("cut off")
        commitment = data[at : at + COMMITMENT_BYTES]
        (length,) = _OPENING_LENGTH.unpack_from(data, at + COMMITMENT_BYTES)
        if length in (0, WITHHELD):
            records.append(Record(commitment, None, withheld=length == WITHHELD))
            at = body
            continue
        if not NONCE_BYTES < length <= NONCE_BYTES + MAX_EVENT_BYTES:
            raise _unreadable(f"an opening can't have {length} bytes")
        at = body + length
        if at > len(data):
            raise _unreadable("cut off")
        records.append(Record(commitment, Opening.of_bytes(data[body:at])))
    if len(records) != expected:
        raise MalformedLogError(f"{len(records)} openings came; {expected} were asked for.")
    return records


def _unreadable(why: str) -> MalformedLogError:
    return MalformedLogError(f"Openings can't be read: {why}.")
