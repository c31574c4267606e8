"""JPEG: which kinds are read, and how much of one was."""

import math
import re
from typing import Final, NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from takeback._native import jpeg_markers
from takeback.media.formats.share import LEAST_SHARE, hardly_read, plain_from
from takeback.media.limits import Limits
from takeback.media.orientation import Orientation, orientation_of
from takeback.media.protocol import Outcome
from takeback.media.refused import Refused

Buffer = bytes | memoryview

_KINDS: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
"""Sequential and progressive, with Huffman or arithmetic coding (ITU-T T.81, table B.1). Not read
are lossless and hierarchical ones, which browsers don't show either."""

_ARITHMETIC: Final = frozenset({0xC9, 0xCA})
_BITS: Final = 8
_END: Final = b"\xff\xd9"
_SCAN: Final = 0xDA
_MARKER: Final = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")  # of a segment, or the end (B.1.1.3)
_HEIGHT_AT: Final = 5  # from the marker of a frame (B.2.2)
_BLOCK: Final = 8
_MOST_LATE: Final = 8
"""Blocks that may still come of the data behind the first that differs: the last bits of it count
for some."""

_MOST_BLOCKS: Final = 4  # one above the other in an interleaved unit (A.1.1)
_OTHER_BYTES: Final = bytes(range(7, 251, 3)) * 64

_GREY: Final = 128
_UNREAD: Final = (_GREY, 0)
"""libjpeg leaves blocks that it has no data for at zero, which is this brightness; rows that it did
not come to stay black."""

_UNREAD_CMYK: Final = ((_GREY - 1,) * 4, (_GREY,) * 3 + (_GREY - 1,), (0, 0, 0, 0))
"""The same of CMYK and YCCK (T.872, 6.5.3), turned the right way as Pillow does."""

_WITHOUT_CONVERSION: Final = {"RGB": "RGB", "CMYK": "CMYK", "YCCK": "CMYK"}
"""Colour space of a JPEG → one that its decoder can give; else brightness."""


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
    if is_there and (marker not in _KINDS or bits != _BITS or height == 0):
        raise Refused(Outcome.UNSUPPORTED)
    orientation = orientation_of(b"".join(data[start:end] for start, end in exif))
    return JpegHeader(orientation, colour, marker in _ARITHMETIC)


def refuse_unread(
    picture: Image.Image | NDArray[np.uint8], data: Buffer, header: JpegHeader
) -> None:
    """Raise Refused for damage if hardly anything of this decoded JPEG was in its `data`.

    `picture` is as stored, whatever its scale; an array is its brightness. A complete picture of
    one plain grey looks the same, but is read without a complaint.
    """
    if header.arithmetic:
        _refuse_unread_arithmetic(picture, data)
    if isinstance(picture, Image.Image) and picture.mode == "CMYK":
        is_suspect = hardly_read(picture, _UNREAD_CMYK)
    else:
        # Of colour, too, only brightness is looked at, so that both ways come to one answer.
        is_suspect = hardly_read(picture, _UNREAD, brightness=True, tolerance=1)
    if is_suspect and not _reads_without_complaint(data):
        raise Refused(Outcome.DAMAGED)


def _refuse_unread_arithmetic(picture: Image.Image | NDArray[np.uint8], data: Buffer) -> None:
    """Raise Refused for damage if hardly anything of an arithmetic JPEG was in its `data`.

    Where its data ends, its decoder goes on with zeros (ITU-T T.81, D.2.4), and makes a picture of
    them. So its first rows, as many as make the least share, are decoded again with zeros and with
    other bytes there: if they differ, no more than that was read. But encoders leave out zeros at
    the end (D.1.8): of a picture that has its end, what they make may be the rest of it. Then it is
    of one plain colour from there on; where data is missing, a decoder makes noise before that.
    """
    parts = _parts(data)
    there = bytes(data[: parts.end]).rstrip(b"\xff")
    if parts.frame is None:
        return
    at = parts.frame + _HEIGHT_AT
    height = int.from_bytes(there[at : at + 2])
    top = math.ceil(height * LEAST_SHARE)
    there = b"".join((there[:at], top.to_bytes(2), there[at + 2 :]))
    space = _space_to_decode(data)
    first, second = (
        simplejpeg.decode_jpeg(
            b"".join((there, more, _END)), space, min_height=1, min_width=1, strict=False
        )
        for more in (b"", _OTHER_BYTES)
    )
    differ = (first != second).any(axis=2)
    if not differ.any():
        return
    row = int(differ.any(axis=1).argmax())
    behind = first[row, int(differ[row].argmax()) + _MOST_LATE :]
    from_share = (row + _MOST_BLOCKS) * _BLOCK / height
    is_plain = (behind == behind[:1]).all() and plain_from(picture, from_share)
    if parts.end is None or not is_plain:
        raise Refused(Outcome.DAMAGED)


class _Parts(NamedTuple):
    """Where a JPEG's frame begins, and where it ends; None for what is not there."""

    frame: int | None
    end: int | None


def _parts(data: Buffer) -> _Parts:
    """Walk the segments (T.81, annex B): what looks like an end within one, as in Exif, is none."""
    frame, at, scanned = None, 2, False
    while found := _MARKER.search(data, at):
        marker = data[found.start() + 1]
        if marker == _END[1]:
            return _Parts(frame, found.start() if scanned else None)
        if marker in _KINDS and frame is None:
            frame = found.start()
        scanned = scanned or marker == _SCAN
        at = found.end() + max(2, int.from_bytes(data[found.end() : found.end() + 2]))
    return _Parts(frame, None)


def _reads_without_complaint(data: Buffer) -> bool:
    try:
        space = _space_to_decode(data)
        simplejpeg.decode_jpeg(data, space, min_height=1, min_width=1, strict=True)
    except ValueError:
        return False
    return True


def _space_to_decode(data: Buffer) -> str:
    try:
        space = str(simplejpeg.decode_jpeg_header(data, strict=False)[2])
    except KeyError:  # sampled in a way that it has no name for
        return "GRAY"
    return _WITHOUT_CONVERSION.get(space, "GRAY")
