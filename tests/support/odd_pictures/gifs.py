"""GIF: frames on a canvas of another size, transparency, missing colours, cut files."""

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from takeback.media import DamagedMedia, UnsupportedMedia
from tests.support.odd_pictures.case import (
    Case,
    Pixels,
    on_canvas,
    other_scene,
    quantised,
    saved,
    scene,
)

_COLOURS = 128
_TABLE = 0x80 | (_COLOURS.bit_length() - 2)


def gif(
    canvas: tuple[int, int],
    at: tuple[int, int] = (0, 0),
    *,
    picture: Image.Image | None = None,
    clear: int | None = None,
    background: int = 0,
    table: str = "global",
    dispose: int = 0,
) -> bytes:
    """Return a GIF of one frame, the scene in 128 colours if no picture is given."""
    picture = picture or quantised()
    plain = saved("GIF", picture, interlace=0)
    colours = bytes(picture.getpalette() or [])[: 3 * _COLOURS].ljust(3 * _COLOURS, b"\0")
    image = plain[plain.index(b"\x2c", 13 + 3 * _COLOURS) + 10 :]
    is_global, is_local = table == "global", table == "local"
    parts = [b"GIF89a" + struct.pack("<HHBBB", *canvas, _TABLE * is_global, background, 0)]
    parts.append(colours if is_global else b"")
    if clear is not None or dispose:
        flags = dispose << 2 | (clear is not None)
        parts.append(b"\x21\xf9\4" + bytes((flags, 0, 0, clear or 0, 0)))
    parts.append(b"\x2c" + struct.pack("<HHHHB", *at, *picture.size, _TABLE * is_local))
    parts.append(colours if is_local else b"")
    return b"".join((*parts, image))


def _colours_of(picture: Image.Image, clear: int | None = None) -> Pixels:
    colours = np.asarray(picture.convert("RGB"))
    if clear is None:
        return colours
    return np.where((np.asarray(picture) == clear)[..., None], np.uint8(255), colours)


def cases() -> Iterator[Case]:
    """Yield them all."""
    seen = _colours_of(quantised())
    plain = gif((400, 300))
    yield Case("gif-plain.gif", plain, seen)
    yield Case("gif-laced.gif", saved("GIF", quantised(), interlace=1), seen)
    yield Case("gif-own-colours.gif", gif((400, 300), table="local"), seen)
    yield Case("gif-canvas-of-nothing.gif", gif((0, 0)), seen)
    yield Case("gif-larger-than-canvas.gif", gif((100, 100)), seen)
    yield Case("gif-corner.gif", gif((800, 600), (400, 300)), on_canvas(seen, 800, 600, 400, 300))
    yield Case("gif-hangs-out.gif", gif((400, 300), (100, 50)), on_canvas(seen, 500, 350, 100, 50))
    for name, clear, background, dispose in (
        ("on-canvas", None, 7, 0),
        ("on-canvas-disposed", None, 7, 2),
        ("on-canvas-clear", 5, 0, 0),
        ("on-canvas-clear-ground", 5, 5, 2),
    ):
        data = gif((800, 600), (100, 50), clear=clear, background=background, dispose=dispose)
        shows = on_canvas(_colours_of(quantised(), clear), 800, 600, 100, 50)
        yield Case(f"gif-{name}.gif", data, shows)
    yield Case("gif-clear-beyond-colours.gif", gif((400, 300), clear=200), seen)
    part = Image.fromarray(np.ascontiguousarray(scene()[50:250, 100:300])).quantize(_COLOURS)
    first = gif((400, 300), (50, 40), picture=part, clear=3)
    second = gif((400, 300), picture=Image.fromarray(other_scene()).quantize(_COLOURS))
    film = first[:-1] + second[13 + 3 * _COLOURS :]
    yield Case("gif-second-covers.gif", film, on_canvas(_colours_of(part, 3), 400, 300, 50, 40))
    without = gif((400, 300), table="none")
    yield Case("gif-no-colours.gif", without, error=UnsupportedMedia)
    yield from _short_tables()
    yield from _broken(plain, seen)


def _short_tables() -> Iterator[Case]:
    """Tables with fewer colours than the pixels ask for: black in Chromium 156."""
    indices = np.asarray(quantised())
    grey = bytes(value for value in range(_COLOURS) for _ in range(3))
    for kind, colours in (("", bytes(quantised().getpalette() or [])), ("-grey", grey)):
        for table in ("global", "local"):
            whole = gif((400, 300), table=table)
            begins = 13 if table == "global" else 23
            flags_at = 10 if table == "global" else 22
            for size in (5, 3, 0):
                count = 2 << size
                data = bytearray(whole)
                data[flags_at] = 0x80 | size
                data[begins : begins + 3 * _COLOURS] = colours[: 3 * count]
                known = np.zeros((256, 3), np.uint8)
                known[:count] = np.frombuffer(colours, np.uint8)[: 3 * count].reshape(-1, 3)
                name = f"gif-{table}-of-{count}{kind}.gif"
                yield Case(name, bytes(data), known[indices])
    for kind, colours in (("", bytes(quantised().getpalette() or [])), ("-grey", grey)):
        for clear in (100, 5, 0):
            data = bytearray(gif((400, 300), clear=clear))
            data[10] = 0x80 | 4
            data[13 : 13 + 3 * _COLOURS] = colours[: 3 * 32]
            known = np.zeros((256, 3), np.uint8)
            known[:32] = np.frombuffer(colours, np.uint8)[: 3 * 32].reshape(-1, 3)
            known[clear] = 255
            yield Case(f"gif-of-32-clear-{clear}{kind}.gif", bytes(data), known[indices])


def _broken(plain: bytes, seen: Pixels) -> Iterator[Case]:
    yield Case("gif-no-end.gif", plain[:-1], seen)
    yield Case("gif-more-behind.gif", plain + b"x" * 999, seen)
    frame = plain.index(b"\x2c", 13 + 3 * _COLOURS)
    for name, data in (
        ("header-alone", plain[:13]),
        ("no-frame", plain[:frame] + b";"),
        ("empty-frame", plain[: frame + 10] + b"\7\0;"),
        ("ends-at-once", plain[: frame + 10] + b"\7\2\x80\x81\0;"),
        ("cut-at-a-fiftieth", plain[: frame + len(plain) // 50]),
    ):
        yield Case(f"gif-{name}.gif", data, error=DamagedMedia, in_chromium=False)
    for percent in (30, 60, 90):
        data = plain[: len(plain) * percent // 100]
        yield Case(f"gif-cut-{percent}.gif", data, in_chromium=False)
