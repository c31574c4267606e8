"""All fingerprints of one picture file."""

from dataclasses import dataclass

from takeback.fingerprints.digests import md5_of, sha256_of
from takeback.fingerprints.pdq import Pdq, pdq_of_pixels
from takeback.media import Decoder


@dataclass(frozen=True, slots=True)
class PictureFingerprints:
    """What a picture file can be recognised by.

    `width` and `height` are in pixels, after the file's orientation was applied; `size_bytes`,
    `sha256` and `md5` are of the file as it is.
    """

    media_type: str
    width: int
    height: int
    size_bytes: int
    pdq: Pdq
    sha256: str
    md5: str


def fingerprint_picture(data: bytes, decoder: Decoder) -> PictureFingerprints:
    """Return the fingerprints of the picture file `data`.

    Raises what `decoder.decode` raises: a `takeback.media.MediaError` if the bytes are not a
    picture that can be read within the decoder's limits.
    """
    picture = decoder.decode(data)
    height, width = picture.pixels.shape[:2]
    return PictureFingerprints(
        media_type=picture.media_type,
        width=width,
        height=height,
        size_bytes=len(data),
        pdq=pdq_of_pixels(picture.pixels),
        sha256=sha256_of(data),
        md5=md5_of(data),
    )
