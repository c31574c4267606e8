"""Makes a backup: one encrypted file in a folder, and none there older than it may be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from takeback.hotline.backups import wal as followed
from takeback.hotline.backups.age_files import encrypting
from takeback.hotline.backups.archive import writing
from takeback.hotline.backups.domain import (
    BackupError,
    Kind,
    Manifest,
    Part,
    expired,
    file_name,
    made_at_of,
    now,
)
from takeback.hotline.backups.dumps import add_dump, size_of_database
from takeback.hotline.backups.embedded import add_base, size_of_embedded
from takeback.hotline.backups.folders import add_files
from takeback.hotline.backups.programs import server_major
from takeback.hotline.foundation.database import configured_url, database_url


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

    Only once the new backup is whole, those in the folder that are older than `keep` go, and the
    files of the followed log in `wal` that none of the rest needs. `on_bytes` hears how many
    encrypted bytes were written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = configured_url()
    made_at = now()
    kind = postgres = None
    if Part.DATABASE in parts:
        kind = Kind.DUMP if url else Kind.BASE
        postgres = server_major(url or database_url())
    manifest = Manifest(made_at, parts, kind, postgres, version("takeback"))
    path = folder / file_name(made_at, parts)
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
    removed = expired(folder.iterdir(), made_at, keep)
    for old in removed:
        old.unlink()
    pruned = 0
    if wal is not None:
        oldest = min(begun for other in folder.iterdir() if (begun := made_at_of(other)))
        pruned = followed.prune(wal, oldest)
    return Made(path, path.stat().st_size, tuple(removed), pruned)


def size_of_data(parts: frozenset[Part]) -> int | None:
    """Return about how many bytes go into a backup before they are packed; None: hardly any."""
    if Part.DATABASE not in parts:
        return None
    url = configured_url()
    return size_of_database(url) if url else size_of_embedded()
