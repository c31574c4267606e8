"""How much of a picture was really read: what a decoder never wrote must not get a fingerprint."""

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

LEAST_SHARE: Final = 1 / 16
"""Of a picture's area. Cut files show more, or nothing that could be known again: PDQ looks at 64
rows, so four of them hold this much."""

_BLOCK: Final = 8  # pixels of a side; a block of a JPEG is as large
_GLANCE: Final = 4  # pixels of a side that are looked at first
_SUSPECT: Final = 0.5
_FLAT: Final = 2  # axes of a picture in grey
_LEVELS: Final = tuple(range(256))  # of a sample of 8 bits

Fill = int | None
"""With what a picture is filled before it is decoded; None: with what its decoder takes."""


Pixel = int | tuple[int, ...]


def hardly_read(
    picture: Image.Image | NDArray[np.uint8],
    never_read: Iterable[Pixel],
    *,
    brightness: bool = False,
    tolerance: int = 0,
    share: float = LEAST_SHARE,
) -> bool:
    """Tell whether all but less than a `share` of a picture looks as if it was not read.

    `never_read` are such values, as `Image.getpixel` gives them; of the brightness, if that is what
    counts. `tolerance` is in steps of them. Looks at 16 pixels, and if half of them are suspect at
    one of 64, each from the middle of a block. A picture of one plain colour looks so, too: ask
    further before refusing it.
    """
    values = tuple(never_read)

    def largest_share(columns: int, rows: int) -> float:
        samples = _sampled(picture, columns, rows)
        if brightness and samples.ndim > _FLAT:
            samples = np.asarray(Image.fromarray(samples).convert("L"))
        return max([_share_of(samples, value, tolerance) for value in values])

    height, width = _shape(picture)
    columns, rows = -(-width // _BLOCK), -(-height // _BLOCK)
    glance = largest_share(min(columns, _GLANCE), min(rows, _GLANCE))
    return glance >= _SUSPECT and largest_share(columns, rows) > 1 - share


def plain_from(picture: Image.Image | NDArray[np.uint8], share: float) -> bool:
    """Tell whether a picture has one brightness below this share of its height.

    One pixel from the middle of each block is looked at; nothing at all is plain.
    """
    height, width = _shape(picture)
    samples = _sampled(picture, -(-width // _BLOCK), -(-height // _BLOCK))
    if samples.ndim > _FLAT:
        samples = np.asarray(Image.fromarray(samples).convert("L"))
    rest = samples[math.ceil(share * len(samples)) :]
    return rest.size == 0 or bool(rest.max() == rest.min())


def _shape(picture: Image.Image | NDArray[np.uint8]) -> tuple[int, ...]:
    return picture.shape if isinstance(picture, np.ndarray) else picture.size[::-1]


def _sampled(picture: Image.Image | NDArray[np.uint8], columns: int, rows: int) -> NDArray[Any]:
    """Return the pixels in the middles of so many equal parts."""
    if isinstance(picture, Image.Image):
        return np.asarray(picture.resize((columns, rows), Image.Resampling.NEAREST))
    height, width = picture.shape
    down, across = -(-height // rows), -(-width // columns)
    samples: NDArray[Any] = picture[down // 2 :: down, across // 2 :: across]
    return samples


def _share_of(samples: NDArray[Any], value: Pixel, tolerance: int) -> float:
    if isinstance(value, tuple):
        same = (samples == np.asarray(value, dtype=samples.dtype)).all(axis=-1)
    elif samples.dtype == np.uint8:  # every JPEG comes by here, and bytes are counted soonest
        levels = _LEVELS[max(0, value - tolerance) : value + tolerance + 1]
        return sum(map(samples.tobytes().count, levels)) / int(samples.size)
    else:
        same = (samples >= value - tolerance) & (samples <= value + tolerance)
    return float(np.count_nonzero(same)) / int(same.size)


@contextlib.contextmanager
def filled_before(picture: ImageFile.ImageFile, fill: Fill) -> Iterator[None]:
    """Have the plug-in fill the picture's memory with `fill`, in all samples, before it decodes.

    Only within the block, for what is put in the plug-in's place knows the picture: both would stay
    in memory until somebody looks for such rings.
    """
    if fill is None:
        yield
        return
    prepare = picture.load_prepare

    def prepare_and_fill() -> None:
        prepare()
        bands = picture.im.bands
        ink = fill if bands == 1 else (fill,) * bands
        picture.im.paste(ink, (0, 0, *picture.im.size))

    picture.load_prepare = prepare_and_fill  # type: ignore[method-assign]  # undone below
    try:
        yield
    finally:
        del picture.load_prepare


def not_written(decode: Callable[[Fill], Image.Image]) -> NDArray[np.bool_]:
    """Decode a picture on two grounds; return which pixels, (height, width), show the ground."""
    first, second = (np.asarray(decode(fill)) for fill in (0, 255))
    differ = np.not_equal(first, second)
    anywhere: NDArray[np.bool_] = differ.reshape(*differ.shape[:2], -1).any(axis=-1)
    return anywhere
