"""Makes a backup: one encrypted file in a folder, and none there older than it may be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from takeback.hotline.backups import wal as followed
from takeback.hotline.backups.age_files import encrypting
from takeback.hotline.backups.archive import writing
from takeback.hotline.backups.domain import (
    BackupError,
    BackupName,
    Kind,
    Manifest,
    Part,
    expired,
    now,
)
from takeback.hotline.backups.dumps import add_dump, size_of_database
from takeback.hotline.backups.embedded import add_base, size_of_embedded
from takeback.hotline.backups.folders import add_files
from takeback.hotline.backups.programs import server_major
from takeback.hotline.foundation.database import (
    configured_url,
    database_url,
    has_embedded_database,
)
from takeback.hotline.foundation.secret_notes.checking import hotline_mark, lost_secrets, notes_in
from takeback.hotline.foundation.state import state_directory


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made. `removed`: older ones; `pruned`: files of a followed log."""

    path: Path
    size: int
    removed: tuple[Path, ...]
    pruned: int


def make_backup(
    folder: Path,
    recipients: Sequence[Any],
    *,
    parts: frozenset[Part],
    keep: timedelta,
    wal: Path | None = None,
    on_bytes: Callable[[int], None],
) -> Made:
    """Back up while the hotline runs. Raises BackupError or OSError; then nothing new stands there.

    Only once the new backup is whole, those of this hotline in the folder that are older than
    `keep` go, and the files of the followed log in `wal` that none of the rest needs. `on_bytes`
    hears how many encrypted bytes were written. Where no hotline is, nothing is made or removed.
    """
    hotline = _hotline_here(parts)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = configured_url()
    made_at = now()
    kind = postgres = None
    if Part.DATABASE in parts:
        kind = Kind.DUMP if url else Kind.BASE
        postgres = server_major(hotline_url())
    manifest = Manifest(made_at, parts, kind, postgres, version("takeback"))
    name = BackupName(hotline, parts, made_at)
    path = folder / str(name)
    if path.exists():
        raise BackupError(f"{path} is there already. Wait a second.")
    with (
        encrypting(path, recipients, on_bytes) as file,
        writing(file, manifest) as archive,
    ):
        if kind is Kind.DUMP and url:
            add_dump(archive, url)
        elif kind is Kind.BASE:
            add_base(archive)
        if Part.SECRETS in parts:
            add_files(archive)
    removed = expired(folder.iterdir(), name, keep)
    for old in removed:
        old.unlink()
    pruned = 0
    if wal is not None:
        names = filter(None, map(BackupName.of, folder.iterdir()))
        oldest = min(other.made_at for other in names if other.hotline == hotline)
        pruned = followed.prune(wal, oldest)
    return Made(path, path.stat().st_size, tuple(removed), pruned)


def size_of_data(parts: frozenset[Part]) -> int | None:
    """Return about how many bytes go into a backup before they are packed; None: hardly any."""
    if Part.DATABASE not in parts:
        return None
    url = hotline_url()
    return size_of_database(url) if configured_url() else size_of_embedded()


def hotline_url() -> str:
    """Return the URL of the database that is here; the embedded server is started, none is made.

    Raises BackupError where there is none: a typo must not be followed, or be the newest backup.
    """
    if configured_url() is None and not has_embedded_database():
        raise BackupError(
            f"There is no database in {state_directory()}. Set TAKEBACK_STATE or DATABASE_URL "
            "as for `serve`. No backup was made or deleted."
        )
    return database_url()


def _hotline_here(parts: frozenset[Part]) -> str:
    """Return what tells this hotline's backups; BackupError where there is none, or not all of it.

    An empty database or an empty folder of secrets is most likely not what is meant.
    """
    try:
        with psycopg.connect(hotline_url(), connect_timeout=10) as connection:
            notes = notes_in(connection)
    except psycopg.OperationalError as error:
        raise BackupError(f"The database does not answer. {error}") from error
    if not notes:
        raise BackupError(
            "This database is not a hotline's: it has no tables of one. Look at DATABASE_URL and "
            "TAKEBACK_STATE. No backup was made or deleted."
        )
    wrong = lost_secrets(notes) if Part.SECRETS in parts else None
    if wrong is not None:
        raise BackupError(f"No backup was made or deleted. {wrong}")
    return hotline_mark(notes)
