"""`takeback hash`: the fingerprints of picture files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from takeback.fingerprints import PictureFingerprints
    from takeback.media import Decoder


@dataclass(frozen=True)
class _Source:
    """A file to read; one that was only found in a folder may be no picture at all."""

    path: Path
    named: bool


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
        bool, typer.Option("--json", help="Print one JSON object a file, one a line.")
    ] = False,
) -> None:
    """Print type, size, quality, PDQ, SHA-256 and MD5 of pictures.

    Folders are read with all that is below them; what is not a picture in there is passed over.
    A file that can't be read is reported, the others are still done, and the exit code is 1.

    **Examples**

    * `takeback hash holiday.jpg`
    * `takeback hash photos/ more/*.png --json`
    * `takeback hash 'photos/**/*.heic'`
    """
    from rich.console import Console
    from rich.progress import Progress

    from takeback.media import Decoder

    sources = list(_sources(files))
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
                print(json.dumps(_as_object(source.path, result)), flush=True)
            elif isinstance(result, _Failure):
                print(f"{source.path}: {result.message}", file=sys.stderr)
            else:
                print(_as_text(source.path, result), flush=True)
    if not pictures:
        typer.echo(f"No pictures in {', '.join(files)}.", err=True)
    raise typer.Exit(1 if failed or not pictures else 0)


def _sources(files: Iterable[str]) -> Iterator[_Source]:
    """Turn folders and patterns into files; what does not exist stays, to be reported."""
    for file in files:
        path = Path(file)
        if path.is_dir():
            yield from _below(path)
        elif not path.exists() and any(letter in file for letter in "*?["):
            anchor = Path(path.anchor)
            found = sorted(anchor.glob(str(path.relative_to(anchor))))
            for match in found:
                if match.is_dir():
                    yield from _below(match)
                else:
                    yield _Source(match, named=True)
            if not found:
                yield _Source(path, named=True)
        else:
            yield _Source(path, named=True)


def _below(folder: Path) -> Iterator[_Source]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield _Source(path, named=False)


def _fingerprint(source: _Source, decoder: Decoder) -> PictureFingerprints | _Failure | None:
    """Return None for what lies in a folder and is no picture."""
    from takeback.fingerprints import fingerprint_picture
    from takeback.media import MediaError, sniff

    try:
        if source.path.exists() and not source.path.is_file():
            return _Failure("NotAFile", "This is not a file. Give a picture file or a folder.")
        with source.path.open("rb") as file:
            data = file.read(decoder.limits.max_bytes + 1)
        if not source.named and sniff(data) is None:
            return None
        return fingerprint_picture(data, decoder)
    except MediaError as error:
        return _Failure(type(error).__name__, str(error))
    except OSError as error:
        return _Failure(type(error).__name__, f"{error.strerror}. Check the name and the rights.")


def _as_object(path: Path, result: PictureFingerprints | _Failure) -> dict[str, object]:
    if isinstance(result, _Failure):
        return {"file": str(path), "error": result.kind, "message": result.message}
    return {
        "file": str(path),
        "type": result.media_type,
        "width": result.width,
        "height": result.height,
        "bytes": result.size_bytes,
        "quality": result.pdq.quality,
        "pdq": result.pdq.hex,
        "sha256": result.sha256,
        "md5": result.md5,
    }


def _as_text(path: Path, result: PictureFingerprints) -> str:
    size = f"{result.width} × {result.height} pixels, {result.size_bytes:,} bytes"
    return "\n".join(
        (
            str(path),
            f"  type     {result.media_type}",
            f"  size     {size}",
            f"  quality  {result.pdq.quality}",
            f"  PDQ      {result.pdq.hex}",
            f"  SHA-256  {result.sha256}",
            f"  MD5      {result.md5}",
        )
    )
