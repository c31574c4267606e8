"""Fuzzes the parent against a child that lies: any reply, any shared file, a reply cut short."""

import argparse
import struct
from collections.abc import Iterator

from tests.fuzz.instrumented import instrumented

with instrumented("takeback.media"):
    from takeback.media import Decoder, Limits, MediaError, process
    from takeback.media.protocol import Outcome, Reply, ppm_header

import numpy as np
from numpy.typing import NDArray

from tests.fuzz.session import fuzz

HEAD = b"GIF89a"
LIMITS = Limits(max_pixels=4096, max_bytes=1 << 20, max_wall_seconds=2)
_SCRIPT = struct.Struct("!BH")

# What it does with one request is in the file that it is to decode: how it misbehaves (bits), what
# to write into the shared file, and what to say.
LIAR = """
import array, json, mmap, os, socket, struct, sys
told = json.loads(sys.argv[-1])
inbox = mmap.mmap(told["inbox"], told["limits"]["max_bytes"], mmap.MAP_SHARED, mmap.PROT_READ)
parent = socket.socket(fileno=0)
parent.sendall(b"R\\0")
while len(head := parent.recvmsg(26, 64)) and head[0]:
    shared = array.array("i", head[1][0][2])[0]
    length = int.from_bytes(head[0][1:9], "big")
    how, picture = struct.unpack("!BH", inbox[6:9])
    os.write(shared, inbox[9 : 9 + picture])
    held = None
    if how & 1:
        os.ftruncate(shared, how)
    if how & 2 and os.fstat(shared).st_size:
        held = mmap.mmap(shared, 0)
    if how & 4:
        os.lseek(shared, how << 4, os.SEEK_SET)
        os.write(shared, b"far")
    if how & 8:
        parent.sendall(inbox[9 + picture : length][:7])
        os._exit(how)
    parent.sendall(inbox[9 + picture : length])
    if how & 16:
        parent.shutdown(socket.SHUT_WR)  # it has nothing more to say
    os.close(shared)
"""


_decoder = Decoder(LIMITS)


def entry(data: bytes) -> None:
    """Let the liar do what the input says; then hear an honest answer."""
    _take(HEAD + data)
    honest = _take(_honest(2, 2))
    if honest is None:  # the liar hung up behind its answer: that costs one more picture, no more
        honest = _take(_honest(2, 2))
    assert honest is not None
    assert honest.shape == (2, 2, 3)


def _take(data: bytes) -> NDArray[np.uint8] | None:
    try:
        pixels = _decoder.decode(data).pixels
    except MediaError as error:
        assert str(error).endswith(".")
        return None
    assert 0 < pixels.shape[0] * pixels.shape[1] <= LIMITS.max_pixels
    assert pixels.shape[2] == 3
    assert not pixels.flags.writeable
    pixels.sum()  # reads it all: no page may be missing
    return pixels


def _honest(width: int, height: int) -> bytes:
    picture = ppm_header(width, height) + bytes(3 * width * height)
    return HEAD + _script(0, picture, Reply(Outcome.PICTURE, width, height).pack())


def _script(how: int, picture: bytes, reply: bytes) -> bytes:
    return _SCRIPT.pack(how, len(picture)) + picture + reply


def prepare(_: argparse.Namespace) -> None:
    """Start liars from now on."""
    process._LAUNCH = LIAR


def seeds(_: argparse.Namespace) -> Iterator[bytes]:
    """Yield honest replies, and lies of each kind."""
    picture = ppm_header(3, 2) + bytes(18)
    good = Reply(Outcome.PICTURE, 3, 2).pack()
    for how in (0, 1, 2, 4, 8, 16):
        yield _script(how, picture, good)
    for reply in (Reply(outcome, 3, 2) for outcome in Outcome):
        yield _script(16, picture, reply.pack())
    yield _script(16, picture, good + b"more")
    yield _script(16, picture, good[:5])
    yield _script(16, picture, Reply(Outcome.ANSWER, answer_length=5).pack() + b"bytes")


if __name__ == "__main__":
    fuzz(entry, seeds, __doc__ or "", prepare=prepare)
