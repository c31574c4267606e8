"""GIF: which colours its first frame has, and where on the canvas it lies."""

from typing import Final

import numpy as np
from PIL import Image

from takeback.media.protocol import Outcome
from takeback.media.refused import Refused

Box = tuple[int, int, int, int]

# GIF89a specification, sections 18 to 25.
_FLAGS_AT, _AFTER_SCREEN = 10, 13
_HAS_TABLE, _SIZE = 0x80, 0x07
_MOST_COLOURS: Final = 256
_GREY: Final = [value for value in range(_MOST_COLOURS) for _ in range(3)]
_EXTENSION, _FRAME = 0x21, 0x2C


def colours_of(data: bytes | memoryview) -> int:
    """Return how many colours the table of a GIF's first frame has.

    Raises Refused for a frame without such a table: each viewer shows another. 256 where there is
    no frame to be found: that is Pillow's to tell.
    """
    if len(data) < _AFTER_SCREEN:
        return _MOST_COLOURS
    flags = data[_FLAGS_AT]
    at = _AFTER_SCREEN + (3 * _colours(flags) if flags & _HAS_TABLE else 0)
    while at + 10 <= len(data) and data[at] == _EXTENSION:
        at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    if at + 10 > len(data) or data[at] != _FRAME:
        return _MOST_COLOURS
    if data[at + 9] & _HAS_TABLE:
        flags = data[at + 9]
    elif not flags & _HAS_TABLE:
        raise Refused(Outcome.UNSUPPORTED)
    return _colours(flags)


def _colours(flags: int) -> int:
    return 2 << (flags & _SIZE)


def blackened(picture: Image.Image, colours: int) -> Image.Image:
    """Make black what asks for a colour beyond a table of so many, as in Chromium.

    Changes the picture, which is in mode P, or L if the table is a ramp of grey.
    """
    if colours < _MOST_COLOURS and int(np.asarray(picture).max()) >= colours:
        table = picture.getpalette() if picture.mode == "P" else _GREY
        picture.putpalette((table or [])[: 3 * colours] + [0] * (3 * (_MOST_COLOURS - colours)))
    return picture


def frame_of(picture: Image.Image) -> Box:
    """Return where on its canvas the first frame of a GIF lies that Pillow opened."""
    frame: Box | None = getattr(picture, "dispose_extent", None)
    return frame or (0, 0, *picture.size)
