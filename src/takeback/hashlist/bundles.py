"""How events travel: bundles of commitments for anyone, ranges of openings for platforms."""

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from takeback._native import read_openings
from takeback.hashlist.additions import Addition
from takeback.hashlist.commitments import COMMITMENT_BYTES, Opening
from takeback.hashlist.errors import MalformedLogError

_ENTRY_LENGTH = struct.Struct(">H")  # C2SP tlog-tiles, "Log entries"
_OPENING_LENGTH = struct.Struct(">I")
_WITHHELD = 0xFFFFFFFF
"""In the place of a length: the opening is not for whoever asked (docs/wire.md)."""
_WITHHELD_BYTES = _OPENING_LENGTH.pack(_WITHHELD)
_RANGE = re.compile(r"(0|[1-9]\d{0,17})-([1-9]\d{0,17})", re.ASCII)


MOST_OPENINGS = 1 << 12
"""So many openings travel at once, at most."""


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
            parts.append(record.commitment + _WITHHELD_BYTES)
            continue
        opened = record.opening
        body = opened.nonce + opened.event if opened else b""
        parts.append(record.commitment + _OPENING_LENGTH.pack(len(body)) + body)
    return b"".join(parts)


def decode_openings(data: bytes, expected: int) -> list[Record]:
    """Read openings of exactly `expected` records; nothing is checked but the format.

    Raises MalformedLogError if it holds fewer or more, or is cut off.
    """
    some = decode_openings_in_bulk(data, expected)
    return [
        Record(commitment, Opening.of_bytes(opened) if opened else None, place in some.withheld)
        for place, (commitment, opened) in enumerate(
            zip(some.commitments, some.opened, strict=True)
        )
    ]


class OpeningsInBulk(NamedTuple):
    """The records of a range, in three lists of one length.

    `opened`: nonce and event in one, None if they were erased or are withheld. `additions`: what
    the event says, where it is an addition of the usual kind. `withheld`: places in these lists.
    """

    commitments: list[bytes]
    opened: list[bytes | None]
    additions: list[Addition | None]
    withheld: frozenset[int] = frozenset()


def decode_openings_in_bulk(data: bytes, expected: int) -> OpeningsInBulk:
    """As `decode_openings`, some ten times as fast, reading plain additions on the way."""
    try:
        data, withheld = _without_marks(data)
        some = OpeningsInBulk(*read_openings(data), withheld)
    except ValueError as error:
        raise MalformedLogError(f"Openings can't be read: {error}.") from error
    if len(some.commitments) != expected:
        raise MalformedLogError(
            f"{len(some.commitments)} openings came; {expected} were asked for."
        )
    return some


def _without_marks(data: bytes) -> tuple[bytes, frozenset[int]]:
    """Return openings with length 0 wherever one is withheld, and the places of those.

    Whoever may read everything meets hardly any, and pays one search.
    """
    if _WITHHELD_BYTES not in data:
        return data, frozenset()
    plain = bytearray(data)
    places = set()
    start = place = 0
    while start + COMMITMENT_BYTES + _OPENING_LENGTH.size <= len(plain):
        body = start + COMMITMENT_BYTES + _OPENING_LENGTH.size
        (length,) = _OPENING_LENGTH.unpack_from(plain, start + COMMITMENT_BYTES)
        if length == _WITHHELD:
            _OPENING_LENGTH.pack_into(plain, start + COMMITMENT_BYTES, 0)
            places.add(place)
            length = 0
        start = body + length
        place += 1
    return bytes(plain), frozenset(places)
