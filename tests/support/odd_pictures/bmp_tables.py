"""BMP with tables of colours, whole and too short, of 1 to 8 bits; and in runs of every kind."""

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from takeback.media import DamagedMedia, UnsupportedMedia
from tests.support.odd_pictures.bmps import bmp
from tests.support.odd_pictures.case import (
    HEIGHT,
    WIDTH,
    Case,
    Pixels,
    grey_scene,
    quantised,
    scene,
    three,
)

_PLAIN, _RLE8, _RLE4, _FIELDS, _RLE24 = range(5)
_END_OF_ROW, _END = b"\0\0", b"\0\1"
_BLACK: Final = np.zeros(3, np.uint8)


def _indexed(colours: int) -> tuple[Pixels, Pixels]:
    """Return the scene's indices, (height, width), and their colours, (colours, 3)."""
    picture = quantised() if colours == 128 else Image.fromarray(scene()).quantize(colours)
    return np.asarray(picture), np.array(picture.getpalette(), np.uint8).reshape(-1, 3)[:colours]


def _table(colours: Pixels, *, of_core: bool = False) -> bytes:
    blue_first = colours[:, ::-1]
    return (blue_first if of_core else np.pad(blue_first, ((0, 0), (0, 1)))).tobytes()


def _shown(indices: Pixels, colours: Pixels) -> Pixels:
    """Return what Chromium 156 shows: black for what the table lacks."""
    return np.pad(colours, ((0, 256 - len(colours)), (0, 0)))[indices]


def _rows(indices: Pixels, bits: int) -> bytes:
    """Return the rows as they are stored, the lowest first, in so many bits a pixel."""
    split = np.unpackbits(indices[::-1, :, None], axis=-1)[..., 8 - bits :]
    packed = np.packbits(split.reshape(HEIGHT, -1), axis=1)
    return np.pad(packed, ((0, 0), (0, -packed.shape[1] % 4))).tobytes()


def in_runs(picture: Image.Image) -> bytes:
    """Write a picture in at most 128 colours, in runs of one pixel each."""
    colours = picture.convert("RGB").quantize(128)
    indices = np.asarray(colours)
    rows = [row + _END_OF_ROW for row in _single(indices)]
    table = np.array(colours.getpalette(), np.uint8).reshape(-1, 3)
    body = b"".join(rows) + _END
    whole = bytearray(bmp(8, body, _RLE8, palette=_table(table), used=len(table)))
    struct.pack_into("<ii", whole, 18, *picture.size)
    return bytes(whole)


def cases() -> Iterator[Case]:
    """Yield them all."""
    yield from _tables()
    yield from _headers()
    yield from _runs()
    yield from _runs_that_leave_out()
    yield from _runs_of_other_depths()


