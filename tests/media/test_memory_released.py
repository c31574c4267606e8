"""A child keeps nothing of a picture: its memory is bounded, and the next one needs it."""

import gc
from collections.abc import Callable

import pytest
from PIL import Image

from takeback.media.limits import FirstTry, Limits
from takeback.media.picture import OpenedPicture
from takeback.media.pixels import decode_rgb, load_codecs
from takeback.media.refused import Refused
from tests.support.encodings import encode, landscape


def _rgb(data: bytes, media_type: str, limits: Limits) -> object:
    return decode_rgb(data, media_type, limits)


def _brightness(data: bytes, media_type: str, limits: Limits) -> object:
    return OpenedPicture(data, media_type, limits).luma_scaled()


def _pictures_in_memory() -> int:
    """Count Pillow's pictures, and what was raised and may hold one in its frames."""
    return sum(isinstance(each, Image.Image | Refused) for each in gc.get_objects())


@pytest.mark.parametrize("limits", [Limits(), FirstTry(), Limits(max_pixels=64)])
@pytest.mark.parametrize("read", [_rgb, _brightness])
@pytest.mark.parametrize(
    "media_type", ["image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"]
)
def test_no_picture_outlives_its_decoding(
    media_type: str, read: Callable[[bytes, str, Limits], object], limits: Limits
) -> None:
    load_codecs(Limits())
    cut = encode(landscape(64, 48), media_type)[:-700]
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
