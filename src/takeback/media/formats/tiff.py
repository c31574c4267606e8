"""TIFF: the combinations of samples that are read right, and the page that is the picture.

Anything that is not in `READ` is unsupported rather than read as something else.
"""

import enum
import io
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from takeback.media.protocol import Outcome
from takeback.media.refused import Refused

# TIFF 6.0, section 8 and others; 254 in "Supplement 1".
_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION = 254, 255, 256, 257, 258, 259
_PHOTOMETRIC, _FILL_ORDER, _STRIPS, _SAMPLES, _STRIP_ROWS = 262, 266, 273, 277, 278
_MOST, _PLANAR, _COLOURS, _TILE_WIDTH, _TILE_HEIGHT, _TILES = 281, 284, 320, 322, 323, 324
_EXTRA, _FORMAT, _YCBCR_SAMPLING = 338, 339, 530

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3
_JPEG: Final = 7
_BIG: Final = 43  # BigTIFF
_SEPARATE: Final = 2
_WIDE: Final = 32  # bits
_COMPRESSIONS: Final = frozenset({1, 2, 3, 4, 5, _JPEG, 8, 32773, 32946, 50000})
"""None, the three of fax machines, LZW, JPEG, Deflate in both numbers, PackBits, Zstandard."""

_REDUCED_OR_MASK: Final = 0b101  # bits of 254: a reduced picture, a mask
_OLD_REDUCED: Final = 2
_MOST_PAGES: Final = 64


class Samples(enum.Enum):
    """How samples become 8 bits."""

    AS_DECODED = enum.auto()
    """By Pillow."""

    INVERTED_16 = enum.auto()
    """16 bits, 0 is white."""

    SHORT = enum.auto()
    """Up to 16 bits, 0 is black; as many as the greatest value that the file states needs."""

    TWELVE = enum.auto()
    INVERTED_12 = enum.auto()

    STRETCHED = enum.auto()
    """No range of their own: from the least to the greatest."""

    STRETCHED_UNSIGNED = enum.auto()
    """As those, of 32 bits that Pillow takes for signed ones."""

    STRETCHED_INVERTED = enum.auto()


_TWELVE_BITS: Final = (Samples.TWELVE, Samples.INVERTED_12)
_INVERTED: Final = (Samples.INVERTED_12, Samples.INVERTED_16)
_STRETCHED: Final = (Samples.STRETCHED, Samples.STRETCHED_UNSIGNED, Samples.STRETCHED_INVERTED)
_MOST_SHORT: Final = 0xFFFF
_MOST_OF_8_BITS: Final = 0xFF


_Bits = tuple[int, ...]
_Layout = tuple[int, _Bits, int, tuple[int, ...]]


def _with_extras(
    photometric: int, bits: int, samples: int, extras: tuple[tuple[int, ...], ...]
) -> dict[_Layout, Samples]:
    return {
        (photometric, (bits,) * (samples + len(extra)), _UNSIGNED, extra): Samples.AS_DECODED
        for extra in extras
    }


READ: Final[dict[_Layout, Samples]] = {
    **{
        (photometric, (bits,), _UNSIGNED, ()): Samples.AS_DECODED
        for photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
        for bits in (1, 2, 4, 8)
    },
    (_BLACK_IS_ZERO, (12,), _UNSIGNED, ()): Samples.TWELVE,
    (_WHITE_IS_ZERO, (12,), _UNSIGNED, ()): Samples.INVERTED_12,
    (_BLACK_IS_ZERO, (16,), _UNSIGNED, ()): Samples.SHORT,
    (_WHITE_IS_ZERO, (16,), _UNSIGNED, ()): Samples.INVERTED_16,
    (_BLACK_IS_ZERO, (16,), _SIGNED, ()): Samples.STRETCHED,
    (_BLACK_IS_ZERO, (32,), _UNSIGNED, ()): Samples.STRETCHED_UNSIGNED,
    (_BLACK_IS_ZERO, (32,), _SIGNED, ()): Samples.STRETCHED,
    (_BLACK_IS_ZERO, (32,), _FLOAT, ()): Samples.STRETCHED,
    (_WHITE_IS_ZERO, (32,), _FLOAT, ()): Samples.STRETCHED_INVERTED,
    **_with_extras(_BLACK_IS_ZERO, 8, 1, ((0,), (1,), (2,))),
    **{(_PALETTE, (bits,), _UNSIGNED, ()): Samples.AS_DECODED for bits in (1, 2, 4, 8)},
    **_with_extras(_RGB, 8, 3, ((), (0,), (1,), (2,), (0, 0), (1, 0), (2, 0))),
    (_RGB, (8,) * 4, _UNSIGNED, ()): Samples.AS_DECODED,  # what the fourth is was left out: alpha
    **_with_extras(_RGB, 16, 3, ((), (0,), (1,), (2,))),
    **_with_extras(_CMYK, 8, 4, ((), (0,))),
    (_CMYK, (16,) * 4, _UNSIGNED, ()): Samples.AS_DECODED,
    (_YCBCR, (8,) * 3, _UNSIGNED, ()): Samples.AS_DECODED,
}
"""Photometric interpretation, bits of each sample, their format, extra samples → how to read them.
`tests/fingerprints` holds each to right pixels, and `tests/media/test_tiff_layouts.py` lets none be
left out."""

