"""All fingerprints of one picture file."""

from dataclasses import dataclass

from takeback.fingerprints.digests import md5_of, sha256_of
from takeback.fingerprints.luma import Luma
from takeback.fingerprints.pdq import Pdq, pdq_of_pixels
from takeback.fingerprints.views import load_policy
from takeback.media import Decoder


@dataclass(frozen=True, slots=True)
class PictureFingerprints:
    """What a picture file can be recognised by.

    `width` and `height` are in pixels, after the file's orientation was applied; `crops` are the
    PDQs of the parts that the standard view policy lists, in its order; `size_bytes`, `sha256` and
    `md5` are of the file as it is.
    """

    media_type: str
    width: int
    height: int
    size_bytes: int
    pdq: Pdq
    crops: tuple[Pdq, ...]
    sha256: str
    md5: str


def fingerprint_picture(data: bytes, decoder: Decoder) -> PictureFingerprints:
    """Return the fingerprints of the picture file `data`.

    Raises what `decoder.decode` raises: a `takeback.media.MediaError` if the bytes are not a
    picture that can be read within the decoder's limits.
    """
    picture = decoder.decode(data)
    height, width = picture.pixels.shape[:2]
    listed = load_policy().listed_boxes(width, height).values()
    return PictureFingerprints(
        media_type=picture.media_type,
        width=width,
        height=height,
        size_bytes=len(data),
        pdq=pdq_of_pixels(picture.pixels),
        crops=tuple(Luma.from_pixels(picture.pixels).crop_pdqs(tuple(listed))),
        sha256=sha256_of(data),
        md5=md5_of(data),
    )
