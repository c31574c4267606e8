"""Makes the files that fuzzing starts from: tiny pictures of every kind, and small odd ones."""

import io
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image, ImageCms

from takeback.media.sniffing import HEAD_LENGTH, sniff
from tests.fuzz.odd_seeds import odd_seeds
from tests.support.encodings import encode, landscape, png_bomb

_LONGEST = 4096  # bytes; a mutation of a long file rarely hits what matters
_ODD_ONES = 60  # of each kind, from the torture set


def pictures(media_type: str, torture: Path) -> Iterator[bytes]:
    """Yield small files of one kind: made here, then the smallest of the torture set, if there."""
    yield from _made(media_type)
    yield from odd_seeds(media_type)
    for path in _odd_ones(torture).get(media_type, [])[:_ODD_ONES]:
        yield path.read_bytes()


@cache
def _odd_ones(torture: Path) -> dict[str | None, list[Path]]:
    """Return the short files of the torture set by kind, the smallest first."""
    found = defaultdict(list)
    files = [path for path in torture.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda path: (path.stat().st_size, path.name)):
        if path.stat().st_size < _LONGEST:
            found[sniff(path.read_bytes()[:HEAD_LENGTH])].append(path)
    return found


def _made(media_type: str) -> Iterator[bytes]:
    small = landscape(12, 8)
    exif = Image.Exif()
    exif[0x0112] = 6
    if media_type == "image/heif":
        yield encode(small, "image/heic").replace(b"ftypheic", b"ftypmif1", 1)
        return
    yield encode(small, media_type)
    if media_type != "image/gif":
        yield encode(small, media_type, **({} if media_type == "image/bmp" else {"exif": exif}))
    yield from {
        "image/jpeg": _jpegs,
        "image/png": _pngs,
        "image/webp": _webps,
        "image/gif": _gifs,
        "image/tiff": _tiffs,
        "image/bmp": _bmps,
    }.get(media_type, _transparent)(small, media_type)


def _transparent(small: Image.Image, media_type: str) -> Iterator[bytes]:
    see_through = small.convert("RGBA")
    see_through.putalpha(128)
    yield encode(see_through, media_type)


def _jpegs(small: Image.Image, media_type: str) -> Iterator[bytes]:
    for mode in ("L", "CMYK"):
        yield encode(small.convert(mode), media_type)
    yield encode(small, media_type, progressive=True)
    yield encode(small, media_type, restart_marker_rows=1)
    yield encode(small, media_type, keep_rgb=True)
    yield encode(
        small,
        media_type,
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )
    for subsampling in ("420", "422", "440", "411"):
        yield simplejpeg.encode_jpeg(np.asarray(small), 60, colorsubsampling=subsampling)
    first, second = io.BytesIO(), landscape(8, 8)
    small.save(first, "MPO", save_all=True, append_images=[second])
    yield first.getvalue()


def _pngs(small: Image.Image, media_type: str) -> Iterator[bytes]:
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        picture = small.convert("L").convert(mode) if mode == "I;16" else small.convert(mode)
        yield encode(picture, media_type)
    yield encode(small.convert("P"), media_type, transparency=0)
    yield png_bomb(40, 30)
    film = io.BytesIO()
    small.save(film, "PNG", save_all=True, append_images=[landscape(12, 8).rotate(180)])
    yield film.getvalue()


def _webps(small: Image.Image, media_type: str) -> Iterator[bytes]:
    yield encode(small, media_type, lossless=False)
    yield from _transparent(small, media_type)
    film = io.BytesIO()
    small.save(film, "WEBP", save_all=True, append_images=[landscape(12, 8).rotate(180)])
    yield film.getvalue()


def _gifs(small: Image.Image, media_type: str) -> Iterator[bytes]:
    yield encode(small.convert("L"), media_type, interlace=0)
    yield encode(small.convert("P"), media_type, transparency=0)
    film = io.BytesIO()
    small.save(film, "GIF", save_all=True, append_images=[landscape(12, 8).rotate(180)])
    yield film.getvalue()


def _tiffs(small: Image.Image, media_type: str) -> Iterator[bytes]:
    for mode in ("1", "L", "LA", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F", "I;16"):
        picture = Image.new(mode, small.size) if mode == "LAB" else small.convert("L").convert(mode)
        yield encode(picture, media_type, compression=None)
    for compression in ("tiff_deflate", "packbits", "jpeg", "tiff_lzw"):
        yield encode(small, media_type, compression=compression)
    for compression in ("group3", "group4", "tiff_ccitt"):
        yield encode(small.convert("1"), media_type, compression=compression)
    yield encode(small, media_type, big_tiff=True)


def _bmps(small: Image.Image, media_type: str) -> Iterator[bytes]:
    for mode in ("1", "L", "P", "RGBA"):
        yield encode(small.convert(mode), media_type)
