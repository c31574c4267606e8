"""Turns the names, folders and patterns that a command was given into files to read.

Whoever has a folder scanned takes what was not named for sound. So what could not be looked into
is kept, to be said at the end; nothing goes missing unseen.
"""

from __future__ import annotations

import base64
import heapq
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final

from takeback.cli.printing import say
from takeback.running.printable import is_text, printable

if TYPE_CHECKING:
    from takeback.media import Limits

_MAGIC: Final = frozenset("*?[")
_ALL_BELOW: Final = "**"
# A pipe that has taken a file's place since it was listed must not be waited for.
_OPEN_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class NotAFileError(OSError):
    """Something that is there, but can't be read as a file; the message says what to do."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file to read; one that was only found in a folder may be no picture at all."""

    path: Path
    named: bool

    @property
    def shown(self) -> str:
        """The path as a terminal can print it, on one line, whatever it is."""
        return printable(self.path)

    @property
    def in_json(self) -> dict[str, str]:
        """The path as an object of JSON holds it: `file`, as text.

        A path that is not UTF-8 has U+FFFD in `file` for what is no text, and all of its bytes in
        `file_base64`.
        """
        return path_in_json(self.path)

    def read(self, limits: Limits) -> bytes | None:
        """Return the file's bytes, or None for what lies in a folder and is no picture.

        One byte more than the limits allow is read at most: the rest of an endless file is never
        asked for. Pipes, sockets and devices are not waited for. Raises NotAFileError, and OSError
        if it can't be read.
        """
        from takeback.media import sniff

        if not stat.S_ISREG(self.path.stat().st_mode):
            raise NotAFileError("This is not a file. Give a picture file or a folder.")
        descriptor = os.open(self.path, _OPEN_FLAGS)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotAFileError("It was a file and is none any more.")
            data = file.read(limits.max_bytes + 1)
        return data if self.named or sniff(data) is not None else None


@dataclass
class Scan:
    """What is to be read, each argument's files in order of their paths, and what was missed."""

    files: list[PictureFile] = field(default_factory=list)
    missed: dict[Path, str] = field(default_factory=dict)
    """Places that could not be looked into, each with the reason in a sentence."""

    def say_missed(self) -> None:
        """Say on standard error how many places were missed, and which."""
        if self.missed:
            places = "1 place" if len(self.missed) == 1 else f"{len(self.missed):,} places"
            say(f"{places} could not be looked into:", err=True)
        for path, reason in self.missed.items():
            say(f"{printable(path)}: {reason}", err=True)


def scan(named: Iterable[str]) -> Scan:
    """Turn folders and patterns into files; what does not exist stays, to be reported.

    A folder is read with all that is below it. Links to files are read as those files. Linked
    folders are followed, each folder once for each argument, so that a ring of links ends; a
    folder that has a name of its own there is read under that one. Pipes, sockets and devices in a
    folder are passed over: they hold no picture.
    """
    found = Scan()
    for name in named:
        path = Path(name)
        if _is_folder(path):
            found.files += [PictureFile(file, named=False) for file in _Walk(found).files([path])]
        elif not os.path.lexists(path) and not _MAGIC.isdisjoint(name):
            found.files += _matches(found, path)
        else:
            found.files.append(PictureFile(path, named=True))
    found.missed = dict(sorted(found.missed.items()))
    return found


def path_in_json(path: Path) -> dict[str, str]:
    """Return `PictureFile.in_json` of a path."""
    raw = os.fsencode(path)
    shown = {"file": raw.decode(errors="replace")}
    return shown if is_text(path) else shown | {"file_base64": base64.b64encode(raw).decode()}


def how_it_failed(error: OSError) -> str:
    """Say in a sentence why a file could not be read."""
    return f"{error.strerror}. Check the name and the rights." if error.strerror else str(error)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:  # reading it will say why
        return False


def _matches(found: Scan, pattern: Path) -> Iterator[PictureFile]:
    """Yield each file that a pattern names, or that lies in a folder that it names, once."""
    reached = [Path(pattern.anchor)]
    for part in pattern.relative_to(pattern.anchor).parts:
        walk = _Walk(found)
        if part == _ALL_BELOW:
            reached = sorted(folder for folder, _ in walk.folders(reached))
        elif _MAGIC.isdisjoint(part):
            reached = [path / part for path in reached if os.path.lexists(path / part)]
        else:
            folders = filter(_is_folder, reached)
            reached = sorted(path for folder in folders for path, _ in walk.entries(folder, part))
    if not reached:
        yield PictureFile(pattern, named=True)
    files = {path for path in reached if not _is_folder(path)}
    below = _Walk(found).files(filter(_is_folder, reached))
    for path in sorted(files.union(below)):
        yield PictureFile(path, named=path in files)


class _Walk:
    """Goes through folders of any depth, each real folder once, and notes what it can't see."""

    def __init__(self, found: Scan) -> None:
        self._found = found
        self._seen: set[tuple[int, int]] = set()

    def files(self, folders: Iterable[Path]) -> list[Path]:
        """Return the files in these folders and in all below them, in order of their paths."""
        return sorted(
            path
            for _, entries in self.folders(folders)
            for path, mode in entries
            if stat.S_ISREG(mode)
        )

    def folders(self, folders: Iterable[Path]) -> Iterator[tuple[Path, list[tuple[Path, int]]]]:
        """Yield these folders and all below them, with their `entries`.

        Linked folders come last: most have a name of their own, under which they have been seen.
        """
        waiting, linked = list(folders), list[Path]()
        while waiting or linked:
            folder = waiting.pop() if waiting else heapq.heappop(linked)
            if not self._is_new(folder):
                continue
            entries = self.entries(folder)
            yield folder, entries
            for path, mode in entries:
                if not stat.S_ISDIR(mode):
                    continue
                if path.is_symlink():
                    heapq.heappush(linked, path)
                else:
                    waiting.append(path)

    def entries(self, folder: Path, pattern: str = "*") -> list[tuple[Path, int]]:
        """Return what a folder has under names like this, each with its mode behind all links."""
        entries: list[tuple[Path, int]] = []
        try:
            paths = [path for path in folder.iterdir() if fnmatchcase(path.name, pattern)]
        except OSError as error:
            self._miss(folder, error)
            return []
        for path in paths:
            try:
                entries.append((path, path.stat().st_mode))
            except OSError as error:
                self._miss(path, error)
        return entries

    def _is_new(self, folder: Path) -> bool:
        try:
            status = folder.stat()
        except OSError as error:
            self._miss(folder, error)
            return False
        identity = (status.st_dev, status.st_ino)
        new = identity not in self._seen
        self._seen.add(identity)
        return new

    def _miss(self, path: Path, error: OSError) -> None:
        leads_nowhere = isinstance(error, FileNotFoundError) and path.is_symlink()
        self._found.missed[path] = (
            "This link leads nowhere." if leads_nowhere else how_it_failed(error)
        )
