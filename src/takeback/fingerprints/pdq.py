"""PDQ: 256 bits that stay nearly the same when a picture is re-encoded, resized or brightened.

The algorithm is Meta's, described in *The TMK+PDQF Video-Hashing Algorithm and the PDQ
Image-Hashing Algorithm* (2019); `native/pdq/pdq.hpp` carries it out.
"""

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from takeback import _native

PDQ_BYTES = 32
HIGHEST_QUALITY = 100


@dataclass(frozen=True, slots=True)
class Pdq:
    """A picture's PDQ.

    `bits` are 32 bytes in the order of the reference's text form: bit 255 is the highest bit of
    the first byte. `quality` goes from 0 (nothing to tell the picture by) to 100; below 50 a match
    says little. Raises ValueError if either is out of range.
    """

    bits: bytes
    quality: int

    def __post_init__(self) -> None:
        if len(self.bits) != PDQ_BYTES:
            raise ValueError(f"A PDQ has {PDQ_BYTES} bytes; got {len(self.bits)}.")
        if not 0 <= self.quality <= HIGHEST_QUALITY:
            raise ValueError(f"A PDQ's quality is 0 to {HIGHEST_QUALITY}; got {self.quality}.")

    @property
    def hex(self) -> str:
        """The 64 lower-case hexadecimal digits that lists carry."""
        return self.bits.hex()

    @classmethod
    def from_hex(cls, digits: str, quality: int) -> Self:
        """Read what `hex` gives; upper case is fine. Raises ValueError for anything else."""
        if len(digits) != 2 * PDQ_BYTES:
            raise ValueError(f"A PDQ has {2 * PDQ_BYTES} hexadecimal digits; got {len(digits)}.")
        try:
            bits = bytes.fromhex(digits)
        except ValueError:
            raise ValueError("A PDQ is written in hexadecimal digits, 0-9 and a-f, only.") from None
        return cls(bits, quality)

    def distance(self, other: "Pdq") -> int:
        """Return how many of the 256 bits differ; copies of one picture are at most 31 apart."""
        return (int.from_bytes(self.bits) ^ int.from_bytes(other.bits)).bit_count()


DihedralPdqs: TypeAlias = tuple[Pdq, Pdq, Pdq, Pdq, Pdq, Pdq, Pdq, Pdq]


def pdq_of_pixels(pixels: NDArray[np.uint8]) -> Pdq:
    """Return the PDQ of a picture.

    `pixels` is uint8 of shape (height, width) in grey, (height, width, 3) in RGB, or
    (height, width, 4), whose alpha is ignored: lay the picture on white first. Any view
    of an array will do; nothing is copied. Other threads can run. A picture with a side
    under 5 pixels has all bits and the quality 0, as in the reference.

    Raises:
        TypeError: not an array, or not of uint8.
        ValueError: another shape, or a side of more than 16,777,216 pixels.
    """
    return Pdq(*_native.pdq(pixels))


def dihedral_pdqs(pixels: NDArray[np.uint8]) -> DihedralPdqs:
    """Return the PDQs of a picture and of its turned and mirrored versions.

    In the order of `pdqhash.compute_dihedral`: as it is; turned anticlockwise by 90, 180 and 270
    degrees; upside down; left and right swapped; transposed; anti-transposed. All come from one
    transform, so each may differ by a few bits from the PDQ of a picture that was really turned.
    `pixels` and errors are as for `pdq_of_pixels`.
    """
    eight, quality = _native.dihedral_pdqs(pixels)
    a, b, c, d, e, f, g, h = (Pdq(bits, quality) for bits in eight)
    return a, b, c, d, e, f, g, h
