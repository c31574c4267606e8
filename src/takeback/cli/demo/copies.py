"""The altered copies that people make of a picture, for the demo and the end-to-end tests."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

_BRIGHTER = 1.2
_JPEG_LOW_QUALITY = 40
_GOOD_QUALITY = 85


@dataclass(frozen=True)
class AlteredCopy:
    """One copy as a file: what was done to it, its bytes and its media type."""

    alteration: str
    data: bytes
    media_type: str


def altered_copies(pixels: NDArray[np.uint8]) -> Iterator[AlteredCopy]:
    """Yield the copies of a picture given as upright RGB pixels, shape (height, width, 3)."""
    picture = Image.fromarray(pixels)
    for alteration, alter, encoding in ALTERATIONS:
        file = io.BytesIO()
        alter(picture).save(file, **encoding)
        media_type = f"image/{str(encoding['format']).lower()}"
        yield AlteredCopy(alteration, file.getvalue(), media_type)


def _unchanged(picture: Image.Image) -> Image.Image:
    return picture


def _half_size(picture: Image.Image) -> Image.Image:
    size = (max(1, picture.width // 2), max(1, picture.height // 2))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _brighter(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(_BRIGHTER)


def _grey(picture: Image.Image) -> Image.Image:
    return picture.convert("L")


_Alteration = tuple[str, Callable[[Image.Image], Image.Image], dict[str, object]]
ALTERATIONS: tuple[_Alteration, ...] = (
    ("saved again", _unchanged, {"format": "JPEG", "quality": _JPEG_LOW_QUALITY}),
    ("other format", _unchanged, {"format": "WEBP", "quality": _GOOD_QUALITY, "method": 0}),
    ("half size", _half_size, {"format": "JPEG", "quality": _GOOD_QUALITY}),
    ("brighter", _brighter, {"format": "JPEG", "quality": _GOOD_QUALITY}),
    ("grey", _grey, {"format": "JPEG", "quality": _GOOD_QUALITY}),
)
