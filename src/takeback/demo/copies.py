"""The altered copies that people make of a picture, for the demo and the end-to-end tests."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

_BRIGHTER = 1.2
_CUT_OFF = 0.1
_SCREEN = (1080, 2340)
_BAR = 150
_LOW_QUALITY = 40
_GOOD_QUALITY = 85
_QUICKEST = 0  # of WebP's methods; other encoders pass it over


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
        alter(picture).save(file, encoding.name, quality=encoding.quality, method=_QUICKEST)
        yield AlteredCopy(alteration, file.getvalue(), f"image/{encoding.name.lower()}")


def _unchanged(picture: Image.Image) -> Image.Image:
    return picture


def _half_size(picture: Image.Image) -> Image.Image:
    size = (max(1, picture.width // 2), max(1, picture.height // 2))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _brighter(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(_BRIGHTER)


def _grey(picture: Image.Image) -> Image.Image:
    return picture.convert("L")


def _mirrored(picture: Image.Image) -> Image.Image:
    return ImageOps.mirror(picture)


def _cut_off(picture: Image.Image) -> Image.Image:
    return picture.crop((round(picture.width * _CUT_OFF), 0, picture.width, picture.height))


def _screenshot(picture: Image.Image) -> Image.Image:
    """Show the picture as a phone's gallery does: on black, with bars and buttons."""
    screen = Image.new("RGB", _SCREEN, "black")
    draw = ImageDraw.Draw(screen)
    width, height = _SCREEN
    shown = ImageOps.contain(picture, (width, height - 2 * _BAR))
    screen.paste(shown, ((width - shown.width) // 2, (height - shown.height) // 2))
    draw.text((40, 20), "12:34", "white", font_size=34)
    draw.rectangle((width - 110, 24, width - 40, 52), outline="white", width=3)
    for place in range(1, 5):
        middle = width * place // 5
        draw.ellipse(
            (middle - 24, height - 110, middle + 24, height - 62), outline="white", width=4
        )
    return screen


class _Encoding(NamedTuple):
    name: str
    quality: int


_JPEG: Final = _Encoding("JPEG", _GOOD_QUALITY)

ALTERATIONS: Final[tuple[tuple[str, Callable[[Image.Image], Image.Image], _Encoding], ...]] = (
    ("saved again", _unchanged, _Encoding("JPEG", _LOW_QUALITY)),
    ("other format", _unchanged, _Encoding("WEBP", _GOOD_QUALITY)),
    ("half size", _half_size, _JPEG),
    ("brighter", _brighter, _JPEG),
    ("grey", _grey, _JPEG),
    ("mirrored", _mirrored, _JPEG),
    ("a side cut off", _cut_off, _JPEG),
    ("in a screenshot", _screenshot, _JPEG),
)
