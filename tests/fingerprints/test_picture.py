"""All fingerprints of a picture file, through the real decoder."""

import hashlib
import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from takeback.fingerprints import fingerprint_picture, md5_of, pdq_of_pixels, sha256_of
from takeback.media import DamagedMedia, Decoder, UnsupportedMedia
from tests.fingerprints.graphics import picture


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as decoder:
        yield decoder


def encoded(pixels: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    pixels.save(file, kind, **options)
    return file.getvalue()


def test_a_png_has_the_fingerprints_of_its_pixels_and_bytes(decoder: Decoder) -> None:
    pixels = picture(120, 170, 5)
    data = encoded(Image.fromarray(pixels), "PNG")
    fingerprints = fingerprint_picture(data, decoder)
    assert fingerprints.media_type == "image/png"
    assert (fingerprints.width, fingerprints.height) == (170, 120)
    assert fingerprints.size_bytes == len(data)
    assert fingerprints.pdq == pdq_of_pixels(pixels)
    assert fingerprints.sha256 == hashlib.sha256(data).hexdigest()
    assert fingerprints.md5 == hashlib.md5(data).hexdigest()


def test_a_turned_picture_has_the_fingerprints_of_what_is_seen(decoder: Decoder) -> None:
    pixels = Image.fromarray(picture(120, 170, 6))
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me a quarter clockwise"
    data = encoded(pixels, "JPEG", quality=95, exif=exif.tobytes())
    fingerprints = fingerprint_picture(data, decoder)
    assert (fingerprints.width, fingerprints.height) == (120, 170)
    with Image.open(io.BytesIO(data)) as opened:
        upright = np.rot90(np.asarray(opened.convert("RGB")), -1)
    assert fingerprints.pdq == pdq_of_pixels(upright)


def test_what_is_no_picture_is_refused(decoder: Decoder) -> None:
    with pytest.raises(UnsupportedMedia):
        fingerprint_picture(b"Dear diary, ", decoder)
    with pytest.raises(DamagedMedia):
        fingerprint_picture(b"\x89PNG\r\n\x1a\n" + b"and then something else", decoder)


def test_digests_of_the_standards_examples() -> None:
    # FIPS 180-2, B.1, and RFC 1321, A.5.
    assert sha256_of(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert md5_of(b"abc") == "900150983cd24fb0d6963f7d28e17f72"
