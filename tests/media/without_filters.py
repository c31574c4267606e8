"""A program that decodes pictures where the kernel lets nobody filter system calls.

It forbids seccomp(2) to itself and its children first, as containers may.
"""

import ctypes
import errno
import logging
import platform
import struct

from takeback.media import Decoder
from tests.support.encodings import encode, landscape

_NUMBER_OF_SECCOMP = {"x86_64": 317, "aarch64": 277}[platform.machine()]
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2
_LOAD_CALL, _JUMP_IF_EQUAL, _ANSWER = 0x20, 0x15, 0x06
_ERRNO, _ALLOW = 0x00050000, 0x7FFF0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _forbid_filters() -> None:
    rules = b"".join(
        struct.pack("=HBBI", *rule)
        for rule in (
            (_LOAD_CALL, 0, 0, 0),
            (_JUMP_IF_EQUAL, 0, 1, _NUMBER_OF_SECCOMP),
            (_ANSWER, 0, 0, _ERRNO | errno.EPERM),
            (_ANSWER, 0, 0, _ALLOW),
        )
    )
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(4, rules)
    assert libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0


def main() -> None:
    """Decode three pictures; print what holds the child before and after, and their widths."""
    logging.basicConfig()
    _forbid_filters()
    picture = encode(landscape())
    with Decoder(children=2) as decoder:
        print(decoder.confinement)
        widths = [decoder.decode(picture).width for _ in range(3)]
        print(decoder.confinement, *widths)


if __name__ == "__main__":
    main()
