"""Bundles: how 256 events or fewer travel, as commitments for anyone and openings for platforms."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from takeback.hashlist.commitments import COMMITMENT_BYTES, NONCE_BYTES, Opening
from takeback.hashlist.errors import MalformedLogError
from takeback.hashlist.events import MAX_EVENT_BYTES

_ENTRY_LENGTH = struct.Struct(">H")  # C2SP tlog-tiles, "Log entries"
_OPENING_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Record:
    """One event of a bundle: its commitment, and its opening unless that was erased."""

    commitment: bytes
    opening: Opening | None


def encode_entries(commitments: Iterable[bytes]) -> bytes:
    """Write an entry bundle: each commitment after its length, as C2SP tlog-tiles has it."""
    length = _ENTRY_LENGTH.pack(COMMITMENT_BYTES)
    return b"".join(length + commitment for commitment in commitments)


def encode_openings(records: Iterable[Record]) -> bytes:
    """Write an openings bundle: commitment, length (uint32, big-endian), nonce and event."""
    parts = []
    for record in records:
        opened = record.opening
        body = opened.nonce + opened.event if opened else b""
        parts.append(record.commitment + _OPENING_LENGTH.pack(len(body)) + body)
    return b"".join(parts)


def decode_openings(data: bytes, expected: int) -> list[Record]:
    """Read an openings bundle of exactly `expected` records; nothing is checked but the format.

    Raises MalformedLogError if it holds fewer or more, or is cut off.
    """
    records = []
    position = 0
    head = COMMITMENT_BYTES + _OPENING_LENGTH.size
    while position < len(data):
        body = position + head
        if body > len(data):
            raise MalformedLogError("An openings bundle is cut off.")
        commitment = data[position : position + COMMITMENT_BYTES]
        (length,) = _OPENING_LENGTH.unpack_from(data, position + COMMITMENT_BYTES)
        if length and not NONCE_BYTES < length <= NONCE_BYTES + MAX_EVENT_BYTES:
            raise MalformedLogError(f"An opening can't have {length} bytes.")
        position = body + length
        if position > len(data):
            raise MalformedLogError("An openings bundle is cut off.")
        nonce, event = data[body : body + NONCE_BYTES], data[body + NONCE_BYTES : position]
        records.append(Record(commitment, Opening(nonce, event) if length else None))
    if len(records) != expected:
        raise MalformedLogError(
            f"An openings bundle holds {len(records)} events; {expected} were asked for."
        )
    return records
