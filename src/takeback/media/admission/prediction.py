"""Says from a picture's header what decoding it will cost; reads bounds-checked, decodes nothing.

No codec looks at the bytes here, in the caller's process, and no pixel is decoded. A header may
lie: what is predicted is granted, not believed (`takeback.media.admission.grants`).
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from takeback._native import jpeg_markers

_MOST_PARTS: Final = 1024
"""Segments, chunks, boxes or tags of one file that are looked at; whoever needs more can't be
predicted."""

_FIXED_MEMORY: Final = 16 << 20
_COPIES: Final = 4  # of the file: the caller's, in memory that both share (seen twice), a codec's
_TEXT_WORK: Final = (
    200_000  # a packed text may grow to 1 MiB, and is unpacked when a file is opened
)


class Prediction(NamedTuple):
    """What decoding a picture should take.

    `pixels`: of the picture, or of the largest picture or canvas in the file that is decoded on the
    way to it. `work`: in pixels of ordinary work, 25 ns each on the core that the tables below were
    measured on. `memory`: bytes beyond what an idle child holds.
    """

    pixels: int
    work: int
    memory: int


class _Cost(NamedTuple):
    """What a kind of file costs: pixels of work for a pixel and for a byte, memory for a pixel."""

    work_a_pixel: float
    work_a_byte: float
    bytes_a_pixel: float
    fixed_memory: int = _FIXED_MEMORY


# Measured on flat pictures of 64 to 100 megapixels, and on a photograph and noise of 12, in every
# format, and rounded up: the time in 25 ns, and the smallest RLIMIT_DATA that the child did with.
_JPEG_BRIGHTNESS: Final = _Cost(0.05, 0.25, 1.5)
_JPEG_A_SCAN: Final = 0.05  # work a pixel for each pass over a progressive file
_JPEG_IN_PASSES: Final = _Cost(0, 0.25, 8)
_JPEG_ODD: Final = _Cost(1, 0.25, 14)  # CMYK, RGB: exactly, by way of all colours
_JPEG_ARITHMETIC: Final = _Cost(1, 13, 14)  # a byte costs 4.3, and its rows are decoded three times
_PLAIN_PNG: Final = _Cost(1, 0.1, 8)
_DEEP_PNG: Final = _Cost(1.5, 0.1, 20)  # transparent, or 16 bits a sample
_GIF: Final = _Cost(0.6, 0.25, 8)
_WEBP: Final = _Cost(1, 1.5, 20)
_BMP: Final = _Cost(0.4, 0.1, 8)
_DEEP_BMP: Final = _Cost(1, 0.1, 20)
_TIFF: Final = _Cost(1, 0.25, 20)
_DEEP_TIFF: Final = _Cost(2, 0.25, 40)
_AVIF: Final = _Cost(1, 3, 22)
_HEIF: Final = _Cost(1.5, 3, 20, 64 << 20)


class _Unpredictable(Exception):  # noqa: N818 - says what a header is
    """The header says nothing that can be relied on."""


def predict(data: bytes | memoryview, media_type: str) -> Prediction | None:
    """Return what decoding `data` should cost, `media_type` being what `sniff` says of it.

    None for a header that is damaged, unusual or too long to follow: then the worst is to be
    expected. Takes some microseconds, and at most about a millisecond whatever the bytes are; but
    the markers of a JPEG are walked in proportion to its length, 3 ms a megabyte at worst.
    """
    try:
        pixels, cost, extra_work = _READERS[media_type](data)
    except (_Unpredictable, struct.error, IndexError, KeyError, OverflowError):
        return None
    if pixels <= 0:
        return None
    work = pixels * cost.work_a_pixel + len(data) * cost.work_a_byte + extra_work
    memory = pixels * cost.bytes_a_pixel + len(data) * _COPIES + cost.fixed_memory
    return Prediction(pixels, int(work), int(memory))


_Read = tuple[int, _Cost, float]
_Bytes = bytes | memoryview


def _jpeg(data: _Bytes) -> _Read:
    """Ask for the frame header of ITU-T T.81, B.2.2, and count the scans."""
    scans, _, _, (marker, _, height, width, brightness_first) = jpeg_markers(data, _MOST_PARTS)
    if scans > _MOST_PARTS:
        raise _Unpredictable
    pixels = width * height
    if marker in _JPEG_BASELINE and brightness_first and scans <= 1:
        return pixels, _JPEG_BRIGHTNESS, 0
    passes = pixels * _JPEG_A_SCAN * scans
    if marker in _JPEG_BY_ARITHMETIC:
        return pixels, _JPEG_ARITHMETIC, passes
    return pixels, _JPEG_IN_PASSES if brightness_first else _JPEG_ODD, passes


_JPEG_BASELINE: Final = (0xC0, 0xC1)
_JPEG_BY_ARITHMETIC: Final = frozenset(range(0xC9, 0xD0)) - {0xCC}


def _png(data: _Bytes) -> _Read:
    """Read the chunks of ISO/IEC 15948, 11.2, up to the first pixels; the largest header counts."""
    at = 8
    pixels = texts = 0
    deep = False
    for _ in range(_MOST_PARTS):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IHDR":
            width, height, bits, colours = struct.unpack_from(">IIBB", data, at + 8)
            pixels = max(pixels, width * height)
            deep |= bits > _ONE_BYTE or colours in _PNG_WITH_ALPHA
        elif kind == b"tRNS":
            deep = True
        elif kind in (b"zTXt", b"iTXt", b"iCCP"):
            texts += 1
        elif kind in (b"IDAT", b"fdAT"):
            return pixels, _DEEP_PNG if deep else _PLAIN_PNG, texts * _TEXT_WORK
        at += 12 + length
    raise _Unpredictable


_PNG_WITH_ALPHA: Final = (4, 6)
_ONE_BYTE: Final = 8  # bits a sample


def _gif(data: _Bytes) -> _Read:
    """Read the screen and the first frame of GIF89a, 18 and 20; they may be of different size."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _gif_table(flags)
    blocks = 0
    for _ in range(_MOST_PARTS):
        introducer = data[at]
        if introducer == _GIF_FRAME:
            left, top, across, down = struct.unpack_from("<HHHH", data, at + 1)
            return max(width, left + across) * max(height, top + down), _GIF, 0
        if introducer != _GIF_EXTENSION:
            raise _Unpredictable
        at += 2
        while length := data[at]:
            at += 1 + length
            blocks += 1
            if blocks > _MOST_PARTS:
                raise _Unpredictable
        at += 1
    raise _Unpredictable


