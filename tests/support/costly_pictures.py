"""Makes short files that promise a huge flat picture: a few bytes to send, seconds to decode."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from tests.support.encodings import png_bomb, png_chunk
from tests.support.odd_pictures.jpegs import has_tools, run

SIDE = 10_000
"""Pixels; 100 megapixels, as many as a picture may have."""


def flat_webp(width: int = SIDE, height: int = SIDE) -> bytes:
    """Return a lossless WebP of one colour: no transforms, and codes of no bits (RFC 9649, 3)."""
    fields = [(width - 1, 14), (height - 1, 14), (0, 1), (0, 3)]
    fields += [(0, 1)] * 3  # no transform, no colour cache, one group of codes
    fields += [(bits, 1) for _ in range(5) for bits in (1, 0, 0, 0)]  # a simple code of one symbol
    bits = "".join(format(value, f"0{length}b")[::-1] for value, length in fields)
    body = b"\x2f" + int(bits[::-1], 2).to_bytes((len(bits) + 7) // 8, "little")
    chunk = b"VP8L" + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def flat_gif(width: int = SIDE, height: int = SIDE) -> bytes:
    """Return a GIF with two colours and hardly a pixel."""
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(3) + b"\xff" * 3
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0)
    return b"GIF89a" + screen + frame + b"\x02\x02\x4c\x01\x00;"


def empty_bmp(width: int = SIDE, height: int = SIDE, *, compression: int = 0) -> bytes:
    """Return the header of a BMP, and no pixel."""
    bits = 8 if compression else 24
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def empty_png(width: int = SIDE, height: int = SIDE) -> bytes:
    """Return a PNG whose only chunk of pixels is empty."""
    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"")


def deep_png(width: int = SIDE, height: int = SIDE) -> bytes:
    """Return a transparent PNG of 16 bits a sample: the costliest that there is."""
    header = struct.pack("!IIBBBBB", width, height, 16, 6, 0, 0, 0)
    packer, row = zlib.compressobj(9), bytes(8 * width + 1)
    rows = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, body) for kind, body in chunks)


def flat_avif(width: int = SIDE, height: int = SIDE) -> bytes:
    """Return an AVIF of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "AVIF", speed=10)
    return file.getvalue()


def lying_avif(width: int = SIDE, height: int = SIDE) -> bytes:
    """Return an AVIF whose container promises 64 times 64 pixels, and whose stream has far more."""
    stated = b"ispe" + bytes(4)
    return flat_avif(width, height).replace(
        stated + struct.pack(">II", width, height), stated + struct.pack(">II", 64, 64)
    )


def noisy_arithmetic_jpeg(width: int = 1800, height: int = 1500) -> bytes:
    """Return an arithmetic JPEG of noise, as `jpegtran` writes it: about 8 MB by default."""
    noise = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG", quality=100, subsampling=0)
    return run("jpegtran", "-arithmetic", data=file.getvalue())


COSTLY: dict[str, Callable[[], bytes]] = {
    "webp": flat_webp,
    "gif": flat_gif,
    "bmp": empty_bmp,
    "bmp-runs": lambda: empty_bmp(compression=1),
    "png-empty": empty_png,
    "png-bilevel": lambda: png_bomb(SIDE, SIDE),
    "png-deep": deep_png,
    "avif": flat_avif,
    "avif-lying": lying_avif,
    "webp-just-quick": lambda: flat_webp(2000, 1600),
    "no-header": lambda: b"GIF89a" + bytes(28),
    **({"jpeg-arithmetic": noisy_arithmetic_jpeg} if has_tools() else {}),
}
"""Name → how to make the file."""
