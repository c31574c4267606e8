"""What runs in the bounded child when hashing is measured: the child imports packages only."""

from __future__ import annotations

from typing import Any

import adapters

_LUMA = adapters.luma()


def pdq(picture: Any, argument: bytes) -> bytes:
    """Answer with the picture's PDQ, 32 bytes, and its quality, one byte."""
    del argument
    grey, width, height = picture.luma_scaled()
    upright = _LUMA.from_scaled(grey, width, height).dihedral_pdqs()[0]
    return bytes((*upright.bits, upright.quality))
