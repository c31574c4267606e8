"""Makes picture files of every kind that a phone may hold, out of real photographs."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageCms

LONGEST_SIDE: Final = 1400
FULL_SIZE: Final = 8
"""How many photographs go in untouched, at full size; the rest are made smaller, for time."""

_ORIENTATION: Final = 0x0112
_UPRIGHT_TO_STORED: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def photograph_files(photographs: list[Path], into: Path) -> Iterator[Path]:
    """Write each photograph as JPEG, PNG or WebP in turn; the first few stay as they are."""
    for number, path in enumerate(photographs):
        if number < FULL_SIZE:
            target = into / f"{number:03}-full{path.suffix}"
            target.write_bytes(path.read_bytes())
        else:
            target = into / f"{number:03}{('.jpg', '.png', '.webp')[number % 3]}"
            _reduced(path).save(target, **_SAVING[target.suffix])
        yield target


_SAVING: Final[dict[str, dict[str, Any]]] = {
    ".jpg": {"quality": 85},
    ".png": {"compress_level": 1},
    ".webp": {"quality": 80, "method": 1},
}


def odd_files(photographs: list[Path], into: Path) -> Iterator[Path]:
    """Write what browsers treat in ways of their own: one file a kind."""
    pictures = (_reduced(path) for path in photographs)
    for orientation, turn in _UPRIGHT_TO_STORED.items():
        exif = Image.Exif()
        exif[_ORIENTATION] = orientation
        target = into / f"orientation-{orientation}.jpg"
        next(pictures).transpose(turn).save(target, quality=85, exif=exif)
        yield target
    for suffix in (".jpg", ".png", ".webp"):
        target = into / f"profile{suffix}"
        next(pictures).save(target, icc_profile=_profile_of_another_world())
        yield target
    for suffix in (".png", ".webp"):
        target = into / f"alpha{suffix}"
        _fading(next(pictures)).save(target)
        yield target
    palette = next(pictures).quantize(64)
    palette.save(into / "palette.png")
    yield into / "palette.png"
    palette.save(into / "palette-transparent.png", transparency=3)
    yield into / "palette-transparent.png"
    next(pictures).convert("CMYK").save(into / "cmyk.jpg", quality=85)
    yield into / "cmyk.jpg"
    next(pictures).convert("L").save(into / "grey.jpg", quality=85)
    yield into / "grey.jpg"
    next(pictures).save(into / "progressive.jpg", quality=85, progressive=True)
    yield into / "progressive.jpg"
    next(pictures).save(into / "full-colour-samples.jpg", quality=85, subsampling="4:4:4")
    yield into / "full-colour-samples.jpg"
    _sixteen_bits(next(pictures)).save(into / "sixteen-bits.png")
    yield into / "sixteen-bits.png"
    next(pictures).quantize(256).save(into / "still.gif")
    yield into / "still.gif"
    next(pictures).save(into / "modern.avif", quality=70, speed=9)
    yield into / "modern.avif"
    # Cut short, as a download that broke off: both sides show what is there.
    whole = io.BytesIO()
    next(pictures).save(whole, "JPEG", quality=85)
    (into / "cut-short.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) * 9 // 10])
    yield into / "cut-short.jpg"


def _reduced(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        reduced = picture.convert("RGB")
        reduced.info.clear()
        return reduced


def _profile_of_another_world() -> bytes:
    """Return a colour profile whose curves leave a picture nearly black for whoever applies it."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exponent = struct.pack(">i", round(2.4 * 65536))  # s15Fixed16, in the `para` of sRGB
    assert exponent in profile
    return profile.replace(exponent, struct.pack(">i", 8 * 65536))


def _fading(picture: Image.Image) -> Image.Image:
    """Make the picture fade from left to right, down to nothing."""
    fade = np.linspace(255, 0, picture.width, dtype=np.uint8)
    picture.putalpha(Image.fromarray(np.tile(fade, (picture.height, 1))))
    return picture


def _sixteen_bits(picture: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
