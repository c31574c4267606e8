"""The child process: reads files from shared memory, answers, knows nothing else.

Started by `takeback.media.process`; the protocol is in `takeback.media.protocol`.
"""

import array
import importlib
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Final, NamedTuple

from takeback._native import forbid_system_calls
from takeback.media.confinement import ProcessorTime, bound
from takeback.media.limits import FirstTry, Limits
from takeback.media.picture import OpenedPicture
from takeback.media.pixels import decode_rgb, load_codecs
from takeback.media.protocol import (
    MAX_ANSWER,
    PIXELS,
    READY,
    REQUEST_SIZE,
    Outcome,
    Reply,
    Request,
)
from takeback.media.refused import Refused
from takeback.media.shared import map_inbox
from takeback.media.sniffing import HEAD_LENGTH, sniff

_DESCRIPTOR_SPACE: Final = socket.CMSG_SPACE(array.array("i").itemsize)

Reader = Callable[[OpenedPicture, bytes], bytes]


class _Job(NamedTuple):
    request: Request
    argument: bytes
    outbox: int  # descriptor; -1 if none came


def main() -> None:
    """Serve requests on standard input until the parent is gone."""
    settings = json.loads(sys.argv[-1])
    limits = Limits(**settings["limits"])
    inbox = map_inbox(settings["inbox"], limits)
    with socket.socket(fileno=0) as parent:
        load_codecs(limits)
        readers = [_reader(name) for name in settings["readers"]]
        bound(limits)
        processor_time = ProcessorTime()
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 2)  # from here on a codec could print what it read from a file
        os.close(silence)
        parent.sendall(READY + bytes((forbid_system_calls(),)))
        while (job := _receive(parent)) is not None:
            granted = _granted(job.request, limits)
            processor_time.allow(granted.max_cpu_seconds)
            reply, answer = _answer(job, inbox, readers, granted)
            parent.sendall(reply.pack() + answer)
            if reply.outcome is Outcome.OUT_OF_MEMORY:
                return  # a fresh process is safer than one that ran out of memory somewhere


def _granted(request: Request, limits: Limits) -> Limits:
    granted = {"max_pixels": request.pixels, "max_cpu_seconds": request.cpu_seconds}
    return (Limits if request.whole else FirstTry)(**(vars(limits) | granted))


def _reader(name: str) -> Reader:
    module, _, function = name.partition(":")
    reader: Reader = getattr(importlib.import_module(module), function)
    return reader


def _answer(
    job: _Job, inbox: memoryview, readers: list[Reader], limits: Limits
) -> tuple[Reply, bytes]:
    data = inbox[: job.request.file_length]
    try:
        if job.request.task == PIXELS:
            return _pixels(data, job.outbox, limits), b""
        reader = readers[job.request.task - 1]
        answer = _read(data, reader, job.argument, limits)
    except Refused as refused:
        return Reply(refused.outcome), b""
    except MemoryError:
        return Reply(Outcome.OUT_OF_MEMORY), b""
    if answer is None:
        return Reply(Outcome.READER_FAILED), b""
    return Reply(Outcome.ANSWER, answer_length=len(answer)), answer


def _pixels(data: memoryview, outbox: int, limits: Limits) -> Reply:
    with open(outbox, "wb") as file:
        picture = decode_rgb(data, _media_type(data), limits)
        picture.save(file, format="PPM")
        return Reply(Outcome.PICTURE, *picture.size)


def _read(data: memoryview, reader: Reader, argument: bytes, limits: Limits) -> bytes | None:
    """Return the reader's answer; None if it made a mistake."""
    picture = OpenedPicture(data, _media_type(data), limits)
    try:
        answer = reader(picture, argument)
    except (Refused, MemoryError):
        raise
    except Exception:  # not told to the parent: what it says might quote the file
        return None
    return answer if isinstance(answer, bytes) and len(answer) <= MAX_ANSWER else None


def _media_type(data: memoryview) -> str:
    media_type = sniff(bytes(data[:HEAD_LENGTH]))
    if media_type is None:
        raise Refused(Outcome.UNSUPPORTED)
    return media_type


def _receive(parent: socket.socket) -> _Job | None:
    """Return the next request; None when the parent is gone."""
    head, ancillary, _, _ = parent.recvmsg(REQUEST_SIZE, _DESCRIPTOR_SPACE)
    if len(head) < REQUEST_SIZE:
        return None
    outbox = array.array("i", ancillary[0][2])[0] if ancillary else -1
    request = Request.unpack(head)
    argument = b""
    if request.argument_length:
        argument = parent.recv(request.argument_length, socket.MSG_WAITALL)
    return _Job(request, argument, outbox)


if __name__ == "__main__":
    main()
