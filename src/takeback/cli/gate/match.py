"""`takeback gate match`: checks files and whole folders against the list, and says how fast."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.gate.opening import (
    ExitCode,
    ListsOption,
    OneStoreOption,
    PolicyOption,
    ViewsOption,
    explained,
    followed_lists,
    opened_gate,
)
from takeback.cli.picture_files import PictureFile, Scan, path_in_json, scan
from takeback.cli.printing import say

if TYPE_CHECKING:
    from rich.progress import Progress

    from takeback.gate.check.bulk import BulkTally, CheckedFile
    from takeback.gate.check.gate import Gate


def match_pictures(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="Pictures, folders, or patterns in quotes."),
    ],
    store: OneStoreOption = None,
    lists: ListsOption = None,
    *,
    policy: PolicyOption = None,
    views: ViewsOption = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Pictures at a time; by default one for each core.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object for each picture, then a summary.")
    ] = False,
) -> None:
    """Check pictures against the list. Nothing is reported to the hotline.

    Folders are read with all that is below them; linked folders too, each folder once. Files in
    them that are no pictures are skipped. At the end it says how many pictures a second were
    checked, and how the time was spent: to read, to decode and fingerprint, for digests, to match.
    Files that could not be read, folders that could not be looked into and links that lead nowhere
    are named there. Names that would steer a terminal are printed with `\\x1b` and the like.

    Exit codes: 0 all were checked, whatever the decision; 1 there is no list; 2 wrong options, no
    pictures, or no process can be started that decodes them; 3 a file could not be read as a
    picture, or a place not be looked into; 130 stopped by Ctrl-C.

    **Examples**

    * `takeback gate match upload.jpg --store gate`
    * `takeback gate match photographs/ --store gate --jobs 8`
    * `takeback gate match 'uploads/**/*.webp' --store gate --policy policy.toml --json`
    """
    from takeback.gate.check.bulk import BulkTally
    from takeback.gate.cores import usable_cores

    jobs = jobs or usable_cores()
    with (
        explained(),
        opened_gate(
            followed_lists(store, lists, policy), views=views, decoders=jobs, patient=True
        ) as gate,
        gate,
    ):
        found = scan(files)
        tally = BulkTally(jobs)
        interrupted = False
        try:
            _check_all(gate, found.files, tally, as_json=as_json)
        except KeyboardInterrupt:
            interrupted = True
        _say_summary(found, tally, as_json=as_json, interrupted=interrupted)
    if interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if not tally.pictures and not tally.unread and not found.missed:
        say(f"No pictures in {', '.join(files)}.", err=True)
        raise typer.Exit(ExitCode.USAGE)
    if tally.unread or found.missed:
        raise typer.Exit(ExitCode.NOT_READ)


def _check_all(gate: Gate, found: list[PictureFile], tally: BulkTally, *, as_json: bool) -> None:
    from takeback.gate.check.bulk import check_files

    with _progress(shown=len(found) > 1) as progress:
        bar = progress.add_task("Pictures", total=len(found), speed="")
        for checked in check_files(gate, found, tally.jobs):
            tally.add(checked)
            _say(checked, as_json=as_json)
            progress.update(bar, advance=1, speed=f"{tally.pictures_a_second:.1f} a second")


def _progress(*, shown: bool) -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    errors = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not (shown and errors.is_terminal),
        # What is printed goes above the bar; in a pipe it must go its own way.
        redirect_stdout=sys.stdout.isatty(),
    )


def _say(checked: CheckedFile, *, as_json: bool) -> None:
    from takeback.gate.check.wire import MatchAnswer

    verdict = checked.verdict
    if as_json:
        if verdict is not None:
            answer = MatchAnswer.of(verdict).model_dump(mode="json")
            say(json.dumps(checked.file.in_json | answer))
        elif checked.problem is not None:
            say(json.dumps(checked.file.in_json | {"error": checked.problem}))
    elif verdict is not None:
        say(  # in one piece: an interrupt must not part a line from its end
            f"{checked.file.shown}: {verdict.decision}. {verdict.reason}",
            *(
                f"  {match.entry}  {match.origin}  {match.lane}  {match.signal}  "
                f"{match.distance} bits"
                for match in verdict.matches
            ),
        )


def _say_summary(found: Scan, tally: BulkTally, *, as_json: bool, interrupted: bool) -> None:
    if as_json:
        for path, reason in found.missed.items():
            say(json.dumps(path_in_json(path) | {"error": reason}))
        missed = {"not_looked_into": len(found.missed)}
        say(json.dumps({"summary": tally.as_object(interrupted=interrupted) | missed}))
    if len(found.files) > 1:
        say(*tally.as_lines(interrupted=interrupted), err=True)
    if tally.unread:
        say(f"{len(tally.unread):,} could not be read:", err=True)
    for name, problem in tally.unread:
        say(f"{name}: {problem}", err=True)
    found.say_missed()
