"""Readers that run in the child and tell the tests what they were given."""

import ctypes
import errno
import json
import mmap
import os
import resource
import signal
import socket
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from takeback.media.picture import OpenedPicture

_AT_FDCWD, _AT_EMPTY_PATH = -100, 0x1000
_LONGER_THAN_ANY_STATUS = 1024
_MORE_THAN_ANY_DESCRIPTOR = 4096
_libc = ctypes.CDLL(None, use_errno=True)


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


def labour(picture: OpenedPicture, argument: bytes) -> bytes:
    """Answer after as many seconds of processor time as the argument says."""
    del picture
    end = time.process_time() + float(argument)
    while time.process_time() < end:
        pass
    return b"tired"


def grab(picture: OpenedPicture, argument: bytes) -> bytes:
    """Answer once so many bytes of memory were filled."""
    del picture
    return b"%d" % np.ones(int(argument), np.uint8).size


def leave(picture: OpenedPicture, argument: bytes) -> bytes:
    """Take the child away without an answer."""
    del picture, argument
    os._exit(1)


def surroundings(picture: OpenedPicture, argument: bytes) -> bytes:
    """Answer with the environment and the descriptors that are open."""
    del picture, argument
    descriptors = [number for number in range(_MORE_THAN_ANY_DESCRIPTOR) if _is_open(number)]
    return json.dumps([dict(os.environ), descriptors]).encode()


def write_file(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to make the file that the argument names."""
    del picture
    return b"%d" % Path(os.fsdecode(argument)).write_bytes(b"here I was")


def read_file(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to read the file that the argument names."""
    del picture
    return Path(os.fsdecode(argument)).read_bytes()


def stat_file(picture: OpenedPicture, argument: bytes) -> bytes:
    """Ask for the size of the file that the argument names, in words for an open one."""
    del picture
    status = ctypes.create_string_buffer(_LONGER_THAN_ANY_STATUS)
    _check(_libc.fstatat(_AT_FDCWD, argument, status, _AT_EMPTY_PATH))
    return b"known"


def statx_file(picture: OpenedPicture, argument: bytes) -> bytes:
    """Do as `stat_file` does, by the newer call."""
    del picture
    status = ctypes.create_string_buffer(_LONGER_THAN_ANY_STATUS)
    _check(_libc.statx(_AT_FDCWD, argument, _AT_EMPTY_PATH, 0, status))
    return b"known"


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
    """Try to signal the parent, whose process id is the argument."""
    del picture
    os.kill(int(argument), signal.SIGUSR1)
    return b"signalled"


def make_executable(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to get memory for machine code."""
    del picture, argument
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    return b"executable"


def lift_processor_time(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to be allowed all the processor time there is."""
    del picture, argument
    resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return b"for ever"


def labour_for_ever(picture: OpenedPicture, argument: bytes) -> bytes:
    """Work on, whatever signal says that it is enough, and move the limit that sends it."""
    del picture, argument
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
    while True:
        pass


def change_another_limit(picture: OpenedPicture, argument: bytes) -> bytes:
    """Try to change a limit that no picture needs changed, were it only to a lower one."""
    del picture, argument
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))
    return b"changed"


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


def _is_open(descriptor: int) -> bool:
    try:
        os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError as error:
        return error.errno != errno.EBADF
    return True


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "refused")


def _sample(array: NDArray[np.uint8], step: int) -> bytes:
    return json.dumps([array.shape]).encode() + b"\n" + array[::step, ::step].tobytes()
