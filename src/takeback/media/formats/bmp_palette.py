"""BMP with a table of colours, 1 to 8 bits a pixel, and in runs: as Chromium shows it, exactly.

Pillow takes a short table for a ramp of grey, doesn't know 2 bits, and gives up on runs that end
early. A colour that the table lacks is black here, and so is what is missing of the picture.
"""

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from takeback.media.formats.bmp_runs import written_by
from takeback.media.formats.share import LEAST_SHARE
from takeback.media.limits import Limits
from takeback.media.protocol import Outcome
from takeback.media.refused import Refused, check_size

Buffer = bytes | memoryview

# BITMAPFILEHEADER and BITMAPINFOHEADER, Windows SDK, wingdi.h; BITMAPCOREHEADER and its successor
# of up to 64 bytes, of which all may be left out that follows the 16th: OS/2 2.0.
_OFFSET_AT, _HEADER_AT = 10, 14
_CORE_HEADER, _SHORT_HEADER, _INFO_HEADER, _OS2_HEADER = 12, 16, 40, 64
_RUNS: Final = {1: 8, 2: 4}  # compression → bits a pixel
_RUNS_OF_OS2: Final = {4: 24}
_MOST_BITS, _TRUE_COLOUR = 8, 24
_DEPTHS: Final = ({1, 2, 4, 8}, {1, 4, 8})  # the latter of the core header
_COLOURS: Final = 256


class _Header(NamedTuple):
    """What the header says; `height` is negative where the highest row comes first."""

    size: int
    width: int
    height: int
    bits: int
    compression: int
    colours: int
    offset: int

    @property
    def sides(self) -> tuple[int, int]:
        """Pixels across and down; the former may be negative."""
        return self.width, abs(self.height)


def decoded(data: Buffer, limits: Limits) -> Image.Image | None:
    """Decode a BMP with a table of colours, in runs, or with a short header; None for any other.

    Returns it in mode P, L or RGB. Raises Refused for too many pixels or a side that is too long,
    for a table that is not all there, and if less than the least share of it was written.
    """
    header = _header(data)
    if header is None:
        return None
    in_runs = header.bits == _runs_of(header)
    is_true = header.bits == _TRUE_COLOUR and (in_runs or header.size == _SHORT_HEADER)
    if header.bits > _MOST_BITS and not is_true:
        return None
    if not is_true and header.bits not in _DEPTHS[header.size == _CORE_HEADER]:
        raise Refused(Outcome.UNSUPPORTED)
    width, rows = header.sides
    if width <= 0 or rows == 0:
        raise Refused(Outcome.DAMAGED)
    check_size(width, rows, limits)
    colours = None if is_true else _colours(data, header)
    pixels = _in_runs(data, header, _grounds(colours)) if in_runs else _plain(data, header)
    return _picture(pixels, colours, header)


_RAMP: Final = np.repeat(np.arange(_COLOURS, dtype=np.uint8)[:, None], 3, axis=1)


class _Pixels(NamedTuple):
    """Rows in the file's order, of `stride` bytes each, of so many bits a pixel.

    `missing`: which pixels, (rows, width), are not there, and must be black; None if none must.
    """

    stored: Buffer | bytearray
    stride: int
    bits: int
    missing: NDArray[np.bool_] | None = None


def _header(data: Buffer) -> _Header | None:
    if len(data) < _HEADER_AT + _SHORT_HEADER:
        return None
    (offset,) = struct.unpack_from("<I", data, _OFFSET_AT)
    (size,) = struct.unpack_from("<I", data, _HEADER_AT)
    if size == _CORE_HEADER:
        width, height, _, bits = struct.unpack_from("<HHHH", data, _HEADER_AT + 4)
        return _Header(size, width, height, bits, 0, 0, offset)
    if size < _SHORT_HEADER:
        return None
    stated = bytes(data[_HEADER_AT : _HEADER_AT + min(size, _INFO_HEADER)]).ljust(
        _INFO_HEADER, b"\0"
    )
    width, height, _, bits, compression, _, _, _, colours = struct.unpack_from(
        "<iiHHIIiiI", stated, 4
    )
    return _Header(size, width, height, bits, compression, colours, offset)


def _runs_of(header: _Header) -> int | None:
    """Return how many bits a pixel must have whose picture is in such runs; None if it is not."""
    runs = _RUNS | _RUNS_OF_OS2 if header.size == _OS2_HEADER else _RUNS
    return runs.get(header.compression)


def _colours(data: Buffer, header: _Header) -> NDArray[np.uint8]:
    """Return red, green and blue of all 256 colours; those that the table lacks are black."""
    most = 1 << header.bits
    count = min(header.colours or most, most)
    size = 3 if header.size == _CORE_HEADER else 4
    at = _HEADER_AT + header.size
    table = data[at : at + count * size]
    if len(table) < count * size:
        raise Refused(Outcome.DAMAGED)
    colours = np.zeros((_COLOURS, 3), np.uint8)
    colours[:count] = np.frombuffer(table, np.uint8).reshape(count, size)[:, 2::-1]
    return colours


def _plain(data: Buffer, header: _Header) -> _Pixels:
    (width, rows), stride = header.sides, (header.width * header.bits + 31) // 32 * 4
    stored = data[header.offset : header.offset + rows * stride]
    there = len(stored) // stride
    if there == rows:
        return _Pixels(stored, stride, header.bits)
    if there < rows * LEAST_SHARE:
        raise Refused(Outcome.DAMAGED)
    whole = bytes(stored).ljust(rows * stride, b"\0")
    missing = np.repeat(np.arange(rows) >= there, width).reshape(rows, width)
    return _Pixels(whole, stride, header.bits, missing)


def _in_runs(data: Buffer, header: _Header, grounds: Sequence[bytes]) -> _Pixels:
    (width, rows), depth = header.sides, len(grounds[0])
    runs = bytes(data[header.offset :])
    ground, *others = grounds
    first = written_by(runs, header.sides, header.bits, ground)
    if first.number < width * rows * LEAST_SHARE:
        raise Refused(Outcome.DAMAGED)
    missing = None
    if others and first.number < width * rows:  # what shows the ground was not written
        other = written_by(runs, header.sides, header.bits, others[0])
        differ = np.not_equal(*(np.frombuffer(each.pixels, np.uint8) for each in (first, other)))
        missing = differ.reshape(rows, width)
    return _Pixels(first.pixels, width * depth, 8 * depth, missing)


def _grounds(colours: NDArray[np.uint8] | None) -> tuple[bytes, ...]:
    """Return a pixel of black; two of other colours if the table is full of those."""
    if colours is None:
        return (bytes(3),)
    black = np.flatnonzero(~colours.any(axis=1))
    return (bytes((int(black[0]),)),) if black.size else (b"\0", b"\1")


def _picture(pixels: _Pixels, colours: NDArray[np.uint8] | None, header: _Header) -> Image.Image:
    # Plain grey needs no table.
    is_grey = pixels.bits == _MOST_BITS and colours is not None and np.array_equal(colours, _RAMP)
    mode = "RGB" if colours is None else "L" if is_grey else "P"
    layout = {8: mode, 24: "BGR"}.get(pixels.bits, f"P;{pixels.bits}")
    order = 1 if header.height < 0 else -1
    rows = (pixels.stored, "raw", layout, pixels.stride, order)
    picture = Image.frombytes(mode, header.sides, *rows)
    if colours is not None and not is_grey:
        picture.putpalette(colours.tobytes())
    if pixels.missing is not None:
        picture = picture.convert("RGB")
        picture.paste((0, 0, 0), mask=Image.fromarray(pixels.missing[::order].copy()))
    return picture
