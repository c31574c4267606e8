"""`takeback hotline backup …` and `restore`: everything a hotline must not lose, in one file."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from takeback.cli.hotline.setup import failure, in_plain_words, require_hotline
from takeback.cli.printing import say
from takeback.hotline.backups.domain import KEEP_DAYS
from takeback.shell.typed_commands import typed

app = typer.Typer(
    help="""Back up database and secrets, encrypted, and follow every commit.

    **Examples**

    * `takeback hotline backup key backup-key`
    * `takeback hotline backup make /backups --to age1…`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_ON_STDIN = "-"

_Folder = Annotated[Path, typer.Argument(help="Folder of the backups.", file_okay=False)]


@app.command("key")
def make_key(
    file: Annotated[Path, typer.Argument(help="File for the secret key.")],
) -> None:
    """Make the key that opens your backups, and print the public one, which encrypts them.

    Make it on a machine that is not the hotline's, and keep it off that. `age-keygen` makes the
    same.

    **Example**

    * `takeback hotline backup key backup-key`
    """
    with _explained():
        from takeback.hotline.backups.age_files import make_key as make

        public = make(file)
    say(public)


@app.command("make")
def make(
    folder: _Folder,
    *,
    to: Annotated[
        list[str] | None, typer.Option(help="Public key, age1…, that can open it; repeat it.")
    ] = None,
    recipients: Annotated[
        Path | None,
        typer.Option(help="File of public keys, one a line.", exists=True, dir_okay=False),
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="database or secrets: keep the two in files of their own.")
    ] = None,
    keep_days: Annotated[
        int,
        typer.Option(min=1, max=3650, help="Delete backups of this hotline older than that."),
    ] = KEEP_DAYS,
    wal: Annotated[
        Path | None,
        typer.Option(
            help="Folder of `backup follow`: delete there what no kept backup needs.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Write one encrypted file with database, secrets and state, while the hotline runs.

    The file has its name only once it is whole; older backups of this hotline go after that. Where
    no hotline is, or its secrets are missing, nothing is made or deleted. Of the embedded database
    it holds a base backup, of one by DATABASE_URL a dump by pg_dump of its own version.

    **Examples**

    * `takeback hotline backup make /backups --to age1…`
    * `takeback hotline backup make /backups --recipients backup-keys --keep-days 30 --wal /wal`
    """
    require_hotline()
    with _explained():
        from takeback.hotline.backups.age_files import parse_recipients
        from takeback.hotline.backups.domain import ALL_PARTS, Part
        from takeback.hotline.backups.making import make_backup, size_of_data

        try:
            parts = frozenset({Part(only)}) if only else ALL_PARTS
        except ValueError as error:
            raise failure("Choose --only database or --only secrets.") from error
        lines = [*(to or []), *(recipients.read_text().splitlines() if recipients else [])]
        keys = parse_recipients(lines)
        with _progress(f"Backing up to {folder}", size_of_data(parts)) as (advance, _):
            made = make_backup(
                folder,
                keys,
                parts=parts,
                keep=timedelta(days=keep_days),
                wal=wal,
                on_bytes=advance,
            )
    say(f"{made.path}, {made.size:,} bytes.")
    if made.removed:
        say(f"{len(made.removed)} older than {keep_days} days deleted.")
    if wal is not None:
        say(f"{made.pruned} files of the followed log deleted.")


@app.command("follow")
def follow(
    folder: Annotated[
        Path, typer.Argument(help="Folder on another disk than the database.", file_okay=False)
    ],
    *,
    every_commit: Annotated[
        bool,
        typer.Option(
            "--every-commit",
            help="Accept nothing that the folder does not have. If this is killed, reports wait "
            "until it runs again.",
        ),
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin here; forget how far the last folder was.")
    ] = False,
    release: Annotated[
        bool, typer.Option("--release", help="Only say that commits wait for nobody any more.")
    ] = False,
) -> None:
    """Write what the embedded database commits into a folder, as it happens; keep it running.

    With a backup made after it began, everything up to the last commit can be restored. What it
    writes is not encrypted: put it on an encrypted disk, of another machine if you can.

    **Examples**

    * `takeback hotline backup follow /mnt/other/wal`
    * `takeback hotline backup follow /mnt/other/wal --every-commit`
    """
    with _explained():
        from takeback.hotline.backups import following
        from takeback.hotline.backups.domain import BackupError
        from takeback.hotline.backups.making import hotline_url
        from takeback.hotline.foundation.database import configured_url

        if configured_url():
            raise BackupError(
                "Only the embedded database is followed. Yours is another server: archive its "
                "write-ahead log as its own manual says."
            )
        require_hotline()
        url = hotline_url()
        if release:
            following.release(url)
            say("Commits wait for nobody.")
            return
        follower = following.Follower(url, folder, every_commit=every_commit, anew=anew)
        for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(stop, lambda *_: follower.stop())
        waits = " Commits wait for it." if every_commit else ""
        follower.run(
            lambda: say(f"Following into {folder}.{waits} Ctrl-C stops it."),
            lambda: say("The database does not answer. It is tried again.", err=True),
        )


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.", exists=True, dir_okay=False)],
    *,
    key: Annotated[str, typer.Option(help="File of the secret key; - for standard input.")],
    wal: Annotated[
        Path | None,
        typer.Option(
            help="Folder of `backup follow` to replay up to its end.", exists=True, file_okay=False
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put aside the database and secrets that are here.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Put back what a backup holds. Stop `serve`, `worker` and `backup follow` first.

    All of it is read, checked, started and opened by the hotline's own code before anything takes
    its place. The log may be older now than what gates have seen, so the restored database says
    that it was restored, and the worker signs nothing until somebody has shown that it is the
    newest; docs/hotline.md has what comes next. The file `restored` in the state folder is for you.

    **Examples**

    * `takeback hotline restore /backups/takeback-3f9a01c7-2026-11-29T031500Z.age --key backup-key`
    * `age -d key.age | takeback hotline restore FILE --key - --wal /mnt/other/wal --replace --yes`
    """
    require_hotline(may_begin=True)
    with _explained():
        from takeback.hotline.backups.age_files import parse_identities
        from takeback.hotline.backups.restoring import restore_backup

        identities = parse_identities(_key_text(key))
        if replace and not yes:
            typer.confirm("What is here now is put aside. Go on?", abort=True)
        with _progress(f"Reading {file.name}", file.stat().st_size) as (advance, describe):
            done = restore_backup(
                file, identities, wal=wal, replace=replace, on_bytes=advance, on_step=describe
            )
    say(f"Restored what was backed up on {done.made_by.made_at:%Y-%m-%d at %H:%M} UTC.")
    if done.note is not None:
        say(f"The log {done.note.origin or '(not begun)'} has {done.note.size} events.")
    for place in done.aside:
        say(f"What was here before: {place}. Delete it once all is well.")


def _key_text(key: str) -> str:
    if key == _ON_STDIN:
        return sys.stdin.read()
    try:
        return Path(key).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise failure(
            f"{key} is not a key file. --key takes the file that "
            f"`{typed('hotline backup key FILE')}` made."
        ) from error
    except OSError as error:
        raise failure(
            f"The key file {key} can't be read ({error.strerror}). --key takes the file that "
            f"`{typed('hotline backup key FILE')}` made."
        ) from error


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what can go wrong into a sentence on standard error and exit code 1."""
    try:
        import psycopg

        from takeback.hotline.backups.domain import BackupError
        from takeback.running.embedded_postgres import EmbeddedServerError
        from takeback.running.standstill import StandstillError
    except ModuleNotFoundError as error:
        raise failure(
            f"The hotline's packages are missing ({error.name}): pip install 'takeback[hotline]'"
        ) from error
    try:
        yield
    except (
        BackupError,
        EmbeddedServerError,
        StandstillError,
        OSError,
        psycopg.Error,
        ValueError,
    ) as error:
        raise failure(in_plain_words(error)) from error


@contextmanager
def _progress(
    title: str, total: int | None
) -> Iterator[tuple[Callable[[int], None], Callable[[str], None]]]:
    """Show how many bytes have gone by, on a terminal; yields what to tell, and what to rename."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    errors = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=errors, transient=True, disable=not errors.is_terminal
    ) as progress:
        bar = progress.add_task(title, total=total)
        yield (
            lambda count: progress.advance(bar, count),
            lambda text: progress.update(bar, description=text),
        )
