"""Writes files for this user alone: whole or not at all, and on the disk once they are there.

What the umask of whoever runs a command would let others read is none of its business: lists hold
fingerprints of pictures of children, and tokens open them.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

_PRIVATE: Final = 0o600


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write, which durably replaces `path` as a whole if all goes well.

    Its name begins with a dot and ends in `.partial` until then. Only this user may read it,
    whoever might read the file before. Raises OSError.
    """
    beginning = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.partial")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(beginning, flags, _PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beginning.replace(path)
    finally:
        beginning.unlink(missing_ok=True)
    sync_directory(path.parent)


@contextlib.contextmanager
def writing_to(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write to where somebody has named one: replaced, unless it is no file.

    A link is followed to what it names; a pipe or a device (`/dev/stdout`) is written to and stays
    as it is. Raises OSError.
    """
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        with path.open("wb") as stream:
            yield stream
        return
    with replacing(path.resolve()) as file:
        yield file


def sync_directory(directory: Path) -> None:
    """Make renames in a directory last through a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
