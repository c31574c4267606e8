"""The child process: reads files from a socket, answers with pixels, knows nothing else.

Started by `takeback.media.process`; the protocol is in `takeback.media.protocol`.
"""

import array
import json
import os
import socket
import sys

from takeback.media.confinement import allow_cpu_seconds, confine
from takeback.media.limits import Limits
from takeback.media.pixels import Refused, decode_rgb, load_codecs
from takeback.media.protocol import LENGTH, READY, Outcome, Reply
from takeback.media.sniffing import sniff


def main() -> None:
    """Serve requests on standard input until the parent is gone."""
    limits = Limits(**json.loads(sys.argv[-1]))
    with socket.socket(fileno=0) as parent:
        load_codecs(limits)
        confine(limits)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 2)  # from here on a codec could print what it read from a file
        os.close(silence)
        parent.sendall(READY)
        while (request := _receive(parent)) is not None:
            data, shared = request
            allow_cpu_seconds(limits.max_cpu_seconds)
            reply = _answer(data, shared, limits)
            parent.sendall(reply.pack())
            if reply.outcome is Outcome.OUT_OF_MEMORY:
                return  # a fresh process is surer than one that ran out of memory somewhere


def _answer(data: bytes, shared: int, limits: Limits) -> Reply:
    try:
        with open(shared, "wb") as file:
            media_type = sniff(data)
            if media_type is None:
                return Reply(Outcome.UNSUPPORTED)
            picture = decode_rgb(data, media_type, limits)
            picture.save(file, format="PPM")
            return Reply(Outcome.PICTURE, *picture.size)
    except Refused as refused:
        return Reply(refused.outcome)
    except MemoryError:
        return Reply(Outcome.OUT_OF_MEMORY)


def _receive(parent: socket.socket) -> tuple[bytes, int] | None:
    """Return the next file and the descriptor to answer into; None when the parent is gone."""
    descriptors = array.array("i", [-1])
    head, ancillary, _, _ = parent.recvmsg(LENGTH.size, socket.CMSG_SPACE(descriptors.itemsize))
    if len(head) < LENGTH.size or not ancillary:
        return None
    descriptors = array.array("i", ancillary[0][2])
    (length,) = LENGTH.unpack(head)
    data = parent.recv(length, socket.MSG_WAITALL)
    return (data, descriptors[0]) if len(data) == length else None


if __name__ == "__main__":
    main()
