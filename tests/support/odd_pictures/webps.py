"""WebP: animations on their canvas, Exif that browsers pass over, containers that lie."""

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from takeback.media import DamagedMedia
from tests.support.odd_pictures.case import (
    HEIGHT,
    WIDTH,
    Case,
    Pixels,
    fade,
    on_canvas,
    on_white,
    other_scene,
    saved,
    scene,
    turned,
)
from tests.support.odd_pictures.exifs import exif_of

Chunk = tuple[bytes, bytes]

ANIMATED, _EXIF, ALPHA = 0x02, 0x08, 0x10


def riff(*chunks: Chunk) -> bytes:
    """Put chunks together to a file."""
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def extended(flags: int, width: int = WIDTH, height: int = HEIGHT) -> Chunk:
    """Return VP8X, with flags."""
    return b"VP8X", bytes((flags, 0, 0, 0)) + _three(width - 1) + _three(height - 1)


def animation(ground: bytes = bytes(4)) -> Chunk:
    """Return ANIM, with the colour of the ground, blue first."""
    return b"ANIM", ground + bytes(2)


def frame(pixels: Pixels, left: int = 0, top: int = 0, flags: int = 0) -> Chunk:
    """Return ANMF: a frame that lies on the canvas."""
    picture = saved("WEBP", pixels, lossless=True)[12:]
    if picture.startswith(b"VP8X"):
        picture = picture[18:]
    height, width = pixels.shape[:2]
    place = _three(left // 2) + _three(top // 2) + _three(width - 1) + _three(height - 1)
    return b"ANMF", place + _three(100) + bytes((flags,)) + picture


def cases() -> Iterator[Case]:
    """Yield them all."""
    still = saved("WEBP", quality=95)
    bitstream = b"VP8 ", still[20:]
    yield from _animations()
    layered = np.dstack([scene(), fade()])
    yield Case("webp-alpha.webp", saved("WEBP", layered, lossless=True), on_white(scene(), fade()))
    lying = b"VP8 ", saved("WEBP", turned(scene()), quality=95)[20:]
    for name, exif in (("plain", exif_of(6)), ("letters", b"Exif\0\0" + exif_of(6))):
        for place in (0, 1):
            chunks = [lying]
            chunks.insert(place, (b"EXIF", exif))
            data = riff(extended(_EXIF, HEIGHT, WIDTH), *chunks)
            yield Case(f"webp-exif-{name}-{place}.webp", data, turned(scene()), bits=10)
    for orientation in (2, 3, 8):
        exif_chunk = b"EXIF", exif_of(orientation)
        data = riff(extended(_EXIF), bitstream, exif_chunk)
        yield Case(f"webp-exif-{orientation}.webp", data, scene(), bits=10)
    odd = riff(extended(0), (b"JUNK", b"abc"), bitstream)
    yield Case("webp-unknown-chunk.webp", odd, scene(), bits=10)
    yield Case("webp-more-behind.webp", still + b"x" * 999, scene(), bits=10)
    for name, data in (
        ("canvas-larger", riff(extended(0, 800, 600), bitstream)),
        ("canvas-smaller", riff(extended(0, 200, 100), bitstream)),
        ("longer-than-it-is", still[:4] + b"\xff\xff\xff\x7f" + still[8:]),
        ("shorter-than-it-is", still[:4] + struct.pack("<I", 100) + still[8:]),
        ("header-alone", still[:30]),
        ("no-picture", riff(extended(0))),
        *((f"cut-{percent}", still[: len(still) * percent // 100]) for percent in (10, 50, 99)),
    ):
        yield Case(f"webp-{name}.webp", data, error=DamagedMedia, in_chromium=False)


def _animations() -> Iterator[Case]:
    part = np.ascontiguousarray(scene()[50:250, 100:300])
    seen = on_canvas(part, WIDTH, HEIGHT, 100, 50)
    red, second = b"\0\0\xff\xff", frame(other_scene())
    for name, flags, ground, blend in (
        ("plain", ANIMATED, bytes(4), 0),
        ("ground", ANIMATED, red, 0),
        ("alpha-ground", ANIMATED | ALPHA, red, 0),
        ("no-blending", ANIMATED | ALPHA, bytes(4), 3),
    ):
        first = frame(part, 100, 50, blend)
        data = riff(extended(flags), animation(ground), first, second)
        yield Case(f"webp-frame-on-canvas-{name}.webp", data, seen)
    alone = riff(extended(ANIMATED), animation(), frame(part, 100, 50))
    yield Case("webp-one-frame.webp", alone, seen)
    alpha = np.ascontiguousarray(fade()[50:250, 100:300])
    first = frame(np.dstack([part, alpha]), 100, 50)
    data = riff(extended(ANIMATED | ALPHA), animation(red), first, second)
    seen = on_canvas(on_white(part, alpha), WIDTH, HEIGHT, 100, 50)
    yield Case("webp-frame-fading.webp", data, seen)
    film = saved("WEBP", save_all=True, append_images=[Image.fromarray(other_scene())], quality=90)
    yield Case("webp-film.webp", film, scene(), bits=10)
    whole = riff(extended(ANIMATED), animation(), frame(scene()), second)
    for name, data in (
        ("second-cut", whole[:-9000]),
        ("outside", riff(extended(ANIMATED), animation(), frame(scene(), 100, 50))),
        ("without-flag", riff(extended(0), animation(), frame(scene()))),
        ("unannounced", riff(extended(ANIMATED), frame(scene()), second)),
    ):
        yield Case(f"webp-film-{name}.webp", data, error=DamagedMedia, in_chromium=False)
