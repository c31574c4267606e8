"""Tells the format of a picture from its first bytes; names and declared types are never asked."""

from typing import Final

_FIXED: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),  # BigTIFF
    (b"MM\x00+", "image/tiff"),
)
# Sizes of the header that follows the 14 bytes of BITMAPFILEHEADER, all versions (OS/2 and
# Windows): two letters, "BM", alone would call too much other data a picture.
_BMP_HEADER_SIZES: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
)
_HEIF_BRANDS: Final = frozenset({b"mif1", b"mif2", b"msf1"})
_MOST_BRANDS: Final = 64

HEAD_LENGTH: Final = 16 + 4 * _MOST_BRANDS
"""Bytes from the start of a file that `sniff` looks at."""

MEDIA_TYPES: Final = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "image/avif",
    "image/heic",
    "image/heif",
    "image/tiff",
    "image/bmp",
)
"""Every media type that `sniff` can answer."""


def sniff(data: bytes) -> str | None:
    """Return the media type of a picture that can be decoded, or None if `data` is not one."""
    for magic, media_type in _FIXED:
        if data.startswith(magic):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES:
        return "image/bmp"
    if data[4:8] == b"ftyp":
        return _sniff_brands(data)
    return None


def _sniff_brands(data: bytes) -> str | None:
    """Read the file type box of ISO/IEC 14496-12 4.3: major brand, version, compatible brands."""
    end = min(int.from_bytes(data[:4], "big"), len(data), HEAD_LENGTH)
    major = data[8:12]
    compatible = {data[at : at + 4] for at in range(16, end - 3, 4)}
    for brands in ({major}, compatible):
        if brands & _AVIF_BRANDS:
            return "image/avif"
        if brands & _HEIC_BRANDS:
            return "image/heic"
    return "image/heif" if ({major} | compatible) & _HEIF_BRANDS else None
