"""Fuzzes what the parent reads from a child: the head of its reply and the picture it points to."""

import argparse
import contextlib
import os
from collections.abc import Iterator

from tests.fuzz.instrumented import instrumented

with instrumented("takeback.media"):
    from takeback.media.limits import Limits
    from takeback.media.protocol import REPLY_SIZE, Outcome, Reply, ppm_header
    from takeback.media.shared import map_pixels, outbox

from tests.fuzz.session import fuzz

LIMITS = Limits(max_pixels=4096)


def entry(data: bytes) -> None:
    """Take the head from the first bytes, and the rest as what lies in the shared file."""
    if len(data) < REPLY_SIZE:
        return  # the parent waits for so many bytes
    try:
        reply = Reply.unpack(data[:REPLY_SIZE])
    except ValueError:
        return
    assert Reply.unpack(reply.pack()) == reply
    with outbox() as shared, contextlib.suppress(ValueError, OSError):
        os.write(shared, data[REPLY_SIZE:])
        pixels = map_pixels(shared, reply, LIMITS)
        assert pixels.shape == (reply.height, reply.width, 3)
        assert data.endswith(pixels.tobytes())
        assert not pixels.flags.writeable


def seeds(_: argparse.Namespace) -> Iterator[bytes]:
    """Yield good replies."""
    for width, height in ((1, 1), (3, 2), (12, 10)):
        reply = Reply(Outcome.PICTURE, width, height).pack()
        yield reply + ppm_header(width, height) + bytes(3 * width * height)
    for outcome in Outcome:
        yield Reply(outcome).pack()
    yield Reply(Outcome.ANSWER, answer_length=5).pack() + b"bytes"


if __name__ == "__main__":
    fuzz(entry, seeds, __doc__ or "")
