"""BMP: kinds that nobody reads, and layouts of 16 and 32 bits that Pillow does not read."""

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from takeback.media.formats.share import LEAST_SHARE
from takeback.media.limits import Limits
from takeback.media.protocol import Outcome
from takeback.media.refused import Refused, check_size

# BITMAPFILEHEADER and BITMAPINFOHEADER to BITMAPV5HEADER, Windows SDK, wingdi.h.
_OFFSET_AT, _HEADER_AT, _MASKS_AT = 10, 14, 54
_INFO_HEADER: Final = 40
_WITH_ALPHA: Final = 56  # headers from this size on have a mask for alpha
_OS2_HEADER: Final = 64
_PLAIN, _RLE8, _RLE4, _BIT_FIELDS, _RLE24_OF_OS2 = range(5)
_DEPTHS: Final = {
    _PLAIN: frozenset({1, 2, 4, 8, 16, 24, 32}),
    _RLE8: frozenset({8}),
    _RLE4: frozenset({4}),
    _BIT_FIELDS: frozenset({16, 24, 32}),
}
"""Compression → bits a pixel that it goes with."""

_READ_BY_PILLOW: Final = {
    16: frozenset({(0xF800, 0x7E0, 0x1F), (0x7C00, 0x3E0, 0x1F)}),
    32: frozenset({(0xFF0000, 0xFF00, 0xFF)}),
}


def refuse_unsupported(data: bytes | memoryview) -> None:
    """Raise Refused for a BMP with a JPEG or PNG in it, or with bits that nobody reads so."""
    if len(data) < _HEADER_AT + _INFO_HEADER:
        return  # damaged, or small
    (size,) = struct.unpack_from("<I", data, _HEADER_AT)
    if size < _INFO_HEADER:
        return  # of OS/2
    bits, compression = struct.unpack_from("<HI", data, _HEADER_AT + 14)
    if (size, bits, compression) == (_OS2_HEADER, 24, _RLE24_OF_OS2):
        return
    if bits not in _DEPTHS.get(compression, ()):
        raise Refused(Outcome.UNSUPPORTED)


def with_odd_masks(data: bytes | memoryview, limits: Limits) -> Image.Image | None:
    """Decode a BMP with bit fields that Pillow does not know; None if it is none of those.

    Raises Refused for too many pixels, a side that is too long, unusable masks, and if less than
    the least share is there.
    """
    if len(data) < _MASKS_AT + 12:
        return None
    size, width, height, _, bits, compression = struct.unpack_from("<IiiHHI", data, _HEADER_AT)
    masks = struct.unpack_from("<III", data, _MASKS_AT)
    if (
        size < _INFO_HEADER
        or compression != _BIT_FIELDS
        or bits not in _READ_BY_PILLOW
        or masks in _READ_BY_PILLOW[bits]
        or not any(masks)
    ):
        return None
    rows = abs(height)
    if width <= 0 or rows == 0:
        raise Refused(Outcome.DAMAGED)
    check_size(width, rows, limits)
    alpha = struct.unpack_from("<I", data, _MASKS_AT + 12)[0] if _has_alpha(size, data) else 0
    samples = _samples(data, width, rows, bits)
    channels = [_channel(samples, mask, default=0) for mask in masks]
    if alpha:
        channels.append(_channel(samples, alpha, default=255))
    pixels = np.dstack(channels)
    return Image.fromarray(pixels if height < 0 else np.ascontiguousarray(pixels[::-1]))


def _has_alpha(header: int, data: bytes | memoryview) -> bool:
    return header >= _WITH_ALPHA and len(data) >= _MASKS_AT + 16


def _samples(
    data: bytes | memoryview, width: int, rows: int, bits: int
) -> NDArray[np.uint16] | NDArray[np.uint32]:
    """Return what is there of the rows, in the file's order; the rest is 0."""
    (offset,) = struct.unpack_from("<I", data, _OFFSET_AT)
    row_bytes = (width * bits + 31) // 32 * 4
    stored = bytes(data[offset : offset + row_bytes * rows])
    if len(stored) < row_bytes * rows * LEAST_SHARE:
        raise Refused(Outcome.DAMAGED)
    whole = np.frombuffer(stored.ljust(row_bytes * rows, b"\0"), f"<u{bits // 8}")
    return whole.reshape(rows, -1)[:, :width]


def _channel(
    samples: NDArray[np.uint16] | NDArray[np.uint32], mask: int, default: int
) -> NDArray[np.uint8]:
    if mask == 0:
        return np.full(samples.shape, default, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    most = mask >> shift
    if most & (most + 1):  # bits with gaps between them
        raise Refused(Outcome.UNSUPPORTED)
    values = (samples.astype(np.uint64) & mask) >> shift
    return (values * 255 // most).astype(np.uint8)
