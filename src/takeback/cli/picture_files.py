"""Turns the names, folders and patterns that a command was given into files to read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from takeback.media import Limits


class NotAFileError(OSError):
    """Something that is there, but can't be read as a file; the message says what to do."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file to read; one that was only found in a folder may be no picture at all."""

    path: Path
    named: bool

    @property
    def shown(self) -> str:
        """The path as a terminal can print it, even if it is no valid text."""
        return os.fsencode(self.path).decode(errors="replace")

    def read(self, limits: Limits) -> bytes | None:
        """Return the file's bytes, or None for what lies in a folder and is no picture.

        One byte more than the limits allow is read at most: the rest of an endless file is never
        asked for. Raises NotAFileError, and OSError if it can't be read.
        """
        from takeback.media import sniff

        if self.path.exists() and not self.path.is_file():
            raise NotAFileError("This is not a file. Give a picture file or a folder.")
        with self.path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
        return data if self.named or sniff(data) is not None else None


def find_picture_files(named: Iterable[str]) -> Iterator[PictureFile]:
    """Turn folders and patterns into files; what does not exist stays, to be reported."""
    for name in named:
        path = Path(name)
        if path.is_dir():
            yield from _below(path)
        elif not path.exists() and any(letter in name for letter in "*?["):
            anchor = Path(path.anchor)
            found = sorted(anchor.glob(str(path.relative_to(anchor))))
            for match in found:
                if match.is_dir():
                    yield from _below(match)
                else:
                    yield PictureFile(match, named=True)
            if not found:
                yield PictureFile(path, named=True)
        else:
            yield PictureFile(path, named=True)


def how_it_failed(error: OSError) -> str:
    """Say in a sentence why a file could not be read."""
    return f"{error.strerror}. Check the name and the rights." if error.strerror else str(error)


def _below(folder: Path) -> Iterator[PictureFile]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield PictureFile(path, named=False)
