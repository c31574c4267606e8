"""One odd file, the scene that most of them show, and the ways to write it."""

import io
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from takeback.media import MediaError

Pixels = NDArray[np.uint8]

FEW_BITS: Final = 4
DECODERS_DIFFER: Final = 10

WIDTH: Final = 400
HEIGHT: Final = 300


@dataclass(frozen=True)
class Case:
    """A file, and what is right for it.

    `shows` is what people see, RGB of shape (height, width, 3); `error` what the server must say
    instead. If neither is given, all that is asked is that the ways agree. `in_chromium` tells
    whether the browser makes a fingerprint of it, `is_taken` whether it takes it at all, if only
    for exact copies (what begins as no picture does is refused), and `bits` how far apart the ways
    may be.
    """

    name: str
    data: bytes
    shows: Pixels | None = None
    error: type[MediaError] | None = None
    in_chromium: bool = True
    is_taken: bool = True
    bits: int = FEW_BITS


@cache
def scene(width: int = WIDTH, height: int = HEIGHT, seed: int = 1) -> Pixels:
    """Draw soft curves of three colours, and discs on them."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[0:height, 0:width]
    colours = np.zeros((height, width, 3))
    for channel in range(3):
        for _ in range(9):
            waves = random.uniform(-5, 5, 2)
            phase = waves[0] * across / width + waves[1] * down / height
            colours[..., channel] += np.sin(2 * np.pi * phase + random.uniform(0, 7))
    colours = (colours - colours.min()) / (colours.max() - colours.min()) * 255
    for _ in range(7):
        x, y, radius = random.uniform(0, width), random.uniform(0, height), random.uniform(20, 70)
        disc = (across - x) ** 2 + (down - y) ** 2 < radius**2
        colours[disc] = random.uniform(0, 255, 3)
    return _still(colours.astype(np.uint8))


@cache
def other_scene() -> Pixels:
    """Draw what must not be taken for the scene."""
    return scene(seed=2)


@cache
def grey_scene() -> Pixels:
    """Return the scene's brightness, (height, width)."""
    return _still(np.asarray(Image.fromarray(scene()).convert("L")))


@cache
def quantised() -> Image.Image:
    """Return the scene in 128 colours; not to be changed."""
    return Image.fromarray(scene()).quantize(128)


@cache
def fade() -> Pixels:
    """Return an alpha channel that fades from left to right, (height, width)."""
    return _still(np.tile(np.linspace(255, 0, WIDTH).astype(np.uint8), (HEIGHT, 1)))


def three(grey: Pixels) -> Pixels:
    """Return grey as RGB."""
    return np.dstack([grey] * 3)


def on_white(colours: Pixels, alpha: Pixels) -> Pixels:
    """Lay colours on white, as a viewer would on its page."""
    ground = Image.new("RGB", colours.shape[1::-1], "white")
    ground.paste(Image.fromarray(colours), mask=Image.fromarray(alpha))
    return np.asarray(ground)


def on_canvas(part: Pixels, width: int, height: int, left: int, top: int) -> Pixels:
    """Lay a part on a white canvas; what hangs out of it is cut off."""
    canvas = np.full((height, width, 3), 255, np.uint8)
    room = canvas[top : top + part.shape[0], left : left + part.shape[1]]
    room[...] = part[: room.shape[0], : room.shape[1]]
    return canvas


def turned(colours: Pixels) -> Pixels:
    """Return how a picture is stored that orientation 6 sets upright."""
    return np.ascontiguousarray(np.rot90(colours, 1))


def saved(pillow_format: str, picture: Pixels | Image.Image | None = None, **how: Any) -> bytes:
    """Write a picture, the scene if none is given, with Pillow."""
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(scene() if picture is None else picture)
    file = io.BytesIO()
    picture.save(file, pillow_format, **how)
    return file.getvalue()


def _still(pixels: Pixels) -> Pixels:
    pixels.setflags(write=False)
    return pixels
