"""How much of a JPEG's picture there is data for, whatever colours the picture has."""

import io
import math
import re
from typing import Final, NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import JpegImagePlugin

from takeback.media.formats.share import LEAST_SHARE

Buffer = bytes | memoryview

KINDS: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
"""Sequential and progressive, with Huffman or arithmetic coding (ITU-T T.81, table B.1). Not read
are lossless and hierarchical ones, which browsers don't show either."""

BLOCK: Final = 8

_START: Final = b"\xff\xd8"
_END: Final = b"\xff\xd9"
_MARKER: Final = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")  # of a segment, or the end (B.1.1.3)
_SCAN: Final = 0xDA
_RESTART_INTERVAL: Final = 0xDD
_FIRST_RESTART: Final = 0xD0
_RESTARTS: Final = 8  # that take turns

# From the marker of a frame (B.2.2) and of a scan (B.2.3).
_HEIGHT_AT: Final = 5
_COMPONENTS_AT: Final = 9
_COMPONENT_LENGTH: Final = 3
_SCAN_COMPONENTS_AT: Final = 4
_SCAN_COMPONENT_LENGTH: Final = 2

_MOST_BLOCKS: Final = 4  # one above the other in an interleaved unit (A.1.1)
_OTHER_BYTES: Final = bytes(range(7, 251, 3))
_MANY_OTHER_BYTES: Final = _OTHER_BYTES * 64
_RESTART: Final = re.compile(rb"\xff[\xd0-\xd7]")
_MOST_RESTARTS: Final = 1024  # within the least share; of more, those are not looked at
_MOST_SEGMENTS: Final = 10_000
"""Before the first pass. An extra that needs many of them fills 64 KiB with each."""

_PROGRESSIVE: Final = frozenset({0xC2, 0xCA})
_TABLE_OF_NO_DETAILS: Final = b"\xff\xc4\0\x14\x13\1" + bytes(16)
"""Huffman codes number 3 for details (B.2.4.2): one of a bit, for the end of a block."""

_GREY: Final = 128
"""libjpeg leaves blocks of Huffman-coded files at zero that it has no data for."""

_WITHOUT_CONVERSION: Final = {"RGB": "RGB", "CMYK": "CMYK", "YCCK": "CMYK"}
"""Colour space of a JPEG → one that its decoder can give; else brightness."""


class Top(NamedTuple):
    """The top of a picture, decoded twice: with nothing behind its data, and with other bytes.

    Both are uint8 of shape (rows, columns, samples), with one pixel for each block of 8 × 8 of the
    picture, which is `height` pixels high; `together` rows of blocks are stored as one.
    """

    first: NDArray[np.uint8]
    second: NDArray[np.uint8]
    height: int
    together: int


