"""TIFF: every combination of samples that is read, as strips, tiles and planes, and what is not."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from takeback.media import DamagedMedia, MediaError, UnsupportedMedia
from tests.support.odd_pictures.case import (
    HEIGHT,
    WIDTH,
    Case,
    Pixels,
    fade,
    grey_scene,
    on_white,
    other_scene,
    saved,
    scene,
    three,
    turned,
)

_SHORT, _LONG = 3, 4
_NONE, _DEFLATE, _PACKBITS = 1, 8, 32773
Tags = dict[int, tuple[int, ...]]
_ORDERS: Final = {"<": "little", ">": "big"}


@dataclass(frozen=True)
class Layout:
    """Samples of one kind: tags that say what they are, packed rows, and what they show."""

    name: str
    photometric: int
    bits: tuple[int, ...]
    samples: NDArray[Any]  # (height, width, samples), of the numbers that are stored
    shows: Pixels
    tags: Tags = field(default_factory=dict)

    def rows(self, order: str, plane: int | None = None) -> bytes:
        """Return the rows, padded to whole bytes; of one plane, if one is named."""
        samples = self.samples if plane is None else self.samples[..., plane : plane + 1]
        depth = self.bits[0]
        if depth >= 8 and depth != 12:
            return samples.astype(f"{order}{samples.dtype.str[1:]}").tobytes()
        bits = np.unpackbits(samples.astype(">u2")[..., None].view(np.uint8), axis=-1)
        flat = bits[..., -depth:].reshape(len(samples), -1)
        return np.packbits(flat, axis=1).tobytes()

    def pages_tags(self) -> Tags:
        """Return what the page's directory says of its samples."""
        count = len(self.bits)
        return {258: self.bits, 262: (self.photometric,), 277: (count,)} | self.tags


def page(
    size: tuple[int, int],
    tags: Tags,
    pieces: Sequence[bytes],
    *,
    compression: int = _NONE,
    tiled: int = 0,
    rows: int | None = None,
) -> tuple[Tags, list[bytes]]:
    """Return a page: its tags, and its strips, or tiles if they have a side."""
    width, height = size
    packed = [_compressed(piece, compression) for piece in pieces]
    lengths = tuple(map(len, packed))
    common = {256: (width,), 257: (height,), 259: (compression,)}
    if tiled:
        place = {322: (tiled,), 323: (tiled,), 324: lengths, 325: lengths}
    else:
        place = {273: lengths, 279: lengths, 278: (rows or height,)}
    return common | place | tags, packed


def _compressed(data: bytes, compression: int) -> bytes:
    if compression == _DEFLATE:
        return zlib.compress(data)
    if compression == _PACKBITS:  # TIFF 6.0, section 9: here without any repetition
        parts = (data[at : at + 128] for at in range(0, len(data), 128))
        return b"".join(bytes((len(part) - 1,)) + part for part in parts)
    return data


def tiff(*pages: tuple[Tags, list[bytes]], order: str = "<") -> bytes:
    """Put pages together to a file."""
    out = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))
    link = 4
    for tags, pieces in pages:
        offsets = []
        for piece in pieces:
            offsets.append(len(out))
            out += piece + bytes(len(piece) % 2)
        placed = {tag: tuple(offsets) if tag in (273, 324) else tags[tag] for tag in sorted(tags)}
        directory = len(out)
        link_to, body = _directory(placed, directory, order)
        struct.pack_into(order + "I", out, link, directory)
        out += body
        link = directory + link_to
    return bytes(out)


def _directory(tags: Tags, at: int, order: str) -> tuple[int, bytes]:
    """Return where its link to the next stands, and the directory with the values behind it."""
    behind = at + 2 + 12 * len(tags) + 4
    entries, values = struct.pack(order + "H", len(tags)), b""
    for tag, numbers in tags.items():
        kind = _LONG if tag in (256, 257, 273, 278, 279, 324, 325) else _SHORT
        packed = struct.pack(order + "HI"[kind - _SHORT] * len(numbers), *numbers)
        entries += struct.pack(order + "HHI", tag, kind, len(numbers))
        if len(packed) <= 4:
            entries += packed.ljust(4, b"\0")
        else:
            entries += struct.pack(order + "I", behind + len(values))
            values += packed + bytes(len(packed) % 2)
    return 2 + 12 * len(tags), entries + bytes(4) + values


