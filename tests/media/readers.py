"""Readers that run in the child and tell the tests what they were given."""

import json
import mmap
import os
import signal
import socket
import time
from pathlib import Path

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


def mumble(picture: OpenedPicture, argument: bytes) -> str:
    """Answer with something else than bytes."""
    del argument
    return picture.media_type


def dawdle(picture: OpenedPicture, argument: bytes) -> bytes:
    """Answer after as many seconds as the argument says."""
    del picture
    time.sleep(float(argument))
    return b"late"


def write_file(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to make the file that the argument names."""
    del picture
    return b"%d" % Path(os.fsdecode(argument)).write_bytes(b"here I was")


def read_file(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to read the file that the argument names."""
    del picture
    return Path(os.fsdecode(argument)).read_bytes()


def connect(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to connect to a port of this machine."""
    del picture
    with socket.create_connection(("127.0.0.1", int(argument))):
        return b"connected"


def fork(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to start a process."""
    del picture, argument
    if os.fork() == 0:
        os._exit(0)
    return b"forked"


def execute(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to become another program."""
    del picture
    os.execv("/bin/sh", ["sh", "-c", os.fsdecode(argument)])


def signal_parent(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to signal the parent."""
    del picture, argument
    os.kill(os.getppid(), signal.SIGUSR1)
    return b"signalled"


def make_executable(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to get memory for machine code."""
    del picture, argument
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    return b"executable"


def shorten_inbox(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to cut the file that the parent writes into."""
    del picture, argument
    for descriptor in range(3, 16):
        try:
            os.ftruncate(descriptor, 0)
        except OSError:
            continue
        return b"cut"
    return b"kept"


def _sample(array: NDArray[np.uint8], step: int) -> bytes:
    return json.dumps([array.shape]).encode() + b"\n" + array[::step, ::step].tobytes()
