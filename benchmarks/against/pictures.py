"""The pictures that are hashed: Debian's wallpapers, as a phone would write them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image

from benchmarks.machine import REPOSITORY

PHOTOGRAPHS: Final = REPOSITORY / "var/photographs/photographs/everyday"
"""Where `make photographs` puts them."""

_LEAST_PIXELS: Final = 7_900_000
_CAMERA_PIXELS: Final = 12_000_000
_SMALL_PIXELS: Final = 1_000_000
_QUALITY: Final = 92
_MOST: Final = 6


def camera_pictures(into: Path) -> tuple[list[Path], list[Path]]:
    """Return JPEGs of 8 to 12 megapixels, and the same ones at 1 megapixel.

    They are written into a folder, where they are not there yet. Raises FileNotFoundError if there
    are no photographs.
    """
    into.mkdir(parents=True, exist_ok=True)
    large: list[Path] = []
    small: list[Path] = []
    for path in sorted(PHOTOGRAPHS.rglob("*.jpg")):
        with Image.open(path) as opened:
            if opened.width * opened.height < _LEAST_PIXELS:
                continue
            large.append(_written(opened, _CAMERA_PIXELS, into / f"{path.stem}-large.jpg"))
            small.append(_written(opened, _SMALL_PIXELS, into / f"{path.stem}-small.jpg"))
        if len(large) == _MOST:
            break
    if not large:
        raise FileNotFoundError(f"No photographs in {PHOTOGRAPHS}. Run `make photographs`.")
    return large, small


def _written(photograph: Image.Image, most_pixels: int, path: Path) -> Path:
    if path.exists():
        return path
    picture = photograph.convert("RGB")
    share = (most_pixels / (picture.width * picture.height)) ** 0.5
    if share < 1:
        size = (round(picture.width * share), round(picture.height * share))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    partial = path.with_suffix(".partial")
    picture.save(partial, "JPEG", quality=_QUALITY)
    return partial.rename(path)
