"""PNG and APNG: hidden pictures, frames on a canvas, Apple's kind, damage, chunks out of place."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from takeback.media import DamagedMedia, UnsupportedMedia
from tests.support.encodings import png_chunk as chunk
from tests.support.odd_pictures.case import (
    HEIGHT,
    WIDTH,
    Case,
    Pixels,
    fade,
    grey_scene,
    on_canvas,
    on_white,
    other_scene,
    quantised,
    saved,
    scene,
    three,
)

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
END: Final = chunk(b"IEND", b"")
_RGB, _PALETTE, _RGBA = 2, 3, 6


def header(
    width: int = WIDTH, height: int = HEIGHT, depth: int = 8, colour: int = _RGB, laced: int = 0
) -> bytes:
    """Return IHDR."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, laced))


def rows(samples: NDArray[Any]) -> bytes:
    """Return the rows of a picture, none filtered."""
    return b"".join(b"\0" + row.tobytes() for row in samples)


def packed(samples: NDArray[Any]) -> bytes:
    """Return the rows of a picture, compressed."""
    return zlib.compress(rows(samples))


def _wrong(whole: bytes) -> bytes:
    """Spoil a chunk's checksum."""
    return whole[:-4] + bytes(4)


_START: Final = SIGNATURE + header()


def cases() -> Iterator[Case]:
    """Yield them all."""
    yield from _kinds()
    yield from _texts()
    yield from _slightly_broken()
    yield from _cut()
    yield from _animations()
    yield from _apples()
    yield from _palettes()
    yield from _shapes()


def _png(name: str, *chunks: bytes, shows: Pixels | None = None, refused: bool = False) -> Case:
    return Case(
        f"png-{name}.png",
        SIGNATURE + b"".join(chunks),
        shows=scene() if shows is None else shows,
        in_chromium=not refused,
    )


def _damaged(name: str, data: bytes) -> Case:
    return Case(f"png-{name}.png", data, error=DamagedMedia, in_chromium=False)


def _kinds() -> Iterator[Case]:
    deep = scene().astype(">u2") * np.uint16(257)
    key = (0x1234, 0x5678, 0x9ABC)
    yield _png("16-bits", header(depth=16), chunk(b"IDAT", packed(deep)), END)
    half = deep.copy()
    half[:, 200:] = key
    seen = scene().copy()
    seen[:, 200:] = 255
    clear = chunk(b"tRNS", struct.pack(">3H", *key))
    data = chunk(b"IDAT", packed(half))
    yield _png("16-bits-clear", header(depth=16), clear, data, END, shows=seen)
    half[:, 200:] = [value & 0xFF00 for value in key]  # the same high bytes only: not clear
    seen = scene().copy()
    seen[:, 200:] = [value >> 8 for value in key]
    data = chunk(b"IDAT", packed(half))
    yield _png("16-bits-nearly-clear", header(depth=16), clear, data, END, shows=seen)
    grey = grey_scene().astype(">u2") * np.uint16(257)
    data = chunk(b"IDAT", packed(grey))
    yield _png("grey-16-bits", header(depth=16, colour=0), data, END, shows=three(grey_scene()))
    both = Image.merge("LA", (Image.fromarray(grey_scene()), Image.new("L", (WIDTH, HEIGHT), 255)))
    yield Case("png-grey-alpha.png", saved("PNG", both), three(grey_scene()))
    one_bit = Image.fromarray(scene()).convert("1")
    yield Case("png-1-bit.png", saved("PNG", one_bit), np.asarray(one_bit.convert("RGB")))
    layered = np.dstack([scene(), fade()])
    yield Case("png-alpha.png", saved("PNG", layered), on_white(scene(), fade()))
    yield _png("laced", header(laced=1), chunk(b"IDAT", zlib.compress(_laced(scene()))), END)


def _laced(pixels: NDArray[Any]) -> bytes:
    """Return the seven passes of Adam7 (PNG 8.2)."""
    passes = (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)
    later = (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
    return b"".join(rows(pixels[y::down, x::across]) for x, y, across, down in passes + later)


def _texts() -> Iterator[Case]:
    picture = chunk(b"IDAT", packed(scene()))
    long = chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b"workflow " * (1 << 17)))
    yield _png("text-of-1-mib", header(), long, picture, END)
    texts = b"".join(
        chunk(b"zTXt", b"prompt%d\0\0" % number + zlib.compress(b"w" * 1_000_000))
        for number in range(72)
    )
    yield _png("72-texts-before", header(), texts, picture, END)
    yield _png("72-texts-behind", header(), picture, texts, END)
    bomb = chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(40_000_000), 9))
    yield _png("a-text-of-40-mb", header(), bomb, picture, END)
    yield _png("profile-broken", header(), chunk(b"iCCP", b"x\0\0notzlib"), picture, END)


