"""How much of a picture was really read: what a decoder never wrote must not get a fingerprint."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

LEAST_SHARE: Final = 1 / 16
"""Of a picture's area. Cut files show more, or nothing that could be known again: PDQ looks at 64
rows, so four of them hold this much."""

_STEP: Final = 8  # pixels; a block of a JPEG is as large

Fill = int | None
"""With what a picture is filled before it is decoded; None: with what its decoder takes."""


Pixel = int | tuple[int, ...]


def sampled(picture: Image.Image | NDArray[np.uint8]) -> NDArray[Any]:
    """Return one pixel of 64, each from the middle of a block."""
    if isinstance(picture, np.ndarray):
        middle = [min(_STEP, side) // 2 for side in picture.shape[:2]]
        return picture[middle[0] :: _STEP, middle[1] :: _STEP]
    columns, rows = (-(-side // _STEP) for side in picture.size)
    return np.asarray(picture.resize((columns, rows), Image.Resampling.NEAREST))


def hardly_read(samples: NDArray[Any], never_read: Iterable[Pixel], tolerance: int = 0) -> bool:
    """Tell whether nearly all samples have the value of something that was not read.

    `never_read` are such values, as `Image.getpixel` gives them; `tolerance` is in steps of them. A
    picture of one plain colour looks so, too: ask further before refusing it.
    """
    return any(_share_of(samples, value, tolerance) > 1 - LEAST_SHARE for value in never_read)


def _share_of(samples: NDArray[Any], value: Pixel, tolerance: int) -> float:
    if tolerance:
        same = np.abs(samples.astype(np.int64) - value) <= tolerance
    else:
        same = samples == np.asarray(value, dtype=samples.dtype)
    return float((same.all(axis=-1) if isinstance(value, tuple) else same).mean())


def filled_before(picture: ImageFile.ImageFile, fill: Fill) -> None:
    """Make the plug-in fill the picture's memory with `fill`, in all samples, before it decodes."""
    if fill is None:
        return
    prepare = picture.load_prepare

    def prepare_and_fill() -> None:
        prepare()
        bands = picture.im.bands
        ink = fill if bands == 1 else (fill,) * bands
        picture.im.paste(ink, (0, 0, *picture.im.size))

    picture.load_prepare = prepare_and_fill  # type: ignore[method-assign]


def not_written(decode: Callable[[Fill], Image.Image]) -> NDArray[np.bool_]:
    """Decode a picture on two grounds; return which pixels, (height, width), show the ground."""
    first, second = (np.asarray(decode(fill)) for fill in (0, 255))
    differ = np.not_equal(first, second)
    anywhere: NDArray[np.bool_] = differ.reshape(*differ.shape[:2], -1).any(axis=-1)
    return anywhere
