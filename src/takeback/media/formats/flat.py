"""Decoded pictures of any mode → RGB or grey on white: the rules of docs/media.md."""

from typing import Final, Literal

import numpy as np
from PIL import Image

from takeback.media.protocol import Outcome
from takeback.media.refused import Refused

Mode = Literal["RGB", "L"]
Box = tuple[int, int, int, int]

_WHITE: Final = (255, 255, 255)


def on_white(picture: Image.Image, mode: Mode) -> Image.Image:
    """Return the picture in RGB or grey, what is transparent laid on white; raises Refused."""
    if picture.mode.startswith("I;16"):
        picture = _from_16_bits(picture)
    elif picture.mode in ("La", "RGBa"):
        picture = picture.convert({"La": "LA", "RGBa": "RGBA"}[picture.mode])
    elif picture.mode in ("LAB", "I", "F"):
        raise Refused(Outcome.UNSUPPORTED)
    if not picture.has_transparency_data:
        return _converted(picture, mode)
    layered = picture.convert("RGBA")
    alpha = layered.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return layered.convert(mode)
    ground = Image.new("RGB", layered.size, _WHITE)
    ground.paste(layered.convert("RGB"), mask=alpha)
    return _converted(ground, mode)


def from_apple(picture: Image.Image) -> Image.Image:
    """Return a picture of CgBI on white: blue comes first, colours are multiplied with alpha."""
    samples = np.asarray(picture)
    colours = samples[..., 2::-1]
    if picture.mode == "RGBA":
        clear = 255 - samples[..., 3:].astype(np.uint16)
        colours = np.minimum(colours + clear, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(colours))


def on_canvas(
    flat: Image.Image, part: Box, canvas: tuple[int, int], at: tuple[int, int]
) -> Image.Image:
    """Lay a part of a flat picture on a white canvas, its upper left corner at `at`."""
    if (part, canvas, at) == ((0, 0, *flat.size), flat.size, (0, 0)):
        return flat
    ground = Image.new(flat.mode, canvas, _white(flat))
    ground.paste(flat.crop(part), at)
    return ground


def whitened(
    flat: Image.Image, where: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
) -> Image.Image:
    """Return the flat picture, white where `where`, of shape (height, width), says so."""
    flat.paste(_white(flat), mask=Image.fromarray(where))
    return flat


def _white(flat: Image.Image) -> int | tuple[int, ...]:
    return _WHITE if flat.mode == "RGB" else _WHITE[0]


def _converted(picture: Image.Image, mode: Mode) -> Image.Image:
    """Return the picture in RGB, or in grey by way of RGB, so that both show the same."""
    if mode == "L" and picture.mode not in ("L", "1", "RGB"):
        picture = picture.convert("RGB")
    return picture if picture.mode == mode else picture.convert(mode)


def _from_16_bits(picture: Image.Image) -> Image.Image:
    samples = np.asarray(picture)
    grey = Image.fromarray((samples >> 8).astype(np.uint8))
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        grey.putalpha(Image.fromarray(np.where(samples == transparent, 0, 255).astype(np.uint8)))
    return grey