_PLANAR_TOO: Final = frozenset(
    {(_RGB, (8,) * 3, ()), (_RGB, (8,) * 4, (2,)), (_CMYK, (8,) * 4, ())}
)
"""What is read with each sample in a plane of its own, too."""


class Page(NamedTuple):
    """A page of a TIFF: its number, how its samples become 8 bits, and their greatest value.

    `swapped` tells that Pillow turns the bytes of its samples round once too often: libtiff has
    done so, when it decompressed them. `colours` is a palette that Pillow would read wrongly.
    """

    number: int
    samples: Samples
    most: int
    swapped: np.dtype[Any] | None
    colours: bytes | None


def know_more_layouts() -> None:
    """Teach Pillow the byte orders that it lacks for layouts that are read here."""
    big, little = TiffImagePlugin.MM, TiffImagePlugin.II
    unsigned, twelve = (_UNSIGNED,), ("I;16", "I;12")  # packed from the highest bit in both orders
    TiffImagePlugin.OPEN_INFO.update(
        {
            (big, _WHITE_IS_ZERO, unsigned, 1, (16,), ()): ("I;16B", "I;16B"),
            (big, _BLACK_IS_ZERO, unsigned, 1, (32,), ()): ("I", "I;32BS"),
            (big, _BLACK_IS_ZERO, unsigned, 1, (12,), ()): twelve,
            (big, _WHITE_IS_ZERO, unsigned, 1, (12,), ()): twelve,
            (little, _WHITE_IS_ZERO, unsigned, 1, (12,), ()): twelve,
        }
    )


def first_page(data: bytes | memoryview) -> Page:
    """Find the first page that is neither a mask nor a reduced picture; else the first.

    Raises Refused: unsupported for what is not in the tables above, damaged for a page that states
    no size or lacks strips. Lets exceptions of Pillow's pass for what it can't read at all.
    """
    pages = _directories(data)
    number = next((number for number, tags in enumerate(pages) if _is_picture(tags)), 0)
    tags = pages[number]
    return Page(number, _samples(tags), _most(tags), _swapped(tags), _colours_of_8_bits(tags))


def to_8_bits(picture: Image.Image, page: Page) -> Image.Image:
    """Return the decoded picture with 8 bits a sample."""
    if page.colours is not None:
        picture.putpalette(page.colours)
    if page.samples is Samples.AS_DECODED:
        return picture
    samples = np.asarray(picture)
    if page.swapped is not None:
        samples = samples.astype(page.swapped).byteswap()
    if page.samples is Samples.STRETCHED_UNSIGNED:
        samples = samples.view(np.uint32)
    if page.samples in _TWELVE_BITS:
        samples = samples << 4
    if page.samples in _STRETCHED:
        return _stretched(-samples if page.samples is Samples.STRETCHED_INVERTED else samples)
    if page.samples in _INVERTED:
        samples = ~samples
    elif page.samples is Samples.SHORT and page.most < _MOST_SHORT:
        samples = np.minimum(samples, page.most).astype(np.uint32) * _MOST_SHORT // page.most
    return Image.fromarray((samples >> 8).astype(np.uint8))


_ENOUGH: Final = 1 << 16
_OUTLIERS: Final = 0.001
"""Share of samples at either end that may lie outside: one hot pixel must not blacken the rest."""


