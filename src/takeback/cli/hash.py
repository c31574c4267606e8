"""`takeback hash`: the fingerprints of picture files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.decoding import start_explained
from takeback.cli.picture_files import (
    NotAFileError,
    PictureFile,
    how_it_failed,
    path_in_json,
    scan,
)
from takeback.cli.printing import say

if TYPE_CHECKING:
    from takeback.fingerprints import PictureFingerprints
    from takeback.media import Decoder


@dataclass(frozen=True)
class _Failure:
    kind: str
    message: str


def hash_files(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Pictures, folders, or patterns in quotes."),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each file, one a line.")
    ] = False,
) -> None:
    """Print type, size, quality, PDQ, SHA-256 and MD5 of pictures.

    Folders are read with all that is below them; linked folders too, each folder once. Files in
    them that are no pictures are skipped. A file that can't be read, a folder that can't be looked
    into and a link that leads nowhere are reported, the others are still done, and the exit code
    is 1; it is 2 where no process can be started that decodes pictures. Names that would steer a
    terminal are printed with `\\x1b` and the like.

    **Examples**

    * `takeback hash holiday.jpg`
    * `takeback hash photos/ more/*.png --json`
    * `takeback hash 'photos/**/*.heic'`
    """
    from rich.console import Console
    from rich.progress import Progress

    from takeback.media import Decoder

    found = scan(files)
    sources = found.files
    errors = Console(stderr=True)
    failed = False
    pictures = 0
    workers = min(os.cpu_count() or 1, max(1, len(sources)))
    with (
        start_explained(),
        Decoder(children=workers) as decoder,
        ThreadPoolExecutor(workers) as threads,
        Progress(
            console=errors,
            transient=True,
            disable=not errors.is_terminal or len(sources) == 1,
            # What is printed goes above the bar; in a pipe it must go its own way.
            redirect_stdout=sys.stdout.isatty(),
        ) as progress,
    ):
        results = threads.map(lambda source: _fingerprint(source, decoder), sources)
        for source, result in zip(
            sources, progress.track(results, len(sources), description="Pictures"), strict=True
        ):
            if result is None:
                continue
            pictures += 1
            failed |= isinstance(result, _Failure)
            if as_json:
                say(json.dumps(source.in_json | _as_object(result)))
            elif isinstance(result, _Failure):
                say(f"{source.shown}: {result.message}", err=True)
            else:
                say(source.shown, *_as_lines(result))
    for path, reason in found.missed.items() if as_json else ():
        say(json.dumps(path_in_json(path) | _as_object(_Failure("NotLookedInto", reason))))
    found.say_missed()
    if not pictures:
        say(f"No pictures in {', '.join(files)}.", err=True)
    raise typer.Exit(1 if failed or found.missed or not pictures else 0)


def _fingerprint(source: PictureFile, decoder: Decoder) -> PictureFingerprints | _Failure | None:
    """Return None for what lies in a folder and is no picture."""
    from takeback.fingerprints import fingerprint_picture
    from takeback.media import MediaError

    try:
        data = source.read(decoder.limits)
        return fingerprint_picture(data, decoder) if data is not None else None
    except MediaError as error:
        return _Failure(type(error).__name__, str(error))
    except NotAFileError as error:
        return _Failure("NotAFile", str(error))
    except OSError as error:
        return _Failure(type(error).__name__, how_it_failed(error))


def _as_object(result: PictureFingerprints | _Failure) -> dict[str, object]:
    if isinstance(result, _Failure):
        return {"error": result.kind, "message": result.message}
    return {
        "type": result.media_type,
        "width": result.width,
        "height": result.height,
        "bytes": result.size_bytes,
        "quality": result.pdq.quality,
        "pdq": result.pdq.hex,
        "sha256": result.sha256,
        "md5": result.md5,
    }


def _as_lines(result: PictureFingerprints) -> Iterator[str]:
    yield f"  type     {result.media_type}"
    yield f"  size     {result.width} × {result.height} pixels, {result.size_bytes:,} bytes"
    yield f"  quality  {result.pdq.quality}"
    yield f"  PDQ      {result.pdq.hex}"
    yield f"  SHA-256  {result.sha256}"
    yield f"  MD5      {result.md5}"
