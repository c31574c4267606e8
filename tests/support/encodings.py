"""Makes small picture files of every kind that is decoded, and files that mean harm."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

pillow_heif.register_heif_opener()

WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "image/jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    "image/png": ("PNG", {}),
    "image/webp": ("WEBP", {"lossless": True}),
    "image/gif": ("GIF", {}),
    "image/avif": ("AVIF", {"quality": 95}),
    "image/heic": ("HEIF", {"quality": 95}),
    "image/tiff": ("TIFF", {"compression": "tiff_lzw"}),
    "image/bmp": ("BMP", {}),
}
"""Media type → Pillow's name of the format and how to save in it, with little or no loss."""


def encode(picture: Image.Image, media_type: str = "image/png", **how: Any) -> bytes:
    """Return the picture as a file."""
    name, options = WAYS[media_type]
    file = io.BytesIO()
    picture.save(file, format=name, **(options | how))
    return file.getvalue()


def landscape(width: int = 96, height: int = 64) -> Image.Image:
    """Four flat quarters, so that position and colour can both be told: red, green, blue, grey."""
    picture = Image.new("RGB", (width, height), (200, 30, 30))
    picture.paste((30, 180, 30), (width // 2, 0, width, height // 2))
    picture.paste((30, 30, 200), (0, height // 2, width // 2, height))
    picture.paste((120, 120, 120), (width // 2, height // 2, width, height))
    return picture


def pixels(picture: Image.Image) -> NDArray[np.uint8]:
    """Return the RGB pixels of a picture that was made here."""
    return np.asarray(picture.convert("RGB"))


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """Return one chunk of a PNG with its length and checksum."""
    return struct.pack("!I", len(body)) + kind + body + struct.pack("!I", zlib.crc32(kind + body))


def png_bomb(width: int, height: int) -> bytes:
    """Return a small PNG, one bit a pixel, of any size."""
    header = struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        png_chunk(kind, body) for kind, body in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    )


def scan_bomb(scans: int, side: int = 2048) -> bytes:
    """Return a small progressive JPEG that goes over all of its picture `scans` times."""
    jpeg = encode(Image.new("L", (side, side), 90), "image/jpeg", progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    scan = jpeg[last : jpeg.rindex(b"\xff\xd9")]
    return jpeg[:last] + scan * (scans - jpeg.count(b"\xff\xda") + 1) + b"\xff\xd9"
