"""The inside of a backup: a gzipped tar that is written and read as a stream, never sought in.

The first member is the manifest, the last one says how many came before it.
"""

import gzip
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from takeback.hotline.backups.domain import BackupError, Manifest

_MANIFEST: Final = "backup.json"
_END: Final = "end.json"
_PIECE: Final = 8 << 20
# Level 1: half the size of the database's files at a third of the time of level 6.
_GZIP_LEVEL: Final = 1


class ArchiveWriter:
    """Puts members into an archive."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members = 0

    def add(self, name: str, data: bytes) -> None:
        """Put in a small member."""
        self.add_stream(name, io.BytesIO(data), len(data))

    def add_stream(self, name: str, file: BinaryIO, size: int) -> None:
        """Put in `size` bytes of a file. Raises OSError if it holds fewer."""
        member = tarfile.TarInfo(name)
        member.size = size
        member.mode = 0o600
        self._tar.addfile(member, file)
        self._members += 1

    def add_folder(self, name: str) -> None:
        """Put in a folder, so that an empty one is there again."""
        member = tarfile.TarInfo(name)
        member.type = tarfile.DIRTYPE
        member.mode = 0o700
        self._tar.addfile(member)
        self._members += 1

    def add_unsized(self, name: str, file: BinaryIO) -> None:
        """Put in a stream whose length nobody knows yet, in numbered pieces of 8 MiB."""
        number = 0
        while piece := _read_fully(file, _PIECE):
            self.add(f"{name}/{number:08}", piece)
            number += 1

    def end(self) -> None:
        """Say that all is in."""
        self.add(_END, json.dumps({"members": self._members}).encode())


@contextmanager
def writing(file: BinaryIO, manifest: Manifest) -> Iterator[ArchiveWriter]:
    """Yield an archive to fill; it is ended only if the block does not raise."""
    with (
        gzip.GzipFile("", "wb", _GZIP_LEVEL, fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        archive = ArchiveWriter(tar)
        archive.add(_MANIFEST, manifest.to_json())
        yield archive
        archive.end()


class Member:
    """A member of an archive as it goes by; read it before the next."""

    def __init__(self, info: tarfile.TarInfo, data: BinaryIO | None) -> None:
        self.name = PurePosixPath(info.name)
        self._data = data
        if self.name.is_absolute() or ".." in self.name.parts or not self.name.parts:
            raise BackupError(f"The backup holds a file with the name {info.name!r}.")

    @property
    def data(self) -> BinaryIO:
        """Its bytes."""
        if self._data is None:
            raise BackupError(f"{self.name} should be a file.")
        return self._data

    def put_under(self, folder: Path, below: str) -> None:
        """Write it under `folder`, which is ours alone, without the first part `below` of its name.

        Files are for this user only; none is written through a link or over another.
        """
        path = folder / self.name.relative_to(below)
        if self._data is None:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("xb") as file:
            path.chmod(0o600)
            shutil.copyfileobj(self._data, file, _PIECE)


@contextmanager
def reading(file: BinaryIO) -> Iterator[tuple[Manifest, Iterator[Member]]]:
    """Yield the manifest and the members after it; they raise BackupError if the end is missing."""
    try:
        with (
            gzip.GzipFile(fileobj=file, mode="rb") as packed,
            tarfile.open(fileobj=packed, mode="r|") as tar,
        ):
            members = iter(tar)
            first = next(members, None)
            if first is None or first.name != _MANIFEST:
                raise BackupError("This is not a backup that Takeback has made.")
            manifest = Manifest.from_json(data_of(tar, first).read())
            yield manifest, _members(tar, members)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError) as error:
        raise BackupError("This is not a backup that Takeback has made.") from error


def _members(tar: tarfile.TarFile, members: Iterator[tarfile.TarInfo]) -> Iterator[Member]:
    count = 1
    for info in members:
        if info.name == _END:
            if json.loads(data_of(tar, info).read())["members"] != count:
                raise BackupError("Members are missing from the backup.")
            return
        count += 1
        if not (info.isreg() or info.isdir()):
            raise BackupError(f"The backup holds something that is no file: {info.name!r}.")
        yield Member(info, data_of(tar, info) if info.isreg() else None)
    raise BackupError("The backup was never finished.")


def data_of(tar: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    """Return the bytes of a member as it goes by. Raises BackupError if it is no file."""
    data = tar.extractfile(info)
    if data is None:
        raise BackupError(f"{info.name!r} should be a file.")
    return data  # type: ignore[return-value]  # an IO[bytes] in everything but its name


def _read_fully(file: BinaryIO, size: int) -> bytes:
    pieces = []
    while size and (piece := file.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
