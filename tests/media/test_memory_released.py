"""A child keeps nothing of a picture: its memory is bounded, and the next one needs it."""

import gc
from collections.abc import Callable
from typing import Final

import pytest
from PIL import Image

from takeback.media.limits import FirstTry, Limits
from takeback.media.picture import OpenedPicture
from takeback.media.pixels import decode_rgb, load_codecs
from takeback.media.refused import Refused
from tests.support.encodings import encode, landscape
from tests.support.odd_pictures.bmp_tables import in_runs


def _rgb(data: bytes, media_type: str, limits: Limits) -> object:
    return decode_rgb(data, media_type, limits)


def _brightness(data: bytes, media_type: str, limits: Limits) -> object:
    return OpenedPicture(data, media_type, limits).luma_scaled()


def _pictures_in_memory() -> int:
    """Count Pillow's pictures, and what was raised and may hold one in its frames."""
    return sum(isinstance(each, Image.Image | Refused) for each in gc.get_objects())


def _in_colours(media_type: str) -> bytes:
    return encode(landscape(64, 48).quantize(64), media_type)


_WHOLE: Final[dict[str, bytes]] = {
    **{
        media_type: encode(landscape(64, 48), media_type)
        for media_type in ("image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff")
    },
    **{
        f"{media_type} with a palette": _in_colours(media_type)
        for media_type in ("image/png", "image/bmp", "image/tiff")
    },
    "image/bmp in runs": in_runs(landscape(64, 48)),
}


@pytest.mark.parametrize("length", [-700, 1200])
@pytest.mark.parametrize("limits", [Limits(), FirstTry(), Limits(max_pixels=64)])
@pytest.mark.parametrize("read", [_rgb, _brightness])
@pytest.mark.parametrize("kind", _WHOLE)
def test_no_picture_outlives_its_decoding(
    kind: str, read: Callable[[bytes, str, Limits], object], limits: Limits, length: int
) -> None:
    load_codecs(Limits())
    media_type, cut = kind.split(maxsplit=1)[0], _WHOLE[kind][:length]
    gc.collect()
    gc.disable()  # what needs the collector stays for as long as that has no reason to look
    try:
        before = _pictures_in_memory()
        for _ in range(10):
            try:
                read(cut, media_type, limits)
            except Refused:
                continue
        after = _pictures_in_memory()
    finally:
        gc.enable()
    assert after <= before + 1
