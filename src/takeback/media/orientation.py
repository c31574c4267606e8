"""How a picture lies in its file, and how to look at it upright."""

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