def _slightly_broken() -> Iterator[Case]:
    data = packed(scene())
    picture, text = chunk(b"IDAT", data), chunk(b"tEXt", b"a\0b")
    yield _png("checksum-of-data", header(), _wrong(picture), END, refused=True)
    yield _png("checksum-of-text", header(), _wrong(text), picture, END)
    yield _png("checksum-of-header", _wrong(header()), picture, END, refused=True)
    yield _png("checksum-of-stream", header(), chunk(b"IDAT", _wrong(data)), END)
    parts = data[:5000], b"", data[5000:]
    pieces = b"".join(chunk(b"IDAT", part) for part in (b"", *parts))
    yield _png("empty-data-first", header(), pieces, END)
    tiny = b"".join(chunk(b"IDAT", data[at : at + 7]) for at in range(0, len(data), 7))
    yield _png("data-in-sevens", header(), tiny, END)
    yield _png("data-too-long", header(), chunk(b"IDAT", data + b"extra" * 900), END)
    halves = chunk(b"IDAT", data[:9000]), text, chunk(b"IDAT", data[9000:])
    yield _png("text-within-data", header(), *halves, END, refused=True)
    yield _png("no-end", header(), picture, refused=True)
    yield _png("zip-behind", header(), picture, END, b"PK\3\4" * 999)
    yield _png("unknown-critical", header(), chunk(b"IDOT", bytes(28)), picture, END, refused=True)
    yield _png("unknown-other", header(), chunk(b"abCd", b"x"), picture, END)
    yield _png("small-window", header(), chunk(b"IDAT", b"\x08\x1d" + data[2:]), END)
    filters = [b"\x09" if row == HEIGHT - 1 else b"\0" for row in range(HEIGHT)]
    odd = b"".join(kind + row.tobytes() for kind, row in zip(filters, scene(), strict=True))
    yield _png("last-filter", header(), chunk(b"IDAT", zlib.compress(odd)), END, refused=True)


