"""What parent and child say to each other, over one socket that is the child's standard input.

Start    child → parent   one byte, `READY`
Request  parent → child   length of the file, 8 bytes big-endian, and with it (SCM_RIGHTS) the
                          descriptor of an empty shared file; then the file's bytes
Reply    child → parent   `Reply`: outcome, width, height; 9 bytes big-endian

For `Outcome.PICTURE` the child has first written the picture into the shared file as a binary PPM
(P6, 8 bits a sample). No text comes back: a child that was taken over by a file has nothing to
say in an error message or a log.
"""

import enum
import struct
from typing import NamedTuple

READY = b"R"
LENGTH = struct.Struct("!Q")
_REPLY = struct.Struct("!BII")
REPLY_SIZE = _REPLY.size


class Outcome(enum.IntEnum):
    """How decoding one picture ended."""

    PICTURE = 0
    UNSUPPORTED = 1
    DAMAGED = 2
    TOO_MANY_PIXELS = 3
    TOO_MANY_SCANS = 4
    OUT_OF_MEMORY = 5


class Reply(NamedTuple):
    """The child's answer; width and height are 0 unless they are known."""

    outcome: Outcome
    width: int = 0
    height: int = 0

    def pack(self) -> bytes:
        """Return the bytes for the socket."""
        return _REPLY.pack(self.outcome, self.width, self.height)

    @classmethod
    def unpack(cls, data: bytes) -> "Reply":
        """Read what `pack` wrote; raises ValueError for anything else."""
        outcome, width, height = _REPLY.unpack(data)
        return cls(Outcome(outcome), width, height)


def ppm_header(width: int, height: int) -> bytes:
    """Return what stands before the pixels of a binary PPM, as Pillow writes it."""
    return b"P6\n%d %d\n255\n" % (width, height)
