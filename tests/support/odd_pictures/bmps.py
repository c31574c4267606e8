"""BMP: headers of every age, bit fields, alpha that is all zero; `bmp_tables` has those in colours
from a table, and in runs."""

import struct
from collections.abc import Iterator

import numpy as np

from takeback.media import DamagedMedia, MediaTooLarge, UnsupportedMedia
from tests.support.odd_pictures.case import HEIGHT, WIDTH, Case, Pixels, saved, scene

_PLAIN, FIELDS = 0, 3
_MASKS = (0xFF0000, 0xFF00, 0xFF)


def bmp(
    bits: int,
    body: bytes,
    compression: int = _PLAIN,
    *,
    masks: tuple[int, ...] = (),
    palette: bytes = b"",
    header: int = 40,
    height: int = HEIGHT,
    used: int = 0,
) -> bytes:
    """Return a BMP with a header of a given age; its rows go upwards, unless its height is less.

    `used` is how many colours it says that its table has; 0: all.
    """
    stored = struct.pack("<IiiHHII", header, WIDTH, height, 1, bits, compression, len(body))
    stored += struct.pack("<iiII", 0, 0, used, 0)
    fields = struct.pack(f"<{len(masks)}I", *masks)
    stored += (fields + b"BGRs" + bytes(80))[: header - 40] if header > 40 else fields
    offset = 14 + len(stored) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + stored + palette + body


def _bgrx(fourth: int) -> bytes:
    full = np.full((HEIGHT, WIDTH), fourth, np.uint8)
    return np.dstack([scene()[::-1, :, ::-1], full]).tobytes()


def _fields(depths: tuple[int, int, int], kind: str) -> tuple[bytes, Pixels]:
    """Return rows with red highest, green and blue of so many bits each, and what they show."""
    packed, seen = np.zeros((HEIGHT, WIDTH), np.uint32), np.zeros_like(scene())
    for channel, depth in enumerate(depths):
        values = scene()[..., channel].astype(np.uint32) << 2 >> (10 - depth)
        packed = (packed << depth | values).astype(np.uint32)
        seen[..., channel] = values * 255 // ((1 << depth) - 1)
    return packed[::-1].astype(kind).tobytes(), seen


def cases() -> Iterator[Case]:
    """Yield them all."""
    white = np.full_like(scene(), 255)
    for header in (56, 108, 124):
        with_alpha = (*_MASKS, 0xFF000000)
        for name, alpha, shows in (("clear", 0, white), ("opaque", 255, scene())):
            data = bmp(32, _bgrx(alpha), FIELDS, masks=with_alpha, header=header)
            yield Case(f"bmp-{header}-{name}.bmp", data, shows)
    yield Case("bmp-40-zero.bmp", bmp(32, _bgrx(0)), scene())
    downwards = np.dstack([scene()[..., ::-1], np.zeros((HEIGHT, WIDTH), np.uint8)]).tobytes()
    yield Case("bmp-downwards.bmp", bmp(32, downwards, height=-HEIGHT), scene())
    yield Case("bmp-24.bmp", saved("BMP"), scene())
    rows, seen = _fields((5, 5, 5), "<u2")
    yield Case("bmp-555.bmp", bmp(16, rows), seen)
    for depths, kind in (
        ((5, 6, 5), "<u2"),
        ((4, 4, 4), "<u2"),
        ((3, 3, 2), "<u2"),
        ((10, 10, 10), "<u4"),
        ((8, 8, 8), "<u4"),
        ((5, 5, 5), "<u4"),
    ):
        _, green, blue = depths
        masks = (
            (1 << depths[0]) - 1 << green + blue,
            (1 << green) - 1 << blue,
            (1 << blue) - 1,
        )
        bits = 8 * int(kind[-1])
        rows, seen = _fields(depths, kind)
        data = bmp(bits, rows, FIELDS, masks=masks)
        yield Case(f"bmp-fields-{bits}-{'-'.join(map(str, depths))}.bmp", data, seen)
    red_first = np.dstack([scene()[::-1], np.zeros((HEIGHT, WIDTH), np.uint8)]).tobytes()
    data = bmp(32, red_first, FIELDS, masks=_MASKS[::-1])
    yield Case("bmp-fields-red-first.bmp", data, scene())
    cut = data[: len(data) // 30]
    yield Case("bmp-fields-cut.bmp", cut, error=DamagedMedia, in_chromium=False)
    gaps = bmp(32, red_first, FIELDS, masks=(0xF0F0, 0xF0F0000, 0xF))
    yield Case("bmp-fields-with-gaps.bmp", gaps, error=UnsupportedMedia, in_chromium=False)
    long = bytearray(bmp(16, b"", FIELDS, masks=(0xF00, 0xF0, 0xF)))
    struct.pack_into("<ii", long, 18, (1 << 24) + 4, 1)
    yield Case("bmp-fields-too-long.bmp", bytes(long), error=MediaTooLarge, in_chromium=False)
    yield from _broken()


def _broken() -> Iterator[Case]:
    whole = saved("BMP")
    yield Case("bmp-no-size.bmp", whole[:2] + bytes(4) + whole[6:], scene())
    yield Case("bmp-more-behind.bmp", whole + b"x" * 999, scene())
    for name, data in (
        ("header-alone", whole[:54]),
        ("cut-at-a-thirtieth", whole[: len(whole) // 30]),
    ):
        yield Case(f"bmp-{name}.bmp", data, error=DamagedMedia, in_chromium=False)
    for percent in (30, 60, 90):
        seen = scene().copy()
        cut = whole[: len(whole) * percent // 100]
        seen[: HEIGHT - (len(cut) - 54) // (3 * WIDTH)] = 0
        yield Case(f"bmp-cut-{percent}.bmp", cut, seen, in_chromium=False)
    for name, bits, compression, body in (
        ("jpeg-within", 0, 4, saved("JPEG")),
        ("png-within", 0, 5, saved("PNG")),
        ("64-bits", 64, _PLAIN, bytes(8 * WIDTH * HEIGHT)),
    ):
        data = bmp(bits, body, compression)
        yield Case(f"bmp-{name}.bmp", data, error=UnsupportedMedia, in_chromium=False)
