"""What parent and child say to each other, over one socket that is the child's standard input.

Start    child → parent   `READY`, and one byte: 0 if a filter of system calls is in force, else
                          the number of the error that prevented it
Request  parent → child   `Request`: the task, length of the file, length of the argument; what
                          the picture may use: pixels, seconds of processor time, whether that
                          is all there is; 26 bytes big-endian; then the argument. For `PIXELS`
                          the descriptor of an empty shared file comes along (SCM_RIGHTS)
Reply    child → parent   `Reply`: outcome, width, height, length of the answer; 13 bytes
                          big-endian; then the answer

The file itself lies in memory that both map (`takeback.media.shared`). For `Outcome.PICTURE` the
child has first written the picture into the empty file as a binary PPM (P6, 8 bits a sample). For
`Outcome.ANSWER` the answer is what the reader returned. Nothing else is sent: a child that a file
has taken over has no room for an error message that could end up in a log.
"""

import enum
import struct
from typing import Final, NamedTuple

READY: Final = b"R"
PIXELS: Final = 0
"""Asks for the pixels; 1 and up ask for the first reader and those after it."""

MAX_ANSWER: Final = 1 << 16
"""Bytes that a reader may answer."""

_REQUEST: Final = struct.Struct("!BQIQI?")
REQUEST_SIZE: Final = _REQUEST.size
_REPLY: Final = struct.Struct("!BIII")
REPLY_SIZE: Final = _REPLY.size


class Outcome(enum.IntEnum):
    """How decoding one picture ended."""

    PICTURE = 0
    UNSUPPORTED = 1
    DAMAGED = 2
    TOO_MANY_PIXELS = 3
    TOO_MANY_SCANS = 4
    OUT_OF_MEMORY = 5
    ANSWER = 6
    READER_FAILED = 7
    SIDE_TOO_LONG = 8


class Request(NamedTuple):
    """The head of a request."""

    task: int
    file_length: int
    argument_length: int
    pixels: int
    cpu_seconds: int
    whole: bool

    def pack(self) -> bytes:
        """Return the bytes for the socket."""
        return _REQUEST.pack(*self)

    @classmethod
    def unpack(cls, data: bytes) -> "Request":
        """Read what `pack` wrote; raises struct.error for another length."""
        return cls(*_REQUEST.unpack(data))


class Reply(NamedTuple):
    """The head of the child's answer; what is unknown or absent is 0."""

    outcome: Outcome
    width: int = 0
    height: int = 0
    answer_length: int = 0

    def pack(self) -> bytes:
        """Return the bytes for the socket."""
        return _REPLY.pack(*self)

    @classmethod
    def unpack(cls, data: bytes) -> "Reply":
        """Read what `pack` wrote; raises ValueError for any other REPLY_SIZE bytes."""
        outcome, width, height, answer_length = _REPLY.unpack(data)
        if answer_length > MAX_ANSWER:
            raise ValueError("answer too long")
        return cls(Outcome(outcome), width, height, answer_length)


def ppm_header(width: int, height: int) -> bytes:
    """Return what stands before the pixels of a binary PPM, as Pillow writes it."""
    return b"P6\n%d %d\n255\n" % (width, height)
