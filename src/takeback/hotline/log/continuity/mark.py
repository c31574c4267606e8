"""The mark: the newest checkpoint that was signed, in a file outside the database.

A database that was restored from a backup knows less than its key has signed. The mark knows more
(docs/decisions/0029-the-mark.md).
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from takeback.hotline.foundation.state import mark_directory
from takeback.running.private_files import replacing
from takeback.tlog.checkpoint import Checkpoint, parse_checkpoint
from takeback.tlog.errors import LogError
from takeback.tlog.signed_note import split_note

_LOCK_NAME: Final = "lock"
_MOST_BYTES: Final = 256 * 1024


class MarkError(Exception):
    """The mark can't be read or written; the message says where it is and why."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What was signed last: the signed note, and the state that it vouches for.

    `database`: what tells the database in which it was signed from its copies.
    """

    note: bytes
    state: Checkpoint
    database: str


def mark_path(origin: str) -> Path:
    """Return the file of the mark of a log; its name is a digest, for an origin can be long."""
    digest = hashlib.sha256(origin.encode()).hexdigest()[:32]
    return mark_directory() / f"{digest}.json"


def read_mark(origin: str) -> Mark | None:
    """Return the mark of a log, None if there is none. Raises MarkError."""
    path = mark_path(origin)
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MarkError(f"The mark {path} can't be read: {error.strerror}.") from error
    try:
        values = json.loads(text)
        note = str(values["note"]).encode()
        state = parse_checkpoint(split_note(note)[0])
        mark = Mark(note, state, str(values["database"]))
    except (ValueError, KeyError, TypeError, LogError) as error:
        raise MarkError(f"The mark {path} is damaged. Don't remove it.") from error
    if state.origin != origin:
        raise MarkError(f"The mark {path} is of another log, {state.origin}.")
    return mark


@contextmanager
def alone_with_mark() -> Iterator[None]:
    """Be the only process that changes marks; the folder is made where there is none.

    Raises MarkError.
    """
    folder = mark_directory()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise MarkError(f"No mark can be written into {folder}: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_mark(origin: str, note: bytes, database: str) -> None:
    """Put a mark in the place of the one before, inside `alone_with_mark`.

    It is on the disk, name and all, when this returns; a process killed at any instant leaves
    the mark before or this one. Raises MarkError.
    """
    path = mark_path(origin)
    text = json.dumps({"database": database, "note": note.decode()}, ensure_ascii=False)
    try:
        with replacing(path) as file:
            file.write(f"{text}\n".encode())
    except OSError as error:
        raise MarkError(f"The mark {path} can't be written: {error.strerror}.") from error


def marked_origins() -> set[str]:
    """Return the origins of all logs that have a mark here; raises MarkError."""
    found = set()
    for path in mark_directory().glob("*.json"):
        try:
            note = str(json.loads(path.read_bytes())["note"]).encode()
            found.add(parse_checkpoint(split_note(note)[0]).origin)
        except (OSError, ValueError, KeyError, TypeError, LogError) as error:
            raise MarkError(f"The mark {path} can't be read. Don't remove it.") from error
    return found