_GIF_FRAME: Final = 0x2C
_GIF_EXTENSION: Final = 0x21


def _gif_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(data: _Bytes) -> _Read:
    """Read the canvas and the first frame's own header: RFC 9649, 2.5 to 2.7, and RFC 6386, 9.1."""
    at = 12
    pixels = 0
    for _ in range(_MOST_PARTS):
        kind, length = struct.unpack_from("<4sI", data, at)
        body = at + 8
        if kind == b"VP8X":
            canvas = bytes(data[body + 4 : body + 10])
            if len(canvas) < 6:  # noqa: PLR2004 - twice 24 bits
                raise _Unpredictable
            pixels = _from_24_bits(canvas[:3]) * _from_24_bits(canvas[3:])
        elif kind == b"ANMF":  # its own chunks follow behind 16 bytes
            at = body + 16
            continue
        elif kind == b"VP8L":
            (sides,) = struct.unpack_from("<I", data, body + 1)
            return max(pixels, ((sides & 0x3FFF) + 1) * ((sides >> 14 & 0x3FFF) + 1)), _WEBP, 0
        elif kind == b"VP8 ":
            width, height = struct.unpack_from("<HH", data, body + 6)
            return max(pixels, (width & 0x3FFF) * (height & 0x3FFF)), _WEBP, 0
        at = body + length + length % 2
    raise _Unpredictable


def _from_24_bits(side: bytes) -> int:
    return 1 + int.from_bytes(side, "little")


