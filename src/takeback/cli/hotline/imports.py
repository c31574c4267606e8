"""`takeback hotline import`: bring in what other organisations list, as theirs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from takeback.cli.hotline.setup import failure, set_up
from takeback.cli.printing import say

if TYPE_CHECKING:
    from takeback.hotline.imports.domain import Refused, Taken

app = typer.Typer(
    help="""Bring in what other organisations list, in a lane of its own.

    **Examples**

    * `takeback hotline import file cardiff list.csv --whole`
    * `takeback hotline import list`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_SECRET_VARIABLE = "TAKEBACK_IMPORT_SECRET"  # noqa: S105 - the name of a variable
_Kind = TypeVar("_Kind", bound=StrEnum)
_MOST_SHOWN = 20
_NO_ROOM = 3

_Name = Annotated[str, typer.Argument(help="Your name for that list: a-z, 0-9, dot, _ and -.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Count only; change nothing.")]


@app.command("server")
def import_server(
    name: _Name,
    *,
    shape: Annotated[str, typer.Option(help="stopncii, ncmec or graph.")],
    address: Annotated[str, typer.Option(help="Its base address, https://…")],
    secret_file: Annotated[
        Path | None,
        typer.Option(help=f"File with the secret; default: the variable {_SECRET_VARIABLE}."),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Read all of it; withdraw what is not there.")
    ] = False,
    moved: Annotated[
        bool, typer.Option("--moved", help="Say that this feed has another address or shape now.")
    ] = False,
    dry_run: _DryRun = False,
) -> None:
    """Take in what has changed on a server since the last time; run it as often as you like.

    Entries that were taken off there are withdrawn here. Secrets: FUNCTION_KEY,SUBSCRIPTION_KEY for
    stopncii, USER:PASSWORD for ncmec, APP_ID|SECRET for graph, whose address ends in the privacy
    group. Exit code 1: it can't be done, or another run has this feed; 3: there is no room for more
    today, run it again tomorrow.

    **Examples**

    * `takeback hotline import server ncmec-industry --shape ncmec
      --address https://hashsharing.ncmec.org/exploitation --secret-file ncmec-secret`
    * `takeback hotline import server cardiff --shape stopncii
      --address https://list.example.org/feeds/stopncii/v1 --dry-run`
    """
    with _reported() as tell:
        from takeback.hotline.imports.domain import Shape
        from takeback.hotline.imports.reading.shapes import Remote
        from takeback.hotline.imports.runs import import_from_server

        remote = Remote(_chosen(Shape, shape, "shape"), address, _secret(secret_file))
        taken = import_from_server(name, remote, tell, anew=anew, moved=moved, dry_run=dry_run)
        _say(taken, dry_run)


@app.command("file")
def import_file(
    name: _Name,
    file: Annotated[Path, typer.Argument(help="The file.", exists=True, dir_okay=False)],
    *,
    form: Annotated[
        str,
        typer.Option("--format", help="csv, jsonl (as `takeback list export` writes them), or tx."),
    ] = "csv",
    whole: Annotated[
        bool, typer.Option("--whole", help="The file is the whole list: withdraw what it lacks.")
    ] = False,
    dry_run: _DryRun = False,
) -> None:
    """Take in a file of another list. Lines that can't be read are named; the others go in.

    Exit code 1 if a line was refused, 3 if there is no room for more today.

    **Examples**

    * `takeback hotline import file cardiff list.csv --whole`
    * `takeback hotline import file partner hashes.txt --format tx --dry-run`
    """
    with _reported() as tell:
        from takeback.hotline.imports.domain import FileFormat
        from takeback.hotline.imports.runs import import_from_file

        chosen = _chosen(FileFormat, form, "format")
        with file.open("rb") as opened:
            taken = import_from_file(name, opened, chosen, tell, whole=whole, dry_run=dry_run)
        _say(taken, dry_run)
        if taken.refused:
            raise typer.Exit(1)


@app.command("list")
def list_feeds() -> None:
    """Print which lists are imported, and how much of each stands on this one.

    **Example**

    * `takeback hotline import list`
    """
    set_up()
    from takeback.hotline.imports.access import feeds

    for feed in feeds():
        when = f"{feed.fetched_at:%Y-%m-%d %H:%M} UTC" if feed.fetched_at else "never to the end"
        say(f"{feed.name}: {feed.entries:,} entries of {feed.source}, read {when}")


@app.command("drop")
def drop(name: _Name) -> None:
    """Withdraw all that was imported under a name, and forget it.

    Entries that were taken off at the desk stay off if they are imported under this name again.

    **Example**

    * `takeback hotline import drop partner`
    """
    set_up()
    from takeback.hotline.imports.actions import drop_feed
    from takeback.hotline.imports.domain import ImportingError

    try:
        count = drop_feed(name)
    except ImportingError as error:
        raise failure(str(error)) from error
    say(f"{count:,} entries withdrawn.")


@contextmanager
def _reported() -> Iterator[Callable[[Taken, list[Refused]], None]]:
    """Show progress, name what is refused, and say plainly what went wrong."""
    set_up()
    from rich.console import Console

    from takeback.hotline.imports.domain import ImportingError, NoRoomTodayError

    errors = Console(stderr=True)
    shown = 0
    more: Counter[str] = Counter()
    with errors.status("Reading…") as status:

        def tell(taken: Taken, refused: list[Refused]) -> None:
            nonlocal shown
            for refusal in refused:
                shown += 1
                if shown <= _MOST_SHOWN:
                    say(f"{refusal.place}: {refusal.reason}", err=True)
                else:
                    more[refusal.reason] += 1
            status.update(f"{taken.listed + taken.known:,} entries read…")

        try:
            yield tell
        except NoRoomTodayError as error:
            say(str(error), err=True)
            raise typer.Exit(_NO_ROOM) from error
        except (ImportingError, OSError) as error:
            raise failure(str(error)) from error
        finally:
            for reason, count in more.most_common():
                say(f"{count:,} more: {reason}", err=True)


def _say(taken: Taken, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    say(
        f"{taken.listed:,} {would}listed, {taken.changed:,} {would}changed, {taken.withdrawn:,} "
        f"{would}withdrawn, {taken.known:,} known, {taken.left_off:,} left off, "
        f"{taken.refused:,} refused."
    )
    if taken.spared:
        say(
            f"{taken.spared:,} entries are missing there and stay here, for they may be among what "
            "can't be read. Once that is mended, read all of the list again.",
            err=True,
        )


def _chosen(kinds: type[_Kind], word: str, what: str) -> _Kind:
    try:
        return kinds(word)
    except ValueError as error:
        raise failure(f"There is no {what} {word}. Choose one of {', '.join(kinds)}.") from error


def _secret(file: Path | None) -> str:
    text = file.read_text(encoding="utf-8") if file else os.environ.get(_SECRET_VARIABLE, "")
    if not text.strip():
        raise failure(f"Give the secret in a file (--secret-file) or in {_SECRET_VARIABLE}.")
    return text.strip()
