"""JPEG → brightness at the smallest size that PDQ can work with, straight from libjpeg-turbo."""

from typing import Final

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from takeback.media.formats.jpeg import JpegHeader, refuse_unread
from takeback.media.limits import Limits
from takeback.media.orientation import UPRIGHT, Orientation
from takeback.media.refused import Refused, check_size

SHORTEST_SIDE: Final = 512
"""Pixels that a scaled picture keeps on its short side: with fewer, PDQ moves by 6 bits."""

_SCALES: Final = (8, 4, 2, 1)  # those of the inverse transforms that libjpeg-turbo has SIMD for
_COLOUR_SPACES: Final = ("YCbCr", "Gray")  # their first component is brightness, as it stands


def scaled_luma(
    jpeg: bytes | memoryview, header: JpegHeader, limits: Limits
) -> tuple[NDArray[np.uint8], int, int] | None:
    """Decode the brightness of a JPEG, as it is stored, at a scale of 1, 1/2, 1/4 or 1/8.

    Returns brightness, uint8 of shape (ceil(height / k), ceil(width / k)), k being what `scale_for`
    says; and the full width and height. What is damaged or cut short is decoded as far as it goes.
    None if the file does not store brightness (RGB, CMYK), or not in a way that this decoder knows.
    Raises Refused for too many pixels, and for damage if hardly anything could be read.
    """
    try:
        height, width, colour_space, _ = simplejpeg.decode_jpeg_header(jpeg)
        if colour_space not in _COLOUR_SPACES:
            return None
        check_size(width, height, limits)
        k = scale_for(width, height, header.orientation)
        shape = (-(-height // k), -(-width // k))
        grey = simplejpeg.decode_jpeg(
            jpeg, "GRAY", min_height=shape[0], min_width=shape[1], strict=False
        )
    except (Refused, MemoryError):
        raise
    except Exception:  # ValueError; KeyError for a way of sampling that it has no name for
        return None
    if grey.shape[:2] != shape:
        return None
    stored = grey[:, :, 0]
    refuse_unread(stored, jpeg, header)
    return stored, width, height


def scale_for(width: int, height: int, orientation: Orientation = UPRIGHT) -> int:
    """Return the k, of 1, 2, 4 and 8, by which a picture of this stored size is scaled down.

    The largest that leaves the short side `SHORTEST_SIDE` pixels or more. If the picture is turned
    so that it starts at a stored right or lower edge, k divides that side: a cell that is cut off
    at the start would shift all others, and move PDQ by 4 bits.
    """
    for k in _SCALES:
        if (
            min(width, height) >= k * SHORTEST_SIDE
            and not (width % k and orientation.from_the_right)
            and not (height % k and orientation.from_below)
        ):
            return k
    return 1
