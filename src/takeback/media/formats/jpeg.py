"""JPEG: which kinds are read, and how much of one was."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from takeback._native import jpeg_markers
from takeback.media.formats.jpeg_data import (
    BLOCK,
    KINDS,
    Buffer,
    decoded_top,
    first_pass_is_sound,
    is_sound,
    share_there,
)
from takeback.media.formats.share import LEAST_SHARE, hardly_read, plain_from
from takeback.media.limits import Limits
from takeback.media.orientation import Orientation, orientation_of
from takeback.media.protocol import Outcome
from takeback.media.refused import Refused

_ARITHMETIC: Final = frozenset({0xC9, 0xCA})
_BITS: Final = 8
_MOST_LATE: Final = 8
"""Blocks that may still come of the data behind the first that differs: the last bits of it count
for some."""

_MOST_BLOCKS: Final = 4  # one above the other in an interleaved unit (A.1.1)

_SHOWS_ENOUGH: Final = 1 / 4
"""Of a picture that isn't the colour of what is missing: then it has the least share, though a
decoder smooths what it has of a progressive file over two rows of blocks that it doesn't have."""

_GREY: Final = 128
_UNREAD: Final = (_GREY, 0)
"""libjpeg leaves blocks that it has no data for at zero, which is this brightness; rows that it did
not come to stay black."""

_UNREAD_CMYK: Final = ((_GREY - 1,) * 4, (_GREY,) * 3 + (_GREY - 1,), (0, 0, 0, 0))
"""The same of CMYK and YCCK (T.872, 6.5.3), turned the right way as Pillow does."""


class JpegHeader(NamedTuple):
    """What is known of a JPEG before it is decoded.

    `colour_refinements` are ranges of bytes that brightness can do without.
    """

    orientation: Orientation
    colour_refinements: tuple[tuple[int, int], ...]
    arithmetic: bool


def inspected(data: Buffer, limits: Limits) -> JpegHeader:
    """Look at the markers of a JPEG.

    Raises Refused: too many scans; unsupported for a rare kind, for samples of more than 8 bits,
    and where the number of rows stands behind the first scan (B.2.5), which nobody writes or reads.
    """
    scans, exif, colour, (marker, bits, height, *_) = jpeg_markers(data, limits.max_scans)
    if scans > limits.max_scans:
        raise Refused(Outcome.TOO_MANY_SCANS)
    is_there = marker != 0 and bits != 0
    if is_there and (marker not in KINDS or bits != _BITS or height == 0):
        raise Refused(Outcome.UNSUPPORTED)
    orientation = orientation_of(b"".join(data[start:end] for start, end in exif))
    return JpegHeader(orientation, colour, marker in _ARITHMETIC)


def refuse_unread(
    picture: Image.Image | NDArray[np.uint8], data: Buffer, header: JpegHeader
) -> None:
    """Raise Refused for damage if hardly anything of this decoded JPEG was in its `data`.

    `picture` is as stored, whatever its scale; an array is its brightness. One that is mostly
    black or grey looks unread; whether it is, its data says.
    """
    if header.arithmetic:
        _refuse_unread_arithmetic(picture, data)
        return
    if isinstance(picture, Image.Image) and picture.mode == "CMYK":
        is_suspect = hardly_read(picture, _UNREAD_CMYK, share=_SHOWS_ENOUGH)
    else:
        # Of colour, too, only brightness is looked at, so that both ways come to one answer.
        is_suspect = hardly_read(
            picture, _UNREAD, brightness=True, tolerance=1, share=_SHOWS_ENOUGH
        )
    if not is_suspect:
        return
    top = decoded_top(data, arithmetic=False)
    is_there = is_sound(data) if top is None else share_there(top, arithmetic=False) >= LEAST_SHARE
    if not is_there:
        raise Refused(Outcome.DAMAGED)


def _refuse_unread_arithmetic(picture: Image.Image | NDArray[np.uint8], data: Buffer) -> None:
    """Raise Refused for damage if hardly anything of an arithmetic JPEG was in its `data`.

    Where its data ends, its decoder makes a picture of zeros, so its looks say nothing. And what
    differs if other bytes stand there may be the rest of a whole picture, for encoders leave out
    zeros at the end (T.81, D.1.8). Then it is of one plain colour from there on; where data is
    missing, a decoder makes noise before that, or complains.
    """
    top = decoded_top(data, arithmetic=True)
    if top is None:
        if is_sound(data):
            return
        raise Refused(Outcome.DAMAGED)
    differ = (top.first != top.second).any(axis=2)
    if share_there(top, arithmetic=True) >= LEAST_SHARE:
        return
    row = int(differ.any(axis=1).argmax())
    behind = top.first[row, int(differ[row].argmax()) + _MOST_LATE :]
    from_share = (row + _MOST_BLOCKS) * BLOCK / top.height
    is_plain = (behind == behind[:1]).all() and plain_from(picture, from_share)
    if not (is_plain and first_pass_is_sound(data)):
        raise Refused(Outcome.DAMAGED)