def _stretched(samples: NDArray[Any]) -> Image.Image:
    """Make samples without a range of their own visible: the least is black, the greatest white."""
    finite = samples[np.isfinite(samples)]
    if finite.size == 0:
        raise Refused(Outcome.DAMAGED)
    looked_at = finite[:: max(1, finite.size // _ENOUGH)].astype(np.float64)
    low, high = np.quantile(looked_at, (_OUTLIERS, 1 - _OUTLIERS), method="nearest")
    scale = 255.0 / (high - low) if high > low else 0.0
    clipped = np.clip(np.nan_to_num(samples.astype(np.float64), posinf=high), low, high)
    return Image.fromarray(((clipped - low) * scale).astype(np.uint8))


def _directories(data: bytes | memoryview) -> list[TiffImagePlugin.ImageFileDirectory_v2]:
    file = io.BytesIO(data)
    head = file.read(8)
    if head[2] == _BIG:
        head += file.read(8)
    directory = TiffImagePlugin.ImageFileDirectory_v2(head)
    found: list[TiffImagePlugin.ImageFileDirectory_v2] = []
    seen: set[int] = set()
    at = directory.next
    while at and at not in seen and len(found) < _MOST_PAGES:
        seen.add(at)
        directory = TiffImagePlugin.ImageFileDirectory_v2(head)
        file.seek(at)
        directory.load(file)
        found.append(directory)
        at = directory.next
    if not found:
        raise Refused(Outcome.DAMAGED)
    return found


def _is_picture(tags: Any) -> bool:
    return not tags.get(_SUBFILE, 0) & _REDUCED_OR_MASK and tags.get(_OLD_SUBFILE) != _OLD_REDUCED


def _samples(tags: Any) -> Samples:
    photometric, compression = tags.get(_PHOTOMETRIC), tags.get(_COMPRESSION, 1)
    width, height = tags.get(_WIDTH), tags.get(_HEIGHT)
    if photometric is None or not _is_side(width) or not _is_side(height):
        raise Refused(Outcome.DAMAGED)
    bits, extra = _numbers(tags, _BITS, (1,)), _numbers(tags, _EXTRA, ())
    count = tags.get(_SAMPLES, 1)
    if len(bits) == 1:
        bits *= min(count, 8)
    formats = set(_numbers(tags, _FORMAT, (_UNSIGNED,)))
    planar = tags.get(_PLANAR, 1) == _SEPARATE and count > 1
    samples = READ.get((photometric, bits[:count], next(iter(formats)), extra))
    if (
        samples is None
        or len(formats) > 1
        or compression not in _COMPRESSIONS
        or (planar and (photometric, bits[:count], extra) not in _PLANAR_TOO)
        or (tags.get(_FILL_ORDER, 1) != 1 and bits != (1,))
        or (photometric == _YCBCR and compression != _JPEG and _is_subsampled(tags))
    ):
        raise Refused(Outcome.UNSUPPORTED)
    if photometric == _PALETTE and len(_numbers(tags, _COLOURS, ())) != 3 << bits[0]:
        raise Refused(Outcome.DAMAGED)  # libtiff takes no other length, and so no viewer shows it
    if _pieces(tags) < _pieces_needed(tags, width, height) * (count if planar else 1):
        raise Refused(Outcome.DAMAGED)
    return samples


def _colours_of_8_bits(tags: Any) -> bytes | None:
    """Return the palette, red, green and blue in turns, where no number in it needs 16 bits.

    Such are of 8 bits by mistake, as libtiff takes them (`checkcmap` in `tif_getimage.c`); Pillow
    makes them all black.
    """
    colours = _numbers(tags, _COLOURS, ())
    if tags.get(_PHOTOMETRIC) != _PALETTE or max(colours, default=0) > _MOST_OF_8_BITS:
        return None
    return np.array(colours, np.uint8).reshape(3, -1).T.tobytes()


def _swapped(tags: Any) -> np.dtype[Any] | None:
    """Return of which type samples are that come with their bytes swapped; None if they don't."""
    is_big = tags.prefix == TiffImagePlugin.MM
    if not is_big or tags.get(_COMPRESSION, 1) == 1:
        return None
    formats, (depth, *_) = _numbers(tags, _FORMAT, (_UNSIGNED,)), _numbers(tags, _BITS, (1,))
    kinds = {(_SIGNED, 16): np.int16, (_FLOAT, _WIDE): np.float32}
    if (formats[0], depth) in kinds:
        return np.dtype(kinds[formats[0], depth])
    return np.dtype(np.int32) if depth == _WIDE else None


def _is_subsampled(tags: Any) -> bool:
    return _numbers(tags, _YCBCR_SAMPLING, (2, 2)) != (1, 1)


def _pieces(tags: Any) -> int:
    return len(_numbers(tags, _TILES if _TILES in tags else _STRIPS, ()))


def _pieces_needed(tags: Any, width: int, height: int) -> int:
    """Return how many strips or tiles a plane of the page has."""
    if _TILES not in tags:
        rows = tags.get(_STRIP_ROWS, height)
        return -(-height // rows) if _is_side(rows) else 1
    across, down = tags.get(_TILE_WIDTH), tags.get(_TILE_HEIGHT)
    if not _is_side(across) or not _is_side(down):
        raise Refused(Outcome.DAMAGED)
    return int(-(-width // across) * -(-height // down))


def _is_side(value: Any) -> bool:
    return isinstance(value, int) and value > 0


def _most(tags: Any) -> int:
    """Return the greatest value of samples of 16 bits, if the file states a credible one."""
    stated = _numbers(tags, _MOST, (_MOST_SHORT,))
    return stated[0] if len(stated) == 1 and 0 < stated[0] <= _MOST_SHORT else _MOST_SHORT


def _numbers(tags: Any, tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
    value = tags.get(tag, default)
    return tuple(value) if isinstance(value, tuple) else (value,)
