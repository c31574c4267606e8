"""What runs in the bounded child when hashing is measured."""

from __future__ import annotations

from typing import Final

from takeback.fingerprints.luma import Luma
from takeback.media.picture import OpenedPicture

PDQ: Final = "benchmarks.readers:pdq"


def pdq(picture: OpenedPicture, argument: bytes) -> bytes:
    """Answer with the picture's PDQ, 32 bytes, and its quality, one byte."""
    del argument
    grey, width, height = picture.luma_scaled()
    upright = Luma.from_scaled(grey, width, height).dihedral_pdqs()[0]
    return bytes((*upright.bits, upright.quality))
