"""`takeback hotline guard`: the well-known lawful pictures that no entry may come close to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.decoding import start_explained
from takeback.cli.hotline.setup import set_up
from takeback.cli.printing import say

if TYPE_CHECKING:
    from takeback.cli.picture_files import PictureFile
    from takeback.hotline.screening.known_lawful import LawfulPicture
    from takeback.media import Decoder

app = typer.Typer(
    help="""The lawful pictures that new entries are compared with.

    **Example**

    * `takeback hotline guard build lawful-pictures/`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.callback()
def guard() -> None:
    """Keep the commands of this group under its name."""


@app.command("build")
def build_known_lawful(
    folder: Annotated[
        Path, typer.Argument(help="Folder of pictures.", exists=True, file_okay=False)
    ],
) -> None:
    """Fingerprint a folder of lawful pictures that many people post: flags, logos, memes, news.

    A new entry that comes close to one of them waits for a person. The pictures are read in a
    confined process, and only fingerprints and file names are kept; the worker takes them up at
    once. Each call replaces the known-lawful corpus that the last one made.

    Exit code 1: a picture could not be read, or a place not be looked into; the others are taken.
    Exit code 2: no process can be started that decodes pictures; the corpus stays as it was.

    **Example**

    * `takeback hotline guard build lawful-pictures/`
    """
    set_up()
    from rich.console import Console
    from rich.progress import track

    from takeback.cli.picture_files import scan
    from takeback.fingerprints.reading import READ_UPLOAD
    from takeback.hotline.screening.known_lawful import known_lawful_file, write_known_lawful
    from takeback.media import Decoder

    found: list[LawfulPicture] = []
    failed = 0
    errors = Console(stderr=True)
    with start_explained(), Decoder(readers=(READ_UPLOAD,)) as decoder:
        scanned = scan([str(folder)])
        for source in track(
            scanned.files,
            "Pictures",
            console=errors,
            transient=True,
            disable=not errors.is_terminal,
        ):
            try:
                picture = _looked_at(source, folder, decoder)
            except _UnreadableError as error:
                say(f"{source.shown}: {error}", err=True)
                failed += 1
                continue
            if picture is not None:
                found.append(picture)
    scanned.say_missed()
    if not found:
        say(f"No pictures in {folder}; the known-lawful corpus stays as it was.", err=True)
        raise typer.Exit(1)
    count = write_known_lawful(found, known_lawful_file())
    say(f"{count} pictures guard the list now." + (f" {failed} not read." if failed else ""))
    raise typer.Exit(1 if failed or scanned.missed else 0)


class _UnreadableError(Exception):
    """A picture can't be read; the message says why."""


def _looked_at(source: PictureFile, folder: Path, decoder: Decoder) -> LawfulPicture | None:
    from takeback.cli.picture_files import NotAFileError, how_it_failed
    from takeback.hotline.screening.known_lawful import look_at
    from takeback.media import MediaError
    from takeback.running.printable import printable

    try:
        data = source.read(decoder.limits)
        name = source.path.relative_to(folder)
        return look_at(printable(name), data, decoder) if data is not None else None
    except MediaError as error:
        raise _UnreadableError(str(error)) from error
    except (OSError, NotAFileError) as error:
        raise _UnreadableError(how_it_failed(error)) from error
