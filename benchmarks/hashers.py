"""The ways from a picture file's bytes to its PDQ that are compared, each set up at its best."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pdqhash
import perception.hashers
import simplejpeg
from numpy.typing import NDArray
from PIL import Image
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

from benchmarks.readers import PDQ
from takeback.fingerprints import Pdq, fingerprint_picture
from takeback.fingerprints.luma import Luma
from takeback.fingerprints.reading import READ_UPLOAD
from takeback.fingerprints.upload import fingerprint_upload
from takeback.fingerprints.views import shipped_policies
from takeback.media import Decoder
from takeback.media.luma import SHORTEST_SIDE, scale_for

OURS: Final = "Takeback"
REFERENCE: Final = "Pillow + pdqhash"
DRAFT: Final = "Pillow draft + pdqhash"
FLOOR: Final = "decoding alone"
READERS: Final = (PDQ, READ_UPLOAD)


@dataclass(frozen=True)
class Hasher:
    """One side of the comparison; `setting` says how it is set up."""

    name: str
    setting: str
    hash: Callable[[bytes], object]


def decoded(data: bytes) -> NDArray[np.uint8]:
    """Decode with Pillow to RGB at full size: uint8, (height, width, 3)."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def with_pillow_and_pdqhash(data: bytes) -> tuple[NDArray[np.uint8], int]:
    """Hash the full decode with the reference's own code: 256 bits, and the quality."""
    bits, quality = pdqhash.compute(decoded(data))
    return bits, quality


def with_draft_and_pdqhash(data: bytes) -> tuple[NDArray[np.uint8], int]:
    """Let libjpeg scale while it decodes, as far as 512 pixels are left, then hash.

    This is the best that is known to be done with these two.
    """
    with Image.open(io.BytesIO(data)) as picture:
        picture.draft("RGB", (SHORTEST_SIDE, SHORTEST_SIDE))
        bits, quality = pdqhash.compute(np.asarray(picture.convert("RGB")))
    return bits, quality


def as_the_cpp_reader(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Hash a full decode as the reference's command-line reader in C++ does: 256 bits.

    A picture with a side of more than 512 pixels is first brought to exactly 512 by 512, by the
    nearest pixel (pdq/cpp/io/pdqio.cpp).
    """
    if max(pixels.shape[:2]) > SHORTEST_SIDE:
        small = Image.fromarray(pixels).resize(
            (SHORTEST_SIDE, SHORTEST_SIDE), Image.Resampling.NEAREST
        )
        pixels = np.asarray(small)
    bits: NDArray[np.uint8] = pdqhash.compute(pixels)[0]
    return bits


def grey_decode(data: bytes) -> NDArray[np.uint8]:
    """Decode a JPEG's brightness with libjpeg-turbo, at the scale that our decode takes.

    No hasher that decodes at this scale can be faster.
    """
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    scale = scale_for(width, height)
    grey: NDArray[np.uint8] = simplejpeg.decode_jpeg(
        data, "GRAY", min_height=-(-height // scale), min_width=-(-width // scale)
    )
    return grey[:, :, 0]


def in_process(data: bytes) -> Pdq:
    """Hash a JPEG here: the scaled grey decode and our kernel, without the bounded child."""
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    return Luma.from_scaled(grey_decode(data), width, height).dihedral_pdqs()[0]


def ours(decoder: Decoder) -> list[Hasher]:
    """Return our ways, for a decoder that was made with `READERS`."""
    views = shipped_policies()["standard"]
    return [
        Hasher(OURS, "PDQ and quality, in the bounded child", lambda data: decoder.read(data, PDQ)),
        Hasher(
            "Takeback, all views",
            "in the bounded child: the standard policy's views",
            lambda data: fingerprint_upload(data, decoder, views),
        ),
        Hasher(
            "Takeback, exact",
            "all pixels from the bounded child, equal to the reference; SHA-256, MD5",
            lambda data: fingerprint_picture(data, decoder),
        ),
    ]


def ours_in_process() -> Hasher:
    """Return what our way costs without the child: JPEG only."""
    return Hasher("Takeback, in process", "simplejpeg and our kernel, unbounded", in_process)


def floor() -> Hasher:
    """Return the decode alone: JPEG only."""
    return Hasher(FLOOR, "libjpeg-turbo's grey decode at our scale, nothing else", grey_decode)


def theirs() -> list[Hasher]:
    """Return what is used today."""
    hasher = perception.hashers.PDQHash()
    return [
        Hasher(REFERENCE, "full decode to RGB", with_pillow_and_pdqhash),
        Hasher(DRAFT, "libjpeg scales while it decodes", with_draft_and_pdqhash),
        Hasher(
            "perception",
            "PDQHash.compute_with_quality",
            lambda data: hasher.compute_with_quality(io.BytesIO(data)),
        ),
        Hasher("threatexchange", "pdq_from_bytes", pdq_from_bytes),
    ]
