"""A child keeps nothing of a picture: its memory is bounded, and the next one needs it."""

import gc

import pytest
from PIL import Image

from takeback.media.limits import Limits
from takeback.media.pixels import decode_rgb, load_codecs
from takeback.media.refused import Refused
from tests.support.encodings import encode, landscape


@pytest.mark.parametrize("media_type", ["image/png", "image/gif", "image/bmp", "image/tiff"])
def test_no_picture_outlives_its_decoding(media_type: str) -> None:
    load_codecs(Limits())
    cut = encode(landscape(64, 48), media_type)[:-700]
    gc.collect()
    gc.disable()  # what needs the collector stays for as long as that has no reason to look
    try:
        before = sum(isinstance(each, Image.Image) for each in gc.get_objects())
        for _ in range(10):
            try:
                decode_rgb(cut, media_type, Limits())
            except Refused:
                continue
        after = sum(isinstance(each, Image.Image) for each in gc.get_objects())
    finally:
        gc.enable()
    assert after <= before + 1
