"""Keeps programs from starting while what they would work on is replaced, as a restore does."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PROBES_SECONDS: Final = 1.0
"""So long a program that only looks may be in the way of the one that wants it alone."""
_PAUSE_SECONDS: Final = 0.02


class StandstillError(RuntimeError):
    """Something is being replaced just now; the message says what to do."""


def standstill_file(folder: Path) -> Path:
    """Return the lock of a folder's standstill, which lies beside it, whether or not it is held."""
    return folder.with_name(f".{folder.name}.restoring.lock")


@contextmanager
def standing_still(folder: Path) -> Iterator[None]:
    """Let nobody but us begin with `folder` until the block ends, or this process, however it does.

    Raises StandstillError if somebody else has it, and OSError.
    """
    path = standstill_file(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        end = time.monotonic() + _PROBES_SECONDS
        while not _locked(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > end:
                raise StandstillError("Another restore is under way. Wait until it has ended.")
            time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


def refuse_standstill(folder: Path) -> None:
    """Raise StandstillError while somebody replaces `folder`."""
    try:
        descriptor = os.open(standstill_file(folder), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # nothing was ever restored here
    try:
        if not _locked(descriptor, fcntl.LOCK_SH):
            raise StandstillError("A restore is under way. Start this again when it has ended.")
    finally:
        os.close(descriptor)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
