"""`takeback hash`: the fingerprints of picture files."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.picture_files import (
    NotAFileError,
    PictureFile,
    find_picture_files,
    how_it_failed,
)

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

    Folders are read with all that is below them; files in them that are no pictures are skipped.
    A file that can't be read is reported, the others are still done, and the exit code is 1.

    **Examples**

    * `takeback hash holiday.jpg`
    * `takeback hash photos/ more/*.png --json`
    * `takeback hash 'photos/**/*.heic'`
    """
    from rich.console import Console
    from rich.progress import Progress

    from takeback.media import Decoder

    sources = list(find_picture_files(files))
    errors = Console(stderr=True)
    failed = False
    pictures = 0
    workers = min(os.cpu_count() or 1, max(1, len(sources)))
    with (
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
                print(json.dumps(_as_object(source.shown, result)), flush=True)
            elif isinstance(result, _Failure):
                print(f"{source.shown}: {result.message}", file=sys.stderr)
            else:
                print(_as_text(source.shown, result), flush=True)
    if not pictures:
        typer.echo(f"No pictures in {', '.join(files)}.", err=True)
    raise typer.Exit(1 if failed or not pictures else 0)


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


def _as_object(path: str, result: PictureFingerprints | _Failure) -> dict[str, object]:
    if isinstance(result, _Failure):
        return {"file": path, "error": result.kind, "message": result.message}
    return {
        "file": path,
        "type": result.media_type,
        "width": result.width,
        "height": result.height,
        "bytes": result.size_bytes,
        "quality": result.pdq.quality,
        "pdq": result.pdq.hex,
        "sha256": result.sha256,
        "md5": result.md5,
    }


def _as_text(path: str, result: PictureFingerprints) -> str:
    size = f"{result.width} × {result.height} pixels, {result.size_bytes:,} bytes"
    return "\n".join(
        (
            path,
            f"  type     {result.media_type}",
            f"  size     {size}",
            f"  quality  {result.pdq.quality}",
            f"  PDQ      {result.pdq.hex}",
            f"  SHA-256  {result.sha256}",
            f"  MD5      {result.md5}",
        )
    )
