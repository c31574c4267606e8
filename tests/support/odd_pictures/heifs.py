"""AVIF and HEIC: turned by the container, not by Exif; alpha, films, cut files."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pillow_heif
from PIL import Image

from takeback.media import DamagedMedia
from tests.support.odd_pictures.case import (
    DECODERS_DIFFER,
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
from tests.support.odd_pictures.exifs import exif_of

pillow_heif.register_heif_opener()

_FORMATS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("AVIF", "avif", {"quality": 95, "speed": 9}),
    ("HEIF", "heic", {"quality": 95}),
)


def cases() -> Iterator[Case]:
    """Yield them all; Chromium shows AVIF only."""
    for pillow_format, suffix, how in _FORMATS:
        in_chromium = suffix == "avif"

        def case(
            name: str, data: bytes, shows: Pixels, suffix: str = suffix, shown: bool = in_chromium
        ) -> Case:
            return Case(
                f"heif-{name}.{suffix}", data, shows, in_chromium=shown, bits=DECODERS_DIFFER
            )

        plain = saved(pillow_format, **how)
        yield case("plain", plain, scene())
        lying = saved(pillow_format, turned(scene()), exif=b"Exif\0\0" + exif_of(6), **how)
        yield case("turned", lying, scene())
        yield case("exif-alone", _with_exif_alone(pillow_format, **how), scene())
        yield case("more-behind", plain + b"x" * 999, scene())
        yield case("grey", saved(pillow_format, grey_scene(), **how), three(grey_scene()))
        layered = saved(pillow_format, np.dstack([scene(), fade()]), **how)
        yield case("alpha", layered, on_white(scene(), fade()))
        for percent in (5, 20, 50, 80, 99):
            cut = plain[: len(plain) * percent // 100]
            yield Case(f"heif-cut-{percent}.{suffix}", cut, error=DamagedMedia, in_chromium=False)
    film = saved(
        "AVIF",
        save_all=True,
        append_images=[Image.fromarray(other_scene())],
        speed=9,
        quality=90,
    )
    yield Case("heif-film.avif", film, scene(), bits=DECODERS_DIFFER)


def _with_exif_alone(pillow_format: str, **how: Any) -> bytes:
    """Return a file whose Exif says 6, while its container says nothing (libheif #227).

    Writers move the entry to the container: so its neighbour is written, and renamed afterwards.
    """
    exif = exif_of(6).replace(b"\x12\1\3\0", b"\x13\1\3\0")
    data = saved(pillow_format, exif=b"Exif\0\0" + exif, **how)
    for neighbour, entry in (
        (b"\x13\1\3\0\1\0\0\0", b"\x12\1\3\0\1\0\0\0"),
        (b"\1\x13\0\3\0\0\0\1", b"\1\x12\0\3\0\0\0\1"),
    ):
        if neighbour in data:
            return data.replace(neighbour, entry)
    raise AssertionError("The entry is not in the file.")
