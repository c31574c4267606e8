"""The kinds of fingerprint that a list can hold: one table, a row a kind.

What follows from a row: how many signals of the kind an entry may have, how a store packs them, the
arrays of a snapshot, what the native reader takes, how a matcher looks them up, and what imports
and exports convert. A new kind is a row here and a model in `takeback.hashlist.signals`. Whatever
computes a fingerprint, shows one on a page, or writes another organisation's shape names its kinds
itself.

Two kinds are planned, and this format has room for both:

- `video`: SignalKind("video", 4, 32, Search.FRAMES, numbers=(SignalNumber("count", 1, 2**16 - 1),
  SignalNumber("duration", 0, 2**32 - 1)), code_bytes=33, most_an_entry=1). The value is the SHA-256
  of a file of frames that stands beside the log; `code_bytes` is what one frame takes in there.
- `part`: SignalKind("part", 5, 32, Search.NEAR_256, numbers=(SignalNumber("left", 0, 255), …),
  most_an_entry=48). A 256-bit code, and in four numbers of one byte where the part lies.
"""

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from takeback.signals.pdq import MAX_QUALITY, PDQ_BITS

MAX_SIGNALS: Final = 32
"""The most signals an entry may have of all kinds together that state no number of their own."""

_NEAR_BYTES: Final = 32
_LEAST_EXACT_BYTES: Final = 8  # an order of digests is made of their first eight (docs/matching.md)
_MOST_OF_A_BYTE: Final = 255
_WIDTHS: Final = (1, 2, 4)
_RESERVED: Final = ("type", "value", "entry", "order")  # fields on the wire, arrays of a snapshot
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Search(Enum):
    """How a matcher looks for signals of a kind."""

    EXACT = auto()
    """Equal in every byte."""
    NEAR_256 = auto()
    """256 bits; some may differ."""
    FRAMES = auto()
    """By the content of a file beside the log; the value is that file's SHA-256."""


@dataclass(frozen=True, slots=True)
class SignalNumber:
    """A whole number that stands beside the value on the wire, from `least` to `most`.

    `packed_bytes`: how many it takes where it is packed: 1, 2 or 4, as its range asks.
    """

    name: str
    least: int
    most: int
    packed_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        """Raise ValueError for a range that can't be packed, or the name of another field."""
        if self.name in _RESERVED or not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} can't be the name of a number")
        if not 0 <= self.least <= self.most < 1 << 8 * _WIDTHS[-1]:
            raise ValueError(f"the number {self.name} has a range that can't be packed")
        width = next(width for width in _WIDTHS if self.most < 1 << 8 * width)
        object.__setattr__(self, "packed_bytes", width)


@dataclass(frozen=True, slots=True)
class SignalKind:
    """One kind of fingerprint.

    `name`: its `type` on the wire. `number`: what stores and snapshots write for it, 1 to 255.
    `value_bytes`: bytes of a value. `numbers`: what stands beside the value. `code_bytes`: of
    `FRAMES`, bytes of one frame in the file; of others as many as the value has. `most_an_entry`:
    the most an entry may have of it, up to 255; None: it counts towards `MAX_SIGNALS`.
    `yields_to`: the kind whose presence makes a matcher leave this one aside for the entry.
    `packed_bytes`: of one signal where it is packed: its value, then its numbers,
    each at its place in `places`.
    """

    name: str
    number: int
    value_bytes: int
    search: Search
    numbers: tuple[SignalNumber, ...] = ()
    code_bytes: int = 0
    most_an_entry: int | None = None
    yields_to: str | None = None
    packed_bytes: int = field(init=False)
    places: dict[str, int] = field(init=False, default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Raise ValueError for a row that the formats can't carry."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} can't be the name of a kind")
        if not 0 < self.number <= _MOST_OF_A_BYTE:
            raise ValueError(f"the number of {self.name} must be from 1 to {_MOST_OF_A_BYTE}")
        if self.search is Search.NEAR_256 and self.value_bytes != _NEAR_BYTES:
            raise ValueError(f"values of {self.name} must have {_NEAR_BYTES} bytes")
        if self.search is Search.EXACT and self.value_bytes < _LEAST_EXACT_BYTES:
            raise ValueError(f"values of {self.name} must have {_LEAST_EXACT_BYTES} bytes or more")
        if not 0 < self.most_packed <= _MOST_OF_A_BYTE:
            raise ValueError(f"an entry can't have {self.most_an_entry} of {self.name}")
        place = self.value_bytes
        for number in self.numbers:
            self.places[number.name] = place
            place += number.packed_bytes
        object.__setattr__(self, "packed_bytes", place)
        if not self.code_bytes:
            object.__setattr__(self, "code_bytes", self.value_bytes)

    @property
    def most_packed(self) -> int:
        """The most that an entry may have of the kind, whatever else it has."""
        return MAX_SIGNALS if self.most_an_entry is None else self.most_an_entry

    def number_named(self, name: str) -> int | None:
        """Return the place of a number in `numbers`, None if the kind has no such number."""
        names = [number.name for number in self.numbers]
        return names.index(name) if name in names else None


PDQ: Final = SignalKind(
    "pdq", 1, PDQ_BITS // 8, Search.NEAR_256, numbers=(SignalNumber("quality", 0, MAX_QUALITY),)
)
SHA256: Final = SignalKind("sha256", 2, 32, Search.EXACT)
MD5: Final = SignalKind("md5", 3, 16, Search.EXACT, yields_to="sha256")
"""Two files with one MD5 can be made (Wang and Yu, "How to break MD5 and other hash functions",
2005): it counts only for an entry without SHA-256."""

KINDS: tuple[SignalKind, ...] = (PDQ, SHA256, MD5)
"""All kinds, by ascending number. Stores and snapshots on platforms' disks hold the numbers: none
is ever changed or given to another kind, and a new kind comes at the end."""


def kind_named(name: str) -> SignalKind | None:
    """Return the kind of this name, None if this program knows no such kind."""
    return next((kind for kind in KINDS if kind.name == name), None)


def near_kinds() -> tuple[SignalKind, ...]:
    """Return the kinds that match within a distance."""
    return tuple(kind for kind in KINDS if kind.search is Search.NEAR_256)


def exact_kinds() -> tuple[SignalKind, ...]:
    """Return the kinds that match only if they are equal."""
    return tuple(kind for kind in KINDS if kind.search is Search.EXACT)
