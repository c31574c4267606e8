"""GIF: whether its first frame has colours, and where on the canvas it lies."""

from typing import Final

from PIL import Image

from takeback.media.protocol import Outcome
from takeback.media.refused import Refused

Box = tuple[int, int, int, int]

# GIF89a specification, sections 18 to 25.
_FLAGS_AT, _AFTER_SCREEN = 10, 13
_HAS_TABLE: Final = 0x80
_EXTENSION, _FRAME = 0x21, 0x2C


def refuse_without_colours(data: bytes | memoryview) -> None:
    """Raise Refused for a GIF whose first frame has no colour table: each viewer shows another."""
    if len(data) < _AFTER_SCREEN or data[_FLAGS_AT] & _HAS_TABLE:
        return
    at = _AFTER_SCREEN
    while at + 10 <= len(data) and data[at] == _EXTENSION:
        at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    if at + 10 <= len(data) and data[at] == _FRAME and not data[at + 9] & _HAS_TABLE:
        raise Refused(Outcome.UNSUPPORTED)


def frame_of(picture: Image.Image) -> Box:
    """Return where on its canvas the first frame of a GIF lies that Pillow opened."""
    frame: Box | None = getattr(picture, "dispose_extent", None)
    return frame or (0, 0, *picture.size)