def _cut() -> Iterator[Case]:
    data = packed(scene())
    whole = SIGNATURE + header() + chunk(b"IDAT", data) + END
    yield _damaged("header-alone", _START)
    yield _damaged("no-data", _START + END)
    yield _damaged("empty-data", _START + chunk(b"IDAT", b"") + END)
    yield _damaged("garbage", _START + chunk(b"IDAT", b"this is no stream" * 9) + END)
    yield _damaged("empty-stream", _START + chunk(b"IDAT", zlib.compress(b"")) + END)
    yield _damaged("cut-at-a-fiftieth", whole[: len(whole) // 50])
    bad = b"".join(b"\x09" + row.tobytes() for row in scene())
    yield _damaged("first-filter", _START + chunk(b"IDAT", zlib.compress(bad)) + END)
    three_rows = chunk(b"IDAT", zlib.compress(rows(scene()[:3])))
    yield _damaged("three-rows", _START + three_rows + END)
    yield _damaged("no-palette", SIGNATURE + header(colour=_PALETTE) + END)
    yield _damaged("no-header", SIGNATURE + chunk(b"IDAT", data) + END)
    for percent in (30, 60, 90):
        seen = scene().copy()
        cut = whole[: len(whole) * percent // 100]
        unpacked = zlib.decompressobj().decompress(cut[len(_START) + 8 :])
        seen[len(unpacked) // (3 * WIDTH + 1) :] = 255
        yield Case(f"png-cut-{percent}.png", cut, seen, in_chromium=False)


def frame_control(
    number: int = 0,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    at: tuple[int, int] = (0, 0),
    dispose: int = 0,
    blend: int = 0,
) -> bytes:
    """Return fcTL."""
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, *size, *at, 1, 10, dispose, blend))


def animation(frames: int = 1) -> bytes:
    """Return acTL."""
    return chunk(b"acTL", struct.pack(">II", frames, 0))


def frame_data(number: int, data: bytes) -> bytes:
    """Return fdAT."""
    return chunk(b"fdAT", struct.pack(">I", number) + data)


def _animations() -> Iterator[Case]:
    hidden = chunk(b"IDAT", packed(other_scene()))
    first = frame_control(), frame_data(1, packed(scene()))
    film = header(), animation()
    yield _png("hidden", *film, hidden, *first, END)
    yield _png("hidden-of-7", header(), animation(7), hidden, *first, END)
    second = frame_control(2), frame_data(3, packed(other_scene()))
    yield _png("hidden-of-2", header(), animation(2), hidden, *first, *second, END)
    yield _png("announced-twice", *film, animation(), hidden, *first, END)
    yield _png("hidden-checksum", *film, hidden, first[0], _wrong(first[1]), END)
    data = packed(scene())
    pieces = frame_data(1, data[:9000]) + frame_data(2, data[9000:])
    yield _png("hidden-in-pieces", *film, hidden, first[0], pieces, END)
    part = np.ascontiguousarray(scene()[50:250, 100:300])
    seen = on_canvas(part, WIDTH, HEIGHT, 100, 50)
    for name, dispose, blend in (("plain", 0, 0), ("over", 1, 1), ("back", 2, 0)):
        place = frame_control(0, (200, 200), (100, 50), dispose, blend)
        frame = frame_data(1, packed(part))
        yield _png(f"frame-on-canvas-{name}", *film, hidden, place, frame, END, shows=seen)
    laced = zlib.compress(_laced(scene()))
    cover = chunk(b"IDAT", zlib.compress(_laced(other_scene())))
    frame = frame_data(1, laced)
    yield _png("hidden-laced", header(laced=1), animation(), cover, first[0], frame, END)
    shown = frame_control(), chunk(b"IDAT", data)
    next_one = frame_control(1), frame_data(2, packed(other_scene()))
    yield _png("shown", header(), animation(2), *shown, *next_one, END)
    cut = b"".join((header(), animation(2), *shown, *next_one))[:-9000]
    yield _png("shown-second-cut", cut)
    yield _png("announced-too-late", header(), chunk(b"IDAT", data), animation(), *second, END)
    yield _png("announced-checksum", header(), _wrong(animation()), chunk(b"IDAT", data), END)
    yield _png("no-frames", header(), animation(0), chunk(b"IDAT", data), END)
    alone = header(), animation(2), chunk(b"IDAT", data), END
    yield _png("no-control", *alone, refused=True)
    for name, control in (
        ("outside", frame_control(0, at=(100, 50))),
        ("of-no-size", frame_control(0, (0, HEIGHT))),
        ("number", frame_control(3)),
        ("checksum", _wrong(frame_control())),
        ("short", chunk(b"fcTL", bytes(8))),
    ):
        yield _damaged(f"control-{name}", SIGNATURE + b"".join((*film, hidden, control, first[1])))
    yield _damaged("frame-missing", SIGNATURE + b"".join((*film, hidden, first[0], END)))
    small = frame_control(0, (200, 200), (100, 50))
    yield _damaged("shown-in-part", SIGNATURE + b"".join((*film, small, chunk(b"IDAT", data))))


def _apples() -> Iterator[Case]:
    mark = chunk(b"CgBI", b"\x50\x00\x20\x02")

    def apple(name: str, samples: NDArray[Any], colour: int, shows: Pixels, laced: int = 0) -> Case:
        body = headless(_laced(samples) if laced else rows(samples))
        chunks = mark, header(colour=colour, laced=laced), chunk(b"IDAT", body), END
        return _png(f"apple-{name}", *chunks, shows=shows, refused=True)

    blue_first = np.ascontiguousarray(scene()[..., ::-1])
    opaque = np.dstack([blue_first, np.full((HEIGHT, WIDTH), 255, np.uint8)])
    yield apple("opaque", opaque, _RGBA, scene())
    yield apple("opaque-laced", opaque, _RGBA, scene(), laced=1)
    yield apple("rgb", blue_first, _RGB, scene())
    weighed = (blue_first.astype(np.uint32) * fade()[..., None] + 127) // 255
    faded = np.dstack([weighed.astype(np.uint8), fade()])
    yield apple("fading", faded, _RGBA, on_white(scene(), fade()))
    start = SIGNATURE + mark + header(colour=_RGBA)
    body = headless(rows(opaque))
    half = scene().copy()
    there = zlib.decompressobj(-15).decompress(body[: len(body) // 2])
    half[len(there) // (4 * WIDTH + 1) :] = 255
    cut = start + chunk(b"IDAT", body)[: 8 + len(body) // 2]
    yield Case("png-apple-cut.png", cut, half, in_chromium=False)
    yield _damaged("apple-garbage", start + chunk(b"IDAT", b"\xff" * 99) + END)
    yield _damaged("apple-header-alone", start)
    deep = SIGNATURE + mark + header(depth=16, colour=_RGBA) + chunk(b"IDAT", body) + END
    yield Case("png-apple-16-bits.png", deep, error=UnsupportedMedia, in_chromium=False)


def headless(data: bytes) -> bytes:
    """Compress data as Apple does: without header and checksum."""
    deflating = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflating.compress(data) + deflating.flush()


def _palettes() -> Iterator[Case]:
    picture = quantised()
    indices, colours = np.asarray(picture), np.asarray(picture.convert("RGB"))
    palette = chunk(b"PLTE", bytes(picture.getpalette() or [])[: 3 * 128])
    clear = chunk(b"tRNS", bytes(8))
    data = chunk(b"IDAT", packed(indices))
    seen = np.where((indices < 8)[..., None], np.uint8(255), colours)

    def of(name: str, chunks: Sequence[bytes], shows: Pixels) -> Case:
        return _png(f"palette-{name}", header(colour=_PALETTE), *chunks, END, shows=shows)

    yield of("clear", (palette, clear, data), seen)
    yield of("clear-twice", (palette, clear, chunk(b"tRNS", b"\xff" * 8), data), seen)
    # Where browsers don't look for it, it is not there.
    yield of("clear-too-early", (clear, palette, data), colours)
    yield of("clear-too-late", (palette, data, clear), colours)
    yield of("clear-checksum", (palette, _wrong(clear), data), colours)
    half = chunk(b"tRNS", bytes([255] * 64 + [128] * 64))
    alpha = np.where(indices < 64, 255, 128).astype(np.uint8)
    yield of("half-clear", (palette, half, data), on_white(colours, alpha))
    blank = chunk(b"IDAT", packed(np.zeros_like(indices)))
    frame = frame_control(), frame_data(1, packed(indices))
    yield of("hidden", (animation(), palette, clear, blank, *frame), seen)
    yield from _short_palettes()


def _short_palettes() -> Iterator[Case]:
    """Palettes with fewer colours than the pixels ask for: Chromium 156 shows the last one."""
    for depth, count in ((8, 128), (4, 16), (2, 4), (1, 2)):
        picture = Image.fromarray(scene()).quantize(count)
        indices = np.asarray(picture)
        colours = bytes(picture.getpalette() or [])[: 3 * count]
        bits = np.unpackbits(indices[..., None], axis=-1)[..., 8 - depth :]
        data = chunk(b"IDAT", packed(np.packbits(bits.reshape(HEIGHT, -1), axis=1)))

        def of(
            name: str,
            length: int,
            alpha: bytes | None = None,
            *,
            colours: bytes = colours,
            indices: Pixels = indices,
            depth: int = depth,
            data: bytes = data,
        ) -> Case:
            entries = length // 3
            table = np.frombuffer(colours, np.uint8)[: 3 * entries].reshape(-1, 3)
            found = np.minimum(indices, entries - 1)
            seen, clear = table[found], b""
            if alpha is not None:
                clear = chunk(b"tRNS", alpha)
                opacity = np.frombuffer(alpha[:entries].ljust(entries, b"\xff"), np.uint8)
                seen = on_white(seen, opacity[found])
            head = header(depth=depth, colour=_PALETTE) + chunk(b"PLTE", colours[:length]) + clear
            return _png(f"palette-{depth}-{name}", head, data, END, shows=seen)

        for entries in {count, count - 1, count * 5 // 8, count // 3, 1} - {0}:
            yield of(f"of-{entries}", 3 * entries)
        half = count // 2
        yield of("a-byte-short", 3 * count - 1)
        if depth > 1:  # else these are the same
            yield of("half-and-2-bytes", 3 * half + 2)
            yield of("first-clear", 3 * half, b"\0")
        yield of("last-clear", 3 * half, b"\xff" * (half - 1) + b"\0")
        yield of("last-half-clear", 3 * half, b"\xff" * (half - 1) + b"\x80")
        yield of("clear-beyond", 3 * half, b"\xff" * half + b"\0" * half)
        if depth != 8:
            continue
        mark = header(colour=_PALETTE)
        palette, clear = chunk(b"PLTE", colours), chunk(b"tRNS", bytes(257))
        shows = np.asarray(picture.convert("RGB"))
        yield _png("palette-clear-too-long", mark, palette, clear, data, END, shows=shows)
        long = chunk(b"PLTE", colours.ljust(3 * 257, b"\0"))
        yield _png("palette-too-long", mark, long, data, END, shows=shows, refused=True)
        for name, chunks in (
            ("of-0", mark + chunk(b"PLTE", b"")),
            ("of-2-bytes", mark + chunk(b"PLTE", b"ab")),
        ):
            yield _damaged(f"palette-{name}", SIGNATURE + chunks + data + END)
        yield _damaged("palette-without", SIGNATURE + mark + data + END)


def _shapes() -> Iterator[Case]:
    for width, height in ((1, 1), (1, 10_000), (10_000, 1), (2, 2), (63, 64)):
        shape = scene(max(width, 2), max(height, 2))[:height, :width]
        yield Case(f"png-{width}-by-{height}.png", saved("PNG", np.ascontiguousarray(shape)), shape)
    plain = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    yield Case("png-plain.png", saved("PNG", plain), plain)
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    yield Case("png-black.png", saved("PNG", black), black)
    clear = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    yield Case("png-all-clear.png", saved("PNG", clear), np.full_like(black, 255))
