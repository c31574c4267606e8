"""A picture's brightness at the size that PDQ needs, and the PDQs of its parts and views.

PDQ looks at 64 by 64 places of a picture, each the mean of a few hundred pixels. `Luma` keeps the
means of small squares instead of all pixels, and weighs them as their pixels would have been:
what comes out is within a few bits of the reference, and costs a tenth of a millisecond.
docs/fingerprints.md has the figures.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from takeback import _native
from takeback.fingerprints.pdq import DihedralPdqs, Pdq

GRID_SIDE = 256
Grid = NDArray[np.float32]
"""A whole picture as brightness, 0 to 255, at the middles of 256 by 256 equal parts."""


class Box(NamedTuple):
    """A part of a picture: its edges as shares, 0 to 1, of the picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float


class View(NamedTuple):
    """A part of a picture, and by how many degrees its content is turned back, anticlockwise."""

    box: Box
    degrees: float = 0.0


class Luma:
    """A picture's brightness, reduced as far as PDQ allows; remembers its full size in pixels."""

    def __init__(self, reduced: _native.Luma) -> None:
        """Take what `from_pixels` or `from_scaled` made."""
        self._reduced = reduced

    @classmethod
    def from_pixels(cls, pixels: NDArray[np.uint8]) -> Self:
        """Reduce a picture. `pixels` and errors are as for `pdq_of_pixels`."""
        return cls(_native.Luma.from_pixels(pixels))

    @classmethod
    def from_scaled(cls, grey: NDArray[np.uint8], width: int, height: int) -> Self:
        """Take a picture that a decoder has reduced by a whole number in both directions.

        `grey` is uint8 of shape (height / scale, width / scale), rounded up; it is not copied if
        its rows lie in order, and must not change later.

        Raises:
            TypeError: not an array, or not of uint8.
            ValueError: its shape does not follow from the size, or a side is out of range.
        """
        return cls(_native.Luma.from_scaled(grey, width, height))

    @property
    def width(self) -> int:
        """Pixels of the full picture from left to right."""
        return self._reduced.width

    @property
    def height(self) -> int:
        """Pixels of the full picture from top to bottom."""
        return self._reduced.height

    @property
    def is_reduced(self) -> bool:
        """Whether it holds fewer pixels than the full picture."""
        return self._reduced.scale > 1

    def dihedral_pdqs(self) -> DihedralPdqs:
        """Return the PDQs of the whole picture, and turned and mirrored as `dihedral_pdqs` does."""
        eight, quality = self._reduced.dihedral_pdqs()
        a, b, c, d, e, f, g, h = (Pdq(bits, quality) for bits in eight)
        return a, b, c, d, e, f, g, h

    def crop_pdqs(self, boxes: Sequence[Box]) -> list[Pdq]:
        """Return the PDQ of each part, as if the picture had been cropped to it.

        Raises ValueError for a part that is empty or reaches beyond the picture.
        """
        edges = [pixels_of_box(box, self.width, self.height) for box in boxes]
        codes, qualities = self._reduced.crop_pdqs(np.array(edges, np.uint32).reshape(-1, 4))
        return [
            Pdq(code.tobytes(), int(quality))
            for code, quality in zip(codes, qualities, strict=True)
        ]

    def flipped(self, *, across: bool = False, down: bool = False) -> "Luma":
        """Return the picture with left and right swapped (`across`), upside down (`down`) or both.

        Raises ValueError if the picture was reduced.
        """
        return Luma(self._reduced.flipped(across, down))

    def grid(self) -> Grid:
        """Return the whole picture as float32 of shape (256, 256), for `view_pdqs`."""
        return self._reduced.grid()


def view_pdqs(
    grid: Grid, width: int, height: int, views: Sequence[View]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return what PDQ says of views of a picture of `width` by `height` pixels.

    Every part is looked at with samples at the very middle of their places, where the reference
    rounds: in a small picture this stays near the PDQ of the large one that it was made from.
    Returns uint8 of shape (views, 8, 32), the PDQs as it is, turned and mirrored, and uint8 of
    shape (views,), their qualities. Raises ValueError for a part that is empty or reaches beyond
    the picture.
    """
    rows = np.array([(*view.box, view.degrees) for view in views], np.float32)
    return _native.view_pdqs(grid, width, height, rows.reshape(-1, 5))


def pixels_of_box(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Return the edges of a part in whole pixels, at least one each way; halves are rounded up.

    Raises ValueError if the part itself is empty.
    """
    if box.left >= box.right or box.top >= box.bottom:
        raise ValueError("A crop must not be empty.")
    left = min(math.floor(box.left * width + 0.5), width - 1)
    top = min(math.floor(box.top * height + 0.5), height - 1)
    return (
        left,
        top,
        max(math.floor(box.right * width + 0.5), left + 1),
        max(math.floor(box.bottom * height + 0.5), top + 1),
    )
