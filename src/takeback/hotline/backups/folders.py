"""The files of a backup that are no database: the secrets, and what else the hotline wrote."""

import filecmp
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Final

from takeback.hotline.backups.archive import ArchiveWriter, Member
from takeback.hotline.backups.domain import BackupError
from takeback.hotline.foundation.secrets import secrets_directory
from takeback.hotline.foundation.state import mark_directory, state_directory
from takeback.running.private_files import replacing, sync_directory

SECRETS: Final = "secrets"
STATE: Final = "state"
NOTE: Final = "restored"
"""Name in the state folder of the note that a restore leaves (`domain.Restored`)."""
_STAGED: Final = ".restoring"
_MARK: Final = "mark"  # what the log was at last: from a backup it would only be older than that
_REPLACED: Final = "replaced-"
_NO_STATE: Final = frozenset({".age", ".draft", ".lock", ".partial"})


def add_files(archive: ArchiveWriter) -> None:
    """Put all secrets into an archive, and what else stands in the state folder but the database.

    They come after the database: what one of its rows names is among them.
    """
    for name, folder in ((SECRETS, secrets_directory()), (STATE, state_directory())):
        for path in _files(folder):
            try:
                with path.open("rb") as file:
                    size = os.fstat(file.fileno()).st_size
                    archive.add_stream(f"{name}/{path.relative_to(folder)}", file, size)
            except FileNotFoundError:
                continue  # a draft that has its name by now


def _files(folder: Path) -> Iterator[Path]:
    """Yield the plain files of a folder, without the database, the secrets, drafts and locks."""
    secrets = secrets_directory()
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_symlink() or path.suffix in _NO_STATE:
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and path != secrets and not _left_out(path):
            yield from _files(path)


def _left_out(folder: Path) -> bool:
    return (
        folder.name.split(".", maxsplit=1)[0] == "postgres"
        or folder.name in {_STAGED, _MARK}
        or folder.name.startswith(_REPLACED)
        or folder == mark_directory()
    )


class StagedFiles:
    """Secrets and state of a backup beside those that are there, until they are put in."""

    def __init__(self) -> None:
        self.secrets = secrets_directory() / _STAGED
        self.state = state_directory() / _STAGED
        self.discard()
        state_directory().mkdir(parents=True, exist_ok=True)
        secrets_directory().mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.secrets, self.state):
            folder.mkdir(mode=0o700)
        self._from_backup: set[PurePath] = set()

    def take(self, member: Member) -> None:
        """Write one of the files."""
        if member.name.parts[0] == SECRETS:
            member.put_under(self.secrets, SECRETS)
            self._from_backup.add(member.name.relative_to(SECRETS))
        else:
            member.put_under(self.state, STATE)

    def other_secrets(self) -> list[str]:
        """Return the names of secrets that are there and differ from those of the backup."""
        there = secrets_directory()
        return sorted(
            str(name)
            for name in self._from_backup
            if (there / name).exists()
            and not filecmp.cmp(there / name, self.secrets / name, shallow=False)
        )

    def complete(self) -> set[str]:
        """Add the secrets that are there and not in the backup; returns the names of all."""
        there = secrets_directory()
        for path in _files(there):
            name = path.relative_to(there)
            if not (self.secrets / name).exists():
                (self.secrets / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copyfile(path, self.secrets / name)
                (self.secrets / name).chmod(0o600)
        return self.names()

    def names(self) -> set[str]:
        """Return the names of all secrets that are staged."""
        return {str(path.relative_to(self.secrets)) for path in _files(self.secrets)}

    def put_in_place(self, stamp: str) -> str | None:
        """Put in the secrets, the former ones aside, and the state that is missing.

        What stands in the state folder stays, because it is newer. Returns where former secrets
        stand now, if any do.
        """
        there = secrets_directory()
        aside = self.aside(stamp)
        for other in self.other_secrets():
            (aside / other).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (there / other).rename(aside / other)
        for name in self._from_backup:
            (there / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.secrets / name).replace(there / name)
        sync_directory(there)
        for path in _files(self.state):
            target = state_directory() / path.relative_to(self.state)
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
        return str(aside) if aside.exists() else None

    def aside(self, stamp: str) -> Path:
        """Return where former secrets are put, whether or not there are any."""
        return secrets_directory() / f"{_REPLACED}{stamp}"

    def discard(self) -> None:
        """Remove what is not in place."""
        for folder in (self.secrets, self.state):
            if folder.exists():
                shutil.rmtree(folder)


@contextmanager
def noting(text: bytes) -> Iterator[None]:
    """Write the note that a restore happened, before the block replaces anything.

    If it raises, what stood there before comes back: nothing was replaced.
    """
    path = state_directory() / NOTE
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_bytes() if path.exists() else None
    _write(path, text)
    try:
        yield
    except BaseException:
        if before is None:
            path.unlink(missing_ok=True)
        else:
            _write(path, before)
        raise


def _write(path: Path, text: bytes) -> None:
    with replacing(path) as file:
        file.write(text)


def refuse_without_secrets() -> None:
    """Raise BackupError where a database alone would come back without what opens it."""
    if not any(_files(secrets_directory())):
        raise BackupError(
            "This backup holds no secrets, and there are none here. Restore those first: new ones "
            "would open nothing."
        )
