"""Openings in bulk, as a gate reads them: a whole range at once, plain additions on the way."""

import struct
from typing import NamedTuple

from takeback._native import know_kinds, read_openings
from takeback.hashlist.additions import Addition
from takeback.signals.kinds import KINDS, MAX_SIGNALS
from takeback.tlog.bundles import WITHHELD, WITHHELD_BYTES
from takeback.tlog.commitments import COMMITMENT_BYTES
from takeback.tlog.errors import MalformedLogError

_OPENING_LENGTH = struct.Struct(">I")

know_kinds(
    [
        (
            kind.name,
            kind.number,
            kind.value_bytes,
            [
                (number.name, number.least, number.most, number.packed_bytes)
                for number in kind.numbers
            ],
            kind.most_an_entry,
        )
        for kind in KINDS
    ],
    MAX_SIGNALS,
)


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
        openings = OpeningsInBulk(*read_openings(data), withheld)
    except ValueError as error:
        raise MalformedLogError(f"Openings can't be read: {error}.") from error
    if len(openings.commitments) != expected:
        raise MalformedLogError(
            f"{len(openings.commitments)} openings came; {expected} were asked for."
        )
    return openings


def _without_marks(data: bytes) -> tuple[bytes, frozenset[int]]:
    """Return openings with length 0 wherever one is withheld, and the places of those.

    A reader who may read everything meets hardly any, and pays for one search.
    """
    if WITHHELD_BYTES not in data:
        return data, frozenset()
    plain = bytearray(data)
    places = set()
    start = place = 0
    while start + COMMITMENT_BYTES + _OPENING_LENGTH.size <= len(plain):
        body = start + COMMITMENT_BYTES + _OPENING_LENGTH.size
        (length,) = _OPENING_LENGTH.unpack_from(plain, start + COMMITMENT_BYTES)
        if length == WITHHELD:
            _OPENING_LENGTH.pack_into(plain, start + COMMITMENT_BYTES, 0)
            places.add(place)
            length = 0
        start = body + length
        place += 1
    return bytes(plain), frozenset(places)