def share_there(top: Top, *, arithmetic: bool) -> float:
    """Return the share of the picture's area that data was found for.

    Within `top`, so that it is the least share or a little more at most. Before the first block
    that differs all is there; behind it, what was not left grey, which says nothing of arithmetic
    coding.
    """
    differ = (top.first != top.second).any(axis=2)
    there = np.ones_like(differ)
    if differ.any():
        row = int(differ.any(axis=1).argmax()) // top.together * top.together
        unit_row, below = slice(row, row + top.together), slice(row + top.together, None)
        column = int(differ[unit_row].any(axis=0).argmax())
        is_grey = (np.abs(top.first.astype(np.int16) - _GREY) <= 1).all(axis=2)
        read_later = ~(differ | is_grey) & (not arithmetic)
        there[below] = read_later[below]
        there[unit_row, column:] = read_later[unit_row, column:]
    return int(np.count_nonzero(there)) / int(-(-top.height // BLOCK) * there.shape[1])


def decoded_top(data: Buffer, *, arithmetic: bool) -> Top | None:
    """Decode as many rows as make the least share, of the first pass over the first component.

    Where data ends, a decoder goes on with zeros (T.81, D.2.4, and libjpeg for Huffman codes): what
    changes if other bytes stand there was not in the file. Takes two copies of the data, and twice
    the time that a sixteenth of the picture takes at an eighth of its size. None if there is no
    such pass, or none that can be decoded, or if too many segments come before it.
    """
    parts = _parts(data)
    if parts is None:
        return None
    at = parts.frame + _HEIGHT_AT
    height = int.from_bytes(data[at : at + 2])
    rows = math.ceil(-(-height // BLOCK) * LEAST_SHARE)
    top = min(height, -(-rows // parts.together) * parts.together * BLOCK)
    header = b"".join((data[:at], top.to_bytes(2), data[at + 2 : parts.scan]))
    scan = bytes(data[parts.scan : parts.end]).rstrip(b"\xff")
    behind = _behind(scan, restarts=parts.restarts)
    # Encoders leave out zeros at the end of arithmetic data, also before a restart (D.1.8).
    between = scan if arithmetic else _RESTART.sub(_OTHER_BYTES + rb"\g<0>", scan, _MOST_RESTARTS)
    space = _space_to_decode(data)
    first, second = (
        _eighth(b"".join((header, *data_there, parts.details, _END)), space)
        for data_there in ((scan,), (between, behind))
    )
    if first is None or second is None or first.shape != second.shape:
        return None
    return Top(first, second, height, parts.together)


def first_pass_is_sound(data: Buffer) -> bool:
    """Tell whether what `decoded_top` looks at can be decoded without a complaint, given an end.

    An arithmetic decoder that meets what no encoder writes leaves the rest grey. Takes a copy of
    the data, and the time that the picture takes at an eighth of its size.
    """
    parts = _parts(data)
    if parts is None:
        return False
    if _space_to_decode(data) is None:
        return True  # sampled in a way whose decoder does not complain
    return is_sound(bytes(data[: parts.end]).rstrip(b"\xff") + _END)


def is_sound(data: Buffer) -> bool:
    """Tell whether a JPEG can be decoded without a complaint."""
    space = _space_to_decode(data)
    try:
        simplejpeg.decode_jpeg(data, space or "GRAY", min_height=1, min_width=1)
    except ValueError:
        return False
    return True


def _eighth(jpeg: bytes, space: str | None) -> NDArray[np.uint8] | None:
    """Decode at an eighth, (rows, columns, samples), as far as it goes; by Pillow without space."""
    try:
        if space is not None:
            decoded: NDArray[np.uint8] = simplejpeg.decode_jpeg(
                jpeg, space, min_height=1, min_width=1, strict=False
            )
            return decoded
        with JpegImagePlugin.JpegImageFile(io.BytesIO(jpeg)) as picture:
            picture.decodermaxblock = len(jpeg)  # an arithmetic decoder can't wait for more
            picture.draft(None, (1, 1))
            pixels = np.asarray(picture)
    except (ValueError, OSError):
        return None
    return pixels.reshape(*pixels.shape[:2], -1)


class _Parts(NamedTuple):
    """Where the frame lies, and the data of the first pass over its first component."""

    frame: int
    scan: int
    end: int
    together: int
    restarts: bool
    details: bytes


def _parts(data: Buffer) -> _Parts | None:
    """Walk the segments (T.81, annex B): what looks like an end within one, as in Exif, is none."""
    frame, components, restarts, at = None, b"", False, 2
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None or _START in bytes(data[at : found.start()]):
            break  # no decoder goes on behind a second start
        start, marker = found.start(), data[found.start() + 1]
        length = max(2, int.from_bytes(data[start + 2 : start + 4]))
        segment = bytes(data[start : start + 2 + length])
        at = start + len(segment)
        if marker == _END[1]:
            break
        if marker in KINDS and frame is None:
            frame = start
            count = sum(segment[_COMPONENTS_AT : _COMPONENTS_AT + 1])
            components = segment[_COMPONENTS_AT + 1 :][: count * _COMPONENT_LENGTH]
        elif marker == _RESTART_INTERVAL:
            restarts = any(segment[4:])
        elif marker == _SCAN and frame is not None and _holds(segment, components[:1]):
            factors = components[1::_COMPONENT_LENGTH]
            together = max(factor & 0xF for factor in factors) if len(factors) > 1 else 1
            together = min(max(1, together), _MOST_BLOCKS)
            ends = _MARKER.search(data, at)
            end = ends.start() if ends else len(data)
            details = _no_details(components) if data[frame + 1] in _PROGRESSIVE else b""
            return _Parts(frame, at, end, together, restarts, details)
    return None


def _no_details(components: bytes) -> bytes:
    """Return scans (B.2.3) that say that no block has any details.

    Of a progressive JPEG without them a decoder smooths the blocks, so that what is missing would
    change those next to it.
    """
    scans = (
        bytes((0xFF, _SCAN, 0, 8, 1, identifier, 0x03, 1, 63, 0))
        for identifier in components[::_COMPONENT_LENGTH]
    )
    return _TABLE_OF_NO_DETAILS + b"".join(scans)


def _holds(scan_header: bytes, component: bytes) -> bool:
    return component in scan_header[_SCAN_COMPONENTS_AT + 1 : -3 : _SCAN_COMPONENT_LENGTH]


def _behind(scan: bytes, *, restarts: bool) -> bytes:
    """Return what to put behind data: if there are restarts, some behind each that may be next."""
    if not restarts:
        return _MANY_OTHER_BYTES
    markers = [bytes((0xFF, _FIRST_RESTART + number)) for number in range(_RESTARTS)]
    last_at = [scan.rfind(marker) for marker in markers]
    begin = last_at.index(max(last_at)) + 1 if max(last_at) >= 0 else 0
    following = (markers[(begin + number) % _RESTARTS] for number in range(_RESTARTS))
    return _MANY_OTHER_BYTES + b"".join(marker + _MANY_OTHER_BYTES for marker in following)


def _space_to_decode(data: Buffer) -> str | None:
    """Return what simplejpeg can decode to; None if it can't, for how the JPEG is sampled."""
    try:
        space = str(simplejpeg.decode_jpeg_header(data, strict=False)[2])
    except KeyError:  # sampled in a way that it has no name for
        return "GRAY"
    except ValueError:
        return None
    return _WITHOUT_CONVERSION.get(space, "GRAY")
