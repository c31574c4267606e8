"""Restores a backup: beside what is there, opened by the hotline's own code, then in its place."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from takeback.hotline.backups.age_files import decrypting
from takeback.hotline.backups.archive import Member, reading
from takeback.hotline.backups.domain import (
    BackupError,
    Kind,
    Manifest,
    Part,
    Restored,
    now,
    stamp,
)
from takeback.hotline.backups.dumps import StagedDump
from takeback.hotline.backups.embedded import StagedBase
from takeback.hotline.backups.folders import StagedFiles, noting, refuse_without_secrets
from takeback.hotline.foundation.database import configured_url, data_folder
from takeback.running.standstill import StandstillError, standing_still

_TOP_OF_DATABASE: Final = {Kind.BASE: "postgres", Kind.DUMP: "dump"}


@dataclass(frozen=True, slots=True)
class PutBack:
    """What a restore did. `note`: what it left in the state folder, None without a database.

    `aside`: where what was there before stands now; somebody must delete it.
    """

    made_by: Manifest
    note: Restored | None
    aside: tuple[str, ...]


def restore_backup(
    path: Path,
    identities: Sequence[Any],
    *,
    wal: Path | None = None,
    replace: bool = False,
    on_bytes: Callable[[int], None],
    on_step: Callable[[str], None],
) -> PutBack:
    """Put back what a backup holds; nothing changes before all of it was read, checked and opened.

    Without `replace` only where nothing is: an empty database, and no other secrets. `wal`: folder
    of a followed log to replay. Killed at any instant, it can be run again. Raises BackupError or
    OSError.
    """
    with _alone(), ExitStack() as staged:
        with decrypting(path, identities, on_bytes) as plain, reading(plain) as (manifest, members):
            _refuse_unfit(manifest, wal, replace)
            files = StagedFiles()
            staged.callback(files.discard)
            database = _staged_database(manifest, wal)
            if database is not None:
                staged.callback(database.discard)
            _take_all(manifest, members, files, database)
        other = files.other_secrets()
        if other and not replace:
            raise BackupError(
                f"There are other secrets here ({', '.join(other)}). With --replace they are put "
                "aside."
            )
        moment = now()
        former_database: str | None = None
        note = None
        if database is not None:
            on_step("Starting the restored database, and reading all of it")
            with database.running() as url:
                log = _prove(url, files)
            note = Restored(moment, manifest.made_at, log["origin"], log["size"])
            on_step("Putting it in place")
            # The database first: it may not be able to, and then nothing else has changed.
            with noting(note.to_json()):
                former_database = database.put_in_place(stamp(moment))
        try:
            former_secrets = files.put_in_place(stamp(moment))
        except OSError as error:
            raise _half_done(error, files.aside(stamp(moment)), former_database) from error
    return PutBack(
        manifest, note, tuple(place for place in (former_secrets, former_database) if place)
    )


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other restore run in this state folder, and no program of the hotline begin."""
    try:
        with standing_still(data_folder()):
            yield
    except StandstillError as error:
        raise BackupError(str(error)) from error


def _half_done(error: OSError, secrets: Path, database: str | None) -> BackupError:
    places = [f"the secrets in {secrets}"] if secrets.exists() else []
    places += [f"the database as {database}"] if database else []
    former = f"What was here before is kept: {' and '.join(places)}. " if places else ""
    return BackupError(
        f"The secrets of the backup could not all be put in place: {error}. {former}Don't start "
        "`serve` and `worker`. Mend that, and restore once more with --replace."
    )


def _refuse_unfit(manifest: Manifest, wal: Path | None, replace: bool) -> None:
    url = configured_url()
    if Part.SECRETS not in manifest.parts:
        refuse_without_secrets()
    if wal is not None and manifest.kind is not Kind.BASE:
        raise BackupError("Only a backup of the embedded database goes on with a followed log.")
    if manifest.kind is Kind.BASE:
        if url:
            raise BackupError(
                "This is a backup of the embedded database. Restore it without DATABASE_URL."
            )
        StagedBase.stop_unused()
        taken = StagedBase.is_taken()
    elif manifest.kind is Kind.DUMP:
        if not url:
            raise BackupError("This is a dump. Say with DATABASE_URL where it goes.")
        StagedDump.refuse_running(url)
        taken = StagedDump.is_taken(url)
    else:
        taken = False
    if taken and not replace:
        raise BackupError("There is a database here already. With --replace it is put aside.")


def _staged_database(manifest: Manifest, wal: Path | None) -> StagedBase | StagedDump | None:
    url = configured_url()
    match manifest.kind:
        case Kind.BASE:
            return StagedBase(wal)
        case Kind.DUMP if url:
            return StagedDump(url)
        case _:
            return None


def _take_all(
    manifest: Manifest,
    members: Iterator[Member],
    files: StagedFiles,
    database: StagedBase | StagedDump | None,
) -> None:
    top = _TOP_OF_DATABASE[manifest.kind] if manifest.kind else None
    for member in members:
        if database is not None and member.name.parts[0] == top:
            database.take(member)
        elif Part.SECRETS in manifest.parts:
            files.take(member)
        else:
            raise BackupError(f"The backup holds something unexpected: {member.name}.")


def _prove(url: str, files: StagedFiles) -> dict[str, Any]:
    """Let the hotline's own code open the staged database with the secrets it will have."""
    before = files.complete()
    proof = subprocess.run(
        [sys.executable, "-m", "takeback.hotline.backups.proving"],
        env={
            **os.environ,
            "DATABASE_URL": url,
            "TAKEBACK_STATE": str(files.state),
            "TAKEBACK_SECRETS": str(files.secrets),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if proof.returncode:
        words = (proof.stderr.strip().splitlines() or ["nothing was said"])[-1]
        raise BackupError(f"The restored database can't be opened, nothing was replaced: {words}")
    made = files.names() - before - {"django"}  # what opens sessions of Django may be new
    if made:
        raise BackupError(
            f"Secrets are missing ({', '.join(sorted(made))}); nothing was replaced. Restore a "
            "backup that holds them first."
        )
    return dict(json.loads(proof.stdout.splitlines()[-1]))
