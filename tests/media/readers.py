"""Readers that run in the child and tell the tests what they were given."""

import json
import time

import numpy as np
from numpy.typing import NDArray

from takeback.media.picture import OpenedPicture


def size(picture: OpenedPicture, argument: bytes) -> bytes:
    """Answer with the argument, then the kind and size of the picture."""
    return argument + json.dumps([picture.media_type, picture.width, picture.height]).encode()


def exact(picture: OpenedPicture, argument: bytes) -> bytes:
    """Answer with every so many pixels of every so many rows."""
    return _sample(picture.pixels(), int(argument))


def luma(picture: OpenedPicture, argument: bytes) -> bytes:
    """Answer with the brightness of every so many pixels of every so many rows."""
    grey, width, height = picture.luma_scaled()
    assert (picture.width, picture.height) == (width, height)
    return _sample(grey, int(argument))


def fail(picture: OpenedPicture, argument: bytes) -> bytes:
    """Make a mistake."""
    del argument
    raise ValueError(f"secret words of {picture.media_type}")


def chatter(picture: OpenedPicture, argument: bytes) -> bytes:
    """Answer with as many bytes as the argument says."""
    del picture
    return bytes(int(argument))


def dawdle(picture: OpenedPicture, argument: bytes) -> bytes:
    """Answer after as many seconds as the argument says."""
    del picture
    time.sleep(float(argument))
    return b"late"


def _sample(array: NDArray[np.uint8], step: int) -> bytes:
    return json.dumps([array.shape]).encode() + b"\n" + array[::step, ::step].tobytes()
