"""Draws the harmless pictures of the test lane: soft spots of colour, and words that say so."""

import hashlib
import io
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from takeback.fingerprints import md5_of, pdq_of_pixels, sha256_of
from takeback.fingerprints.listable import is_listable
from takeback.fingerprints.luma import Luma
from takeback.fingerprints.pdq import Pdq
from takeback.fingerprints.views import load_policy
from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal, Signal

DRAWN: Final = 3
"""How many pictures there are; they are numbered from 1."""

_SIZE: Final = (800, 600)
# Grids of so many spots across and down, and their part of the whole: broad shapes for PDQ's low
# frequencies, finer ones for its quality.
_GRIDS: Final = (((4, 3), 0.4), ((12, 9), 0.35), ((32, 24), 0.25))
_BAND: Final = 110
_CHANNELS: Final = 3


@cache
def drawn_png(number: int) -> bytes:
    """Return a picture as a PNG file; always the same for one number, 1 to `DRAWN`.

    Raises ValueError for another number.
    """
    if not 1 <= number <= DRAWN:
        raise ValueError(f"There are pictures 1 to {DRAWN}.")
    file = io.BytesIO()
    _drawn(number).save(file, "PNG")
    return file.getvalue()


def drawn_signals(number: int) -> tuple[Signal, ...]:
    """Return what is listed of a picture: all that is of a reported one (docs/fingerprints.md)."""
    data = drawn_png(number)
    with Image.open(io.BytesIO(data)) as picture:
        pixels = np.asarray(picture)
    boxes = load_policy().listed_boxes(*_SIZE).values()
    crops = Luma.from_pixels(pixels).crop_pdqs(tuple(boxes))
    parts = (pdq for pdq in crops if is_listable(pdq, crop=True))
    return (
        *map(_signal, dict.fromkeys((pdq_of_pixels(pixels), *parts))),
        Sha256Signal(value=sha256_of(data)),
        Md5Signal(value=md5_of(data)),
    )


def _signal(pdq: Pdq) -> PdqSignal:
    return PdqSignal(value=pdq.hex, quality=pdq.quality)


def _drawn(number: int) -> Image.Image:
    across, down = _SIZE
    mixed = np.zeros((down, across, _CHANNELS))
    for (columns, rows), part in _GRIDS:
        spots = Image.fromarray(_spots(number, columns, rows))
        mixed += part * np.asarray(spots.resize(_SIZE, Image.Resampling.BICUBIC), np.float64)
    picture = Image.fromarray(np.rint(mixed).astype(np.uint8))
    drawing = ImageDraw.Draw(picture)
    drawing.rectangle((0, down - _BAND, across, down), fill="white")
    words = f"Takeback test picture {number}\nDrawn by a program. It shows nobody."
    drawing.text((24, down - _BAND + 20), words, fill="black", font=ImageFont.load_default(30))
    return picture


def _spots(number: int, columns: int, rows: int) -> npt.NDArray[np.uint8]:
    """Return colours that are as good as random and the same everywhere, (rows, columns, 3)."""
    seed = f"takeback test picture {number}, {columns} by {rows}".encode()
    drawn = hashlib.shake_256(seed).digest(rows * columns * _CHANNELS)
    return np.frombuffer(drawn, np.uint8).reshape(rows, columns, _CHANNELS)