def _bmp(data: _Bytes) -> _Read:
    """Read the bitmap header of any version; runs of equal pixels can't be predicted."""
    (header,) = struct.unpack_from("<I", data, 14)
    if header == _BMP_CORE:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        compression = 0
    else:
        width, height, _, bits = struct.unpack_from("<iiHH", data, 18)
        # The OS/2 header of 16 bytes ends here.
        compression = struct.unpack_from("<I", data, 30)[0] if header > 16 else 0  # noqa: PLR2004
    if compression not in _BMP_PLAIN:
        raise _Unpredictable
    return abs(width * height), _DEEP_BMP if bits > _TRUE_COLOUR else _BMP, 0


_BMP_CORE: Final = 12
_BMP_PLAIN: Final = (0, 3)  # BI_RGB, BI_BITFIELDS
_TRUE_COLOUR: Final = 24  # bits a pixel


def _tiff(data: _Bytes) -> _Read:
    """Read the first directory of TIFF 6.0 or BigTIFF; of a tag that comes twice, the largest."""
    order = "<" if bytes(data[:2]) == b"II" else ">"
    (version,) = struct.unpack_from(order + "H", data, 2)
    big = version == _BIG_TIFF
    (at,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
    (tags,) = struct.unpack_from(order + ("Q" if big else "H"), data, at)
    if tags > _MOST_PARTS:
        raise _Unpredictable
    at += 8 if big else 2
    size, most_inside = (20, 8) if big else (12, 4)
    found = {_TIFF_WIDTH: 0, _TIFF_HEIGHT: 0}
    bits = 1
    for _ in range(tags):
        tag, kind, count = struct.unpack_from(order + ("HHQ" if big else "HHI"), data, at)
        value_at = at + (12 if big else 8)
        if tag in (*found, _TIFF_BITS):
            form, length = _TIFF_INTEGERS[kind]
            if count * length > most_inside:
                (value_at,) = struct.unpack_from(order + ("Q" if big else "I"), data, value_at)
            (value,) = struct.unpack_from(order + form, data, value_at)
            if tag == _TIFF_BITS:
                bits = max(bits, value)
            else:
                found[tag] = max(found[tag], value)
        at += size
    pixels = found[_TIFF_WIDTH] * found[_TIFF_HEIGHT]
    return pixels, _DEEP_TIFF if bits > _ONE_BYTE else _TIFF, 0


_BIG_TIFF: Final = 43
_TIFF_WIDTH: Final = 256
_TIFF_HEIGHT: Final = 257
_TIFF_BITS: Final = 258
_TIFF_INTEGERS: Final = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4), 16: ("Q", 8)}


def _boxes(data: _Bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of what is in each box of ISO/IEC 14496-12, 4.2."""
    for _ in range(_MOST_PARTS):
        if at >= end:
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, start)
            start += 8
        stop = end if length == 0 else at + length
        if not start <= stop <= end:
            raise _Unpredictable
        yield kind, start, stop
        at = stop
    raise _Unpredictable


def _largest_item(data: _Bytes) -> int:
    """Return the pixels of the largest item, by its property `ispe`: ISO/IEC 23008-12, 6.5.3."""
    places = [(0, len(data))]
    for wanted, head in ((b"meta", 4), (b"iprp", 0), (b"ipco", 0)):
        places = [
            (start + head, stop)
            for place in places
            for kind, start, stop in _boxes(data, *place)
            if kind == wanted
        ]
        if len(places) != 1:
            raise _Unpredictable
    largest = 0
    for kind, start, _stop in _boxes(data, *places[0]):
        if kind == b"ispe":
            width, height = struct.unpack_from(">II", data, start + 4)
            largest = max(largest, width * height)
    return largest


def _avif(data: _Bytes) -> _Read:
    return _largest_item(data), _AVIF, 0


def _heif(data: _Bytes) -> _Read:
    return _largest_item(data), _HEIF, 0


_READERS: Final[dict[str, Callable[[_Bytes], _Read]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/gif": _gif,
    "image/avif": _avif,
    "image/heic": _heif,
    "image/heif": _heif,
    "image/tiff": _tiff,
    "image/bmp": _bmp,
}
