"""Tiny files of the kinds that `tests.support.odd_pictures` has in full size, to fuzz from."""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.support.encodings import encode, landscape
from tests.support.encodings import png_chunk as chunk
from tests.support.odd_pictures import bmps, gifs, jpegs, pngs, tiffs, webps
from tests.support.odd_pictures.exifs import VECTORS, app1

_WIDTH, _HEIGHT = 12, 8


def odd_seeds(media_type: str) -> Iterator[bytes]:
    """Yield small odd files of a kind."""
    yield from {
        "image/jpeg": _jpegs,
        "image/png": _pngs,
        "image/tiff": _tiffs,
        "image/webp": _webps,
        "image/gif": _gifs,
        "image/bmp": _bmps,
    }.get(media_type, _none)()


def _none() -> Iterator[bytes]:
    yield from ()


def _pixels() -> NDArray[np.uint8]:
    return np.asarray(landscape(_WIDTH, _HEIGHT))


def _jpegs() -> Iterator[bytes]:
    jpeg = encode(landscape(_WIDTH, _HEIGHT), "image/jpeg")
    for vector in VECTORS[::6]:
        yield jpeg[:2] + app1(bytes.fromhex(vector["exif"])) + jpeg[2:]
    yield jpeg[:-12]
    if jpegs.has_tools():
        yield jpegs.run("jpegtran", "-arithmetic", data=jpeg)
        yield jpegs.run("jpegtran", "-arithmetic", "-progressive", data=jpeg)


def _pngs() -> Iterator[bytes]:
    data = pngs.packed(_pixels())
    start = pngs.SIGNATURE + pngs.header(_WIDTH, _HEIGHT)
    hidden = chunk(b"IDAT", data)
    part = np.ascontiguousarray(_pixels()[2:6, 2:8])
    control = pngs.frame_control(0, (6, 4), (2, 2))
    frame = pngs.frame_data(1, pngs.packed(part))
    yield start + pngs.animation() + hidden + control + frame + pngs.END
    shown = pngs.frame_control(0, (_WIDTH, _HEIGHT))
    yield start + pngs.animation(2) + shown + hidden + pngs.END
    yield start + chunk(b"eXIf", bytes.fromhex(VECTORS[5]["exif"])) + hidden + pngs.END
    yield start + chunk(b"IDAT", data[:-4] + bytes(4)) + pngs.END
    yield start + chunk(b"IDAT", data[: len(data) // 2])
    opaque = np.dstack([_pixels(), np.full((_HEIGHT, _WIDTH), 255, np.uint8)])
    apple = pngs.SIGNATURE + chunk(b"CgBI", bytes(4)) + pngs.header(_WIDTH, _HEIGHT, colour=6)
    yield apple + chunk(b"IDAT", pngs.headless(pngs.rows(opaque))) + pngs.END


def _tiffs() -> Iterator[bytes]:
    size = (_WIDTH, _HEIGHT)
    for layout in tiffs.layouts():
        samples: NDArray[Any] = layout.samples[:_HEIGHT, :_WIDTH]
        small = tiffs.Layout(layout.name, layout.photometric, layout.bits, samples, layout.shows)
        tags = small.pages_tags() | layout.tags
        for order in "<>":
            yield tiffs.tiff(tiffs.page(size, tags, [small.rows(order)]), order=order)
    tags = {258: (8, 8, 8), 262: (2,), 277: (3,)}
    mask: tiffs.Tags = {258: (8,), 262: (1,), 277: (1,), 254: (4,)}
    first = tiffs.page(size, mask, [bytes(_WIDTH * _HEIGHT)])
    yield tiffs.tiff(first, tiffs.page(size, tags, [_pixels().tobytes()]))
    planes = [_pixels()[..., channel].tobytes() for channel in range(3)]
    yield tiffs.tiff(tiffs.page(size, tags | {284: (2,)}, planes))


def _webps() -> Iterator[bytes]:
    part = np.ascontiguousarray(_pixels()[2:6, 2:8])
    for flags in (webps.ANIMATED, webps.ANIMATED | webps.ALPHA):
        canvas = webps.extended(flags, _WIDTH, _HEIGHT)
        yield webps.riff(canvas, webps.animation(), webps.frame(part, 2, 2))


def _gifs() -> Iterator[bytes]:
    noise = np.random.default_rng(1).integers(0, 256, (20, 20, 3), np.uint8)
    picture = Image.fromarray(noise).quantize(128)
    for table in ("global", "local", "none"):
        yield gifs.gif((30, 25), (3, 2), picture=picture, clear=1, table=table)


def _bmps() -> Iterator[bytes]:
    for bits, masks in ((16, (0xF00, 0xF0, 0xF)), (32, (0x3FF00000, 0xFFC00, 0x3FF))):
        rows = np.arange(400 * 2, dtype=f"<u{bits // 8}").tobytes()
        yield bmps.bmp(bits, rows, bmps.FIELDS, masks=masks, height=2)
    start = struct.pack("<H", 0x4D42)
    yield start + bmps.bmp(32, bytes(1600), bmps.FIELDS, masks=(0, 0, 0), height=1)[2:]
