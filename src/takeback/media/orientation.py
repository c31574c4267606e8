"""How a picture lies in its file, and how to look at it upright."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image


class Orientation(NamedTuple):
    """Where in what is stored the upright picture starts, and whether its rows are columns there.

    Mirrored first, then sides changed: all eight are made of these three.
    """

    from_the_right: bool = False
    from_below: bool = False
    sideways: bool = False

    def view(self, stored: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the upright picture: a view, nothing is copied."""
        rows, columns = (-1 if back else 1 for back in (self.from_below, self.from_the_right))
        mirrored = stored[::rows, ::columns]
        return mirrored.swapaxes(0, 1) if self.sideways else mirrored

    def turned(self, stored: Image.Image) -> Image.Image:
        """Return the upright picture."""
        if self.from_the_right:
            stored = stored.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if self.from_below:
            stored = stored.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        return stored.transpose(Image.Transpose.TRANSPOSE) if self.sideways else stored


UPRIGHT: Final = Orientation()

# Exif 2.32, 4.6.4.
ORIENTATIONS: Final = {
    1: UPRIGHT,
    2: Orientation(from_the_right=True),
    3: Orientation(from_the_right=True, from_below=True),
    4: Orientation(from_below=True),
    5: Orientation(sideways=True),
    6: Orientation(from_below=True, sideways=True),
    7: Orientation(from_the_right=True, from_below=True, sideways=True),
    8: Orientation(from_the_right=True, sideways=True),
}
"""What the number in a file's Exif says."""

_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_TAG: Final = 0x0112  # Exif 2.32, 4.6.4
_SHORT: Final = 3
_EXIF_IFD: Final = 0x8769  # 4.6.3
_LONG: Final = 4
_HEADER_BYTES: Final = 8
_ENTRY_BYTES: Final = 12


def orientation_of(exif: bytes) -> Orientation:
    """Return the orientation that Exif states, read as browsers read it; else upright.

    `exif` begins with its byte order, without the letters that some containers put before it.
    The first entry of the right form counts: one SHORT of 1 to 8, in the first directory or in the
    Exif directory that it points to, which comes where its pointer comes. Anything else is passed
    over. So does Skia, by which Chromium reads (`src/codec/SkExif.cpp`); web/src/fingerprints/
    exif.ts does the same, and tests/vectors/exif.json holds both to it.
    """
    order = _ORDERS.get(exif[:4])
    if order is None or len(exif) < _HEADER_BYTES:
        return UPRIGHT
    (directory,) = struct.unpack_from(order + "I", exif, 4)
    for number in _numbers(exif, order, directory, root=True):
        if number in ORIENTATIONS:
            return ORIENTATIONS[number]
    return UPRIGHT


def _numbers(exif: bytes, order: str, directory: int, *, root: bool) -> Iterator[int]:
    """Yield the values of all entries for orientation that have the right form."""
    if directory + 2 > len(exif):
        return
    (count,) = struct.unpack_from(order + "H", exif, directory)
    there = (len(exif) - directory - 2) // _ENTRY_BYTES
    for at in range(directory + 2, directory + 2 + _ENTRY_BYTES * min(count, there), _ENTRY_BYTES):
        tag, kind, values, short = struct.unpack_from(order + "HHIH", exif, at)
        if (tag, kind, values) == (_TAG, _SHORT, 1):
            yield short
        elif root and (tag, kind, values) == (_EXIF_IFD, _LONG, 1):
            (pointed_at,) = struct.unpack_from(order + "I", exif, at + 8)
            yield from _numbers(exif, order, pointed_at, root=False)