def layouts() -> Iterator[Layout]:
    """Yield every layout that is read."""
    grey = grey_scene()[..., None]
    seen = three(grey_scene())
    for depth in (1, 2, 4, 8):
        stored = grey >> (8 - depth)
        shows = three(
            (stored[..., 0].astype(np.uint16) * 255 // ((1 << depth) - 1)).astype(np.uint8)
        )
        yield Layout(f"grey-{depth}", 1, (depth,), stored, shows)
        yield Layout(f"white-is-0-{depth}", 0, (depth,), (1 << depth) - 1 - stored, shows)
    twelve = grey.astype(np.uint16) * 16 + (grey >> 4)
    yield Layout("grey-12", 1, (12,), twelve, seen)
    yield Layout("white-is-0-12", 0, (12,), 4095 - twelve, seen)
    sixteen = grey.astype(np.uint16) * 257
    yield Layout("grey-16", 1, (16,), sixteen, seen)
    yield Layout("white-is-0-16", 0, (16,), 65535 - sixteen, seen)
    yield Layout("grey-12-in-16", 1, (16,), twelve, seen, {281: (4095,)})
    signed = (grey.astype(np.int32) * 128 - 16384).astype(np.int16)
    yield Layout("signed-16", 1, (16,), signed, seen, {339: (2,)})
    wide = grey.astype(np.uint32)
    yield Layout("grey-32", 1, (32,), wide * np.uint32(0x01010101), seen)
    yield Layout("grey-32-small", 1, (32,), wide * np.uint32(100), seen)
    yield Layout("signed-32", 1, (32,), (wide * 1000).astype(np.int32) - 99_000, seen, {339: (2,)})
    yield from _floats(seen)
    yield from _in_colour()


def _floats(seen: Pixels) -> Iterator[Layout]:
    values = (grey_scene() / 255).astype(np.float32)[..., None]
    yield Layout("float", 1, (32,), values, seen, {339: (3,)})
    yield Layout("float-white-is-0", 0, (32,), 1 - values, seen, {339: (3,)})
    odd = values.copy()
    odd[0, 0], odd[1, 1] = np.inf, np.nan
    yield Layout("float-without-numbers", 1, (32,), odd, seen, {339: (3,)})
    hot = values.copy()
    hot[0, 0] = 1e30
    yield Layout("float-hot-pixel", 1, (32,), hot, seen, {339: (3,)})


def _in_colour() -> Iterator[Layout]:
    colours, alpha = scene(), fade()
    samples: NDArray[Any]
    extra: tuple[int, ...]
    kinds: tuple[tuple[int, int, Any], ...] = ((8, 1, np.uint8), (16, 257, np.uint16))
    for depth, times, kind in kinds:
        rgb = colours.astype(kind) * kind(times)
        clear = alpha.astype(kind)[..., None] * kind(times)
        yield Layout(f"rgb-{depth}", 2, (depth,) * 3, rgb, colours)
        layered = np.dstack([rgb, clear])
        faded = on_white(colours, alpha)
        weighed = (colours.astype(np.uint32) * alpha[..., None] + 127) // 255
        weighted = np.dstack([weighed.astype(kind) * kind(times), clear])
        for name, extra, samples, shows in (
            ("unknown", (0,), layered, colours),
            ("weighted", (1,), weighted, faded),
            ("alpha", (2,), layered, faded),
        ):
            yield Layout(f"rgb-{depth}-{name}", 2, (depth,) * 4, samples, shows, {338: extra})
        if depth == 8:
            yield Layout("rgb-8-fourth-unsaid", 2, (8,) * 4, layered, faded)
            for name, extra, samples, shows in (
                ("unknown", (0, 0), layered, colours),
                ("weighted", (1, 0), weighted, faded),
                ("alpha", (2, 0), layered, faded),
            ):
                five = np.dstack([samples, clear])
                yield Layout(f"rgb-8-{name}-more", 2, (8,) * 5, five, shows, {338: extra})
    cyan = np.asarray(Image.fromarray(colours).convert("CMYK"))
    yield Layout("cmyk-8", 5, (8,) * 4, cyan, colours)
    yield Layout("cmyk-8-more", 5, (8,) * 5, np.dstack([cyan, alpha]), colours, {338: (0,)})
    yield Layout("cmyk-16", 5, (16,) * 4, cyan.astype(np.uint16) * np.uint16(257), colours)
    ycbcr = np.asarray(Image.fromarray(colours).convert("YCbCr"))
    yield Layout("ycbcr", 6, (8,) * 3, ycbcr, colours, {530: (1, 1)})
    grey = grey_scene()
    faded = on_white(three(grey), alpha)
    weighed = ((grey.astype(np.uint32) * alpha + 127) // 255).astype(np.uint8)
    for name, number, samples, shows in (
        ("unknown", 0, np.dstack([grey, alpha]), three(grey)),
        ("weighted", 1, np.dstack([weighed, alpha]), faded),
        ("alpha", 2, np.dstack([grey, alpha]), faded),
    ):
        yield Layout(f"grey-8-{name}", 1, (8, 8), samples, shows, {338: (number,)})
    for depth in (1, 2, 4, 8):
        picture = Image.fromarray(colours).quantize(1 << min(depth, 7))
        count = 1 << depth
        table = np.zeros((count, 3), np.uint16)
        known = np.array(picture.getpalette() or []).reshape(-1, 3)[:count]
        table[: len(known)] = known * 257
        indices = np.asarray(picture)[..., None]
        shows = np.asarray(picture.convert("RGB"))
        flat = tuple(int(value) for value in table.T.ravel())
        yield Layout(f"palette-{depth}", 3, (depth,), indices, shows, {320: flat})


def cases() -> Iterator[Case]:
    """Yield them all; no browser but Safari shows TIFF."""
    for layout in layouts():
        for order, named in _ORDERS.items():
            data = _in_strips(layout, order, _NONE)
            yield _case(f"{layout.name}-{named}", data, layout.shows)
        yield _case(f"{layout.name}-deflated", _in_strips(layout, ">", _DEFLATE), layout.shows)
        if layout.name in ("grey-16", "rgb-8", "rgb-16", "float", "palette-8"):
            packbits = _in_strips(layout, "<", _PACKBITS)
            yield _case(f"{layout.name}-packbits", packbits, layout.shows)
        if layout.bits in ((8,), (8, 8, 8), (16,)):
            for name, compression in (("", _NONE), ("-deflated", _DEFLATE)):
                tiles = _in_tiles(layout, compression)
                yield _case(f"{layout.name}-tiled{name}", tiles, layout.shows)
    yield from _planes()
    yield from _by_pillow()
    yield from _pages()
    yield from _refused()
    yield from _palettes()
    yield from _cut()


def _case(name: str, data: bytes, shows: Pixels) -> Case:
    return Case(f"tiff-{name}.tif", data, shows, in_chromium=False)


def _in_strips(layout: Layout, order: str, compression: int) -> bytes:
    rows, height = layout.rows(order), 77
    row = len(rows) // HEIGHT
    strips = [rows[at : at + row * height] for at in range(0, len(rows), row * height)]
    size = (WIDTH, HEIGHT)
    made = page(size, layout.pages_tags(), strips, compression=compression, rows=height)
    return tiff(made, order=order)


def _in_tiles(layout: Layout, compression: int) -> bytes:
    side = 64
    pieces = []
    for top in range(0, HEIGHT, side):
        for left in range(0, WIDTH, side):
            piece = layout.samples[top : top + side, left : left + side]
            missing = ((0, side - piece.shape[0]), (0, side - piece.shape[1]), (0, 0))
            pieces.append(np.pad(piece, missing).tobytes())
    made = page((WIDTH, HEIGHT), layout.pages_tags(), pieces, compression=compression, tiled=side)
    return tiff(made)


def _planes() -> Iterator[Case]:
    for layout in layouts():
        if layout.name in ("rgb-8", "rgb-8-alpha", "cmyk-8"):
            for name, compression in (("", _NONE), ("-deflated", _DEFLATE)):
                planes = [layout.rows("<", plane) for plane in range(len(layout.bits))]
                tags = layout.pages_tags() | {284: (2,)}
                made = page((WIDTH, HEIGHT), tags, planes, compression=compression)
                yield _case(f"{layout.name}-planes{name}", tiff(made), layout.shows)
                if layout.name == "rgb-8" and compression == _NONE:
                    # One strip where there should be three.
                    lacking = page((WIDTH, HEIGHT), tags, [b"".join(planes)])
                    yield _error("planes-missing", tiff(lacking), DamagedMedia)


def _by_pillow() -> Iterator[Case]:
    for compression in ("tiff_lzw", "jpeg", "tiff_deflate", "packbits", "zstd"):
        data = saved("TIFF", compression=compression)
        yield _case(f"by-pillow-{compression}", data, scene())
    two = Image.fromarray(scene()).convert("1")
    for compression in ("group3", "group4", "tiff_ccitt"):
        data = saved("TIFF", two, compression=compression)
        yield _case(f"by-pillow-{compression}", data, np.asarray(two.convert("RGB")))
    grey = Image.fromarray(grey_scene())
    yield _case("by-pillow-jpeg-grey", saved("TIFF", grey, compression="jpeg"), three(grey_scene()))
    yield _case("by-pillow-big", saved("TIFF", big_tiff=True), scene())


def _rgb_page(pixels: Pixels, more: Tags | None = None) -> tuple[Tags, list[bytes]]:
    height, width = pixels.shape[:2]
    tags: Tags = {258: (8, 8, 8), 262: (2,), 277: (3,)} | (more or {})
    return page((width, height), tags, [pixels.tobytes()])


def _pages() -> Iterator[Case]:
    mask = page((WIDTH, HEIGHT), {258: (8,), 262: (1,), 277: (1,), 254: (4,)}, [bytes(120_000)])
    small = np.asarray(Image.fromarray(other_scene()).resize((40, 30)))
    for name, first in (
        ("mask-first", mask),
        ("preview-first", _rgb_page(small, {254: (1,)})),
        ("old-preview-first", _rgb_page(small, {255: (2,)})),
    ):
        yield _case(name, tiff(first, _rgb_page(scene())), scene())
    yield _case("two-pages", tiff(_rgb_page(scene()), _rgb_page(other_scene())), scene())
    yield _case("mask-alone", tiff(_rgb_page(scene(), {254: (4,)})), scene())
    lying = tiff(_rgb_page(turned(scene()), {274: (6,)}))
    yield _case("turned", lying, scene())


def _error(name: str, data: bytes, error: type[MediaError]) -> Case:
    return Case(f"tiff-{name}.tif", data, error=error, in_chromium=False)


def _palettes() -> Iterator[Case]:
    """Maps of colours that are too short or too long, and one whose numbers have 8 bits."""
    layout = next(layout for layout in layouts() if layout.name == "palette-4")
    colours = layout.tags[320]
    for order in ("<", ">"):
        for count in (0, 1, 30, 47, 49, 60, 768):
            tags = {320: (colours * 16)[:count]} if count else {}
            data = _in_strips(replace(layout, tags=tags), order, _NONE)
            yield _error(f"palette-of-{count}-{_ORDERS[order]}", data, DamagedMedia)
        small = replace(layout, tags={320: tuple(value >> 8 for value in colours)})
        data = _in_strips(small, order, _NONE)
        yield _case(f"palette-of-8-bits-{_ORDERS[order]}", data, layout.shows)


def _refused() -> Iterator[Case]:
    rgb = scene().tobytes()
    floats = (scene() / 255).astype("<f4").tobytes()
    size = (WIDTH, HEIGHT)
    refused: tuple[tuple[str, Tags, bytes, int], ...] = (
        ("rgb-float", {258: (32,) * 3, 262: (2,), 277: (3,), 339: (3,) * 3}, floats, _NONE),
        ("rgb-signed", {258: (8,) * 3, 262: (2,), 277: (3,), 339: (2,) * 3}, rgb, _NONE),
        ("rgb-mixed", {258: (8,) * 3, 262: (2,), 277: (3,), 339: (1, 1, 2)}, rgb, _NONE),
        ("rgb-of-5-6-5", {258: (5, 6, 5), 262: (2,), 277: (3,)}, rgb, _NONE),
        ("cie-lab", {258: (8,) * 3, 262: (8,), 277: (3,)}, rgb, _NONE),
        ("icc-lab", {258: (8,) * 3, 262: (9,), 277: (3,)}, rgb, _NONE),
        ("raw-of-a-camera", {258: (16,), 262: (32803,), 277: (1,)}, rgb, _NONE),
        ("ycbcr-sampled", {258: (8,) * 3, 262: (6,), 277: (3,)}, rgb, _NONE),
        ("grey-24", {258: (24,), 262: (1,), 277: (1,)}, rgb, _NONE),
        ("grey-6", {258: (6,), 262: (1,), 277: (1,)}, rgb, _NONE),
        ("float-16", {258: (16,), 262: (1,), 277: (1,), 339: (3,)}, rgb, _NONE),
        ("float-64", {258: (64,), 262: (1,), 277: (1,), 339: (3,)}, rgb * 3, _NONE),
        ("bits-reversed", {258: (8,), 262: (1,), 277: (1,), 266: (2,)}, rgb, _NONE),
        ("old-jpeg", {258: (8,) * 3, 262: (6,), 277: (3,)}, rgb, 6),
        ("unknown-compression", {258: (8,) * 3, 262: (2,), 277: (3,)}, rgb, 34712),
        ("16-bit-planes", {258: (16,) * 3, 262: (2,), 277: (3,), 284: (2,)}, rgb, _NONE),
        (
            "fourth-plane-unknown",
            {258: (8,) * 4, 262: (2,), 277: (4,), 284: (2,), 338: (0,)},
            rgb * 2,
            _NONE,
        ),
        ("many-samples", {258: (8,) * 9, 262: (2,), 277: (9,), 338: (0,) * 6}, rgb * 3, _NONE),
    )
    for name, tags, body, compression in refused:
        yield _error(
            name, tiff(page(size, tags, [body], compression=compression)), UnsupportedMedia
        )


def _cut() -> Iterator[Case]:
    tags: Tags = {258: (8,), 262: (1,), 277: (1,)}
    yield _error("no-strip", tiff(page((WIDTH, HEIGHT), tags, [b""])), DamagedMedia)
    few = grey_scene()[:9].tobytes()
    yield _error("nine-rows", tiff(page((WIDTH, HEIGHT), tags, [few])), DamagedMedia)
    yield _error("header-alone", b"II*\0\x08\0\0\0", DamagedMedia)
    yield _error("no-directory", b"II*\0\0\0\0\0", DamagedMedia)
    yield _error("no-size", tiff(({258: (8,), 262: (1,), 273: (0,)}, [b""])), DamagedMedia)
    for percent in (30, 60, 90):
        rows = HEIGHT * percent // 100
        seen = three(grey_scene()).copy()
        seen[rows:] = 0
        data = tiff(page((WIDTH, HEIGHT), tags, [grey_scene()[:rows].tobytes()]))
        yield _case(f"cut-{percent}", data, seen)