def _tables() -> Iterator[Case]:
    for bits, colours, counts in (
        (8, 128, (128, 127, 100, 40, 1)),
        (4, 16, (16, 10, 3)),
        (2, 4, (4, 3)),
        (1, 2, (2, 1)),
    ):
        indices, table = _indexed(colours)
        for count in counts:
            part = table[:count]
            data = bmp(bits, _rows(indices, bits), palette=_table(part), used=count)
            yield Case(f"bmp-{bits}-of-{count}.bmp", data, _shown(indices, part))
    grey = grey_scene()
    for count in (256, 100):  # in grey, 0 upwards: Pillow makes no table of it
        ramp = three(np.arange(count, dtype=np.uint8)[None])[0]
        data = bmp(8, _rows(grey, 8), palette=_table(ramp), used=count)
        yield Case(f"bmp-8-grey-of-{count}.bmp", data, _shown(grey, ramp))
    two = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    indices = (grey > 128).astype(np.uint8)
    data = bmp(8, _rows(indices, 8), palette=_table(two), used=2)
    yield Case("bmp-8-black-and-white.bmp", data, _shown(indices, two))
    # A table that says that it is longer than there could be colours.
    indices, table = _indexed(128)
    many = np.pad(table, ((0, 172), (0, 0)))
    data = bmp(8, _rows(indices, 8), palette=_table(many), used=300)
    yield Case("bmp-8-of-300.bmp", data, _shown(indices, table))
    short = bmp(8, b"", palette=_table(table), used=200)
    yield Case("bmp-8-table-cut.bmp", short, error=DamagedMedia, in_chromium=False)
    whole = bmp(8, _rows(indices, 8), palette=_table(table), used=128)
    for percent in (30, 60, 90):
        seen = _shown(indices, table)
        cut = whole[: len(whole) * percent // 100]
        seen[: HEIGHT - (len(cut) - 54 - 4 * 128) // WIDTH] = 0
        yield Case(f"bmp-8-cut-{percent}.bmp", cut, seen, in_chromium=False)
    hardly = whole[: 54 + 4 * 128 + WIDTH * HEIGHT // 20]
    yield Case("bmp-8-cut-5.bmp", hardly, error=DamagedMedia, in_chromium=False)


def _headers() -> Iterator[Case]:
    for bits, colours in ((8, 128), (4, 16), (1, 2)):
        indices, part = _indexed(colours)
        table = np.pad(part, ((0, (1 << bits) - colours), (0, 0)))
        rows = _rows(indices, bits)
        core = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, bits) + _table(table, of_core=True)
        seen = _shown(indices, part)
        yield Case(f"bmp-core-{bits}.bmp", _with_header(core, rows), seen)
        short = struct.pack("<IiiHH", 16, WIDTH, HEIGHT, 1, bits) + _table(table)
        yield Case(f"bmp-16-{bits}.bmp", _with_header(short, rows), seen)
        for header in (52, 56, 64, 108, 124):
            data = bmp(bits, rows, palette=_table(part), used=colours, header=header)
            yield Case(f"bmp-{header}-{bits}.bmp", data, seen)
    true = struct.pack("<IiiHH", 16, WIDTH, HEIGHT, 1, 24)
    rows = scene()[::-1, :, ::-1].tobytes()
    yield Case("bmp-16-24.bmp", _with_header(true, rows), scene())
    indices, table = _indexed(4)
    core = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, 2) + _table(table, of_core=True)
    data = _with_header(core, _rows(indices, 2))
    yield Case("bmp-core-2.bmp", data, error=UnsupportedMedia, in_chromium=False)
    downwards = bmp(2, _rows(indices[::-1], 2), palette=_table(table), height=-HEIGHT)
    yield Case("bmp-2-downwards.bmp", downwards, _shown(indices, table))


def _with_header(header: bytes, rows: bytes) -> bytes:
    offset = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + header + rows


def _single(indices: NDArray[np.uint8]) -> list[bytes]:
    """Return each row in runs of one pixel, the lowest first."""
    return [np.dstack([np.ones_like(row), row]).tobytes() for row in indices[::-1]]


def _as_they_are(row: Pixels) -> bytes:
    """Return a row in runs of 125 pixels as they are: odd, so that each is padded."""
    parts = (row[at : at + 125] for at in range(0, len(row), 125))
    return b"".join(bytes((0, len(part))) + part.tobytes() + bytes(len(part) % 2) for part in parts)


def _runs() -> Iterator[Case]:
    indices, colours = _indexed(128)
    seen = _shown(indices, colours)
    table = _table(colours)
    rows = [row + _END_OF_ROW for row in _single(indices)]
    whole = b"".join(rows) + _END

    def of(name: str, body: bytes, shows: Pixels, *, in_chromium: bool = True) -> Case:
        data = bmp(8, body, _RLE8, palette=table, used=128)
        return Case(f"bmp-runs-{name}.bmp", data, shows, in_chromium=in_chromium)

    yield of("whole", whole, seen)
    yield of("no-end", whole[:-2], seen)
    yield of("more-rows", b"".join(rows + rows[:20]) + _END, seen)
    plain = b"".join(_as_they_are(row) + _END_OF_ROW for row in indices[::-1]) + _END
    yield of("as-they-are", plain, seen)
    wide = b"".join(row + b"\xff\1" * 3 + _END_OF_ROW for row in _single(indices)) + _END
    yield of("beyond-the-row", wide, seen)
    for name, count in (("270", 270), ("150", 150), ("20", 20)):
        shows = seen.copy()
        shows[: HEIGHT - count] = 0
        yield of(f"end-after-{name}", b"".join(rows[:count]) + _END, shows)
        yield of(f"cut-after-{name}", b"".join(rows[:count]), shows, in_chromium=False)
    empty = bmp(8, _END, _RLE8, palette=table, used=128)
    yield Case("bmp-runs-empty.bmp", empty, error=DamagedMedia)
    three_rows = bmp(8, b"".join(rows[:3]), _RLE8, palette=table, used=128)
    yield Case("bmp-runs-three-rows.bmp", three_rows, error=DamagedMedia, in_chromium=False)


def _runs_that_leave_out() -> Iterator[Case]:
    few, part = _indexed(128)
    full = np.pad(part, ((0, 128), (0, 0)), constant_values=99)  # none of them is black
    full = np.maximum(full, 1)
    for name, colours in (("", part), ("-full-table", full)):
        seen = _shown(few, colours)
        used = len(colours)

        def of(what: str, rows: list[bytes], shows: Pixels, colours: Pixels = colours) -> Case:
            body = b"".join(rows) + _END
            data = bmp(8, body, _RLE8, palette=_table(colours), used=len(colours))
            return Case(f"bmp-runs-{what}.bmp", data, shows)

        assert used in (128, 256)
        short = seen.copy()
        short[:, 300:] = 0
        left = [row + _END_OF_ROW for row in _single(few[:, :300])]
        yield of(f"rows-end-early{name}", left, short)
        lifted = seen.copy()
        lifted[-60:] = 0
        rows = [row + _END_OF_ROW for row in _single(few)]
        yield of(f"from-row-60{name}", [b"\0\2\0\x3c", *rows[60:]], lifted)
        holes = seen.copy()
        holes[:, 100:300] = 0
        pairs = zip(_single(few[:, :100]), _single(few[:, 300:]), strict=True)
        jumps = [left + b"\0\2\xc8\0" + right + _END_OF_ROW for left, right in pairs]
        yield of(f"jump-over-the-middle{name}", jumps, holes)


def _runs_of_other_depths() -> Iterator[Case]:
    indices, colours = _indexed(16)
    seen, table = _shown(indices, colours), _table(colours)
    pairs = indices[:, ::2] << 4 | indices[:, 1::2]
    rows = [np.dstack([np.full_like(row, 2), row]).tobytes() + _END_OF_ROW for row in pairs[::-1]]
    half = seen.copy()
    half[: HEIGHT // 2] = 0
    for name, body, shows in (
        ("whole", b"".join(rows) + _END, seen),
        ("end-after-150", b"".join(rows[:150]) + _END, half),
        (
            "as-they-are",
            b"".join(
                b"".join(
                    b"\0\x32" + row[at : at + 25].tobytes() + b"\0" for at in range(0, 200, 25)
                )
                + _END_OF_ROW
                for row in pairs[::-1]
            ),
            seen,
        ),
    ):
        yield Case(f"bmp-runs-4-{name}.bmp", bmp(4, body, _RLE4, palette=table), shows)
    short = bmp(4, b"".join(rows) + _END, _RLE4, palette=_table(colours[:10]), used=10)
    yield Case("bmp-runs-4-of-10.bmp", short, _shown(indices, colours[:10]))
    blue_first = scene()[::-1, :, ::-1]
    ones = np.ones((HEIGHT, WIDTH, 1), np.uint8)
    true = [row.tobytes() + _END_OF_ROW for row in np.dstack([ones, blue_first])]
    half = scene().copy()
    half[: HEIGHT // 2] = 0
    for name, body, shows in (
        ("whole", b"".join(true) + _END, scene()),
        ("end-after-150", b"".join(true[:150]) + _END, half),
        (
            "as-they-are",
            b"".join(
                b"".join(
                    b"\0\x19" + row[at : at + 25].tobytes() + b"\0" for at in range(0, WIDTH, 25)
                )
                + _END_OF_ROW
                for row in blue_first
            ),
            scene(),
        ),
    ):
        data = bmp(24, body, _RLE24, header=64)
        yield Case(f"bmp-runs-24-{name}.bmp", data, shows)
    for name, bits, compression, header in (
        ("8-as-4", 8, _RLE4, 40),
        ("4-as-8", 4, _RLE8, 40),
        ("16-as-8", 16, _RLE8, 40),
        ("fax-of-os2", 1, _FIELDS, 64),
    ):
        data = bmp(bits, b"".join(rows) + _END, compression, palette=table, header=header)
        yield Case(f"bmp-runs-{name}.bmp", data, error=UnsupportedMedia, in_chromium=False)
