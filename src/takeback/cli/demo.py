"""`takeback demo`: walks the whole way headless and shows what happened in a table."""

import json
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.printing import say

if TYPE_CHECKING:
    from rich.console import Console

    from takeback.demo.plan import Plan
    from takeback.demo.walk import Checked, Walk


def demo(
    photos: Annotated[
        Path | None,
        typer.Option(help="Folder of photographs; without it, some are found on this machine."),
    ] = None,
    reports: Annotated[
        int, typer.Option(min=1, max=50, help="How many reports; each has up to three pictures.")
    ] = 5,
    others: Annotated[
        int, typer.Option(min=1, max=500, help="How many other pictures to post, at most.")
    ] = 20,
    as_json: Annotated[
        bool, typer.Option("--json", help="End with one JSON object on the last line.")
    ] = False,
) -> None:
    """Report pictures, post altered copies and other pictures, and show what the gate did.

    Starts a hotline, its worker and a gate of its own in a temporary folder; stops them after.
    Only harmless photographs, please: landscapes, objects, patterns.

    **Examples**

    * `takeback demo`
    * `takeback demo --photos ~/landscapes --reports 3`
    * `takeback demo --json | tail -1`
    """
    import requests
    from rich.console import Console

    from takeback.demo.photographs import NoPhotographs
    from takeback.demo.plan import TooFewPhotographsError
    from takeback.demo.stack import StackError
    from takeback.media import DecoderNotStarted

    console = Console()
    try:
        plan, walk = _walk(console, _photographs(console, photos), reports, others)
    except (
        DecoderNotStarted,
        FileNotFoundError,
        NoPhotographs,
        requests.RequestException,
        StackError,
        TimeoutError,
        TooFewPhotographsError,
    ) as error:
        say(str(error), err=True)
        raise typer.Exit(1) from error
    _show(console, plan, walk)
    if as_json:
        say(json.dumps(_summary(walk)))


def _photographs(console: "Console", folder: Path | None) -> list[Path]:
    from takeback.demo.photographs import (
        FETCHED,
        NoPhotographs,
        fetch_photographs,
        find_photographs,
    )
    from takeback.demo.plan import pictures_in

    if folder is not None:
        return pictures_in(folder)
    try:
        return find_photographs()
    except NoPhotographs:
        with console.status("Fetching a few of Debian's wallpapers (40 MB, once)"):
            fetch_photographs(FETCHED, few=True)
        return find_photographs()


def _walk(
    console: "Console", paths: list[Path], reports: int, others: int
) -> tuple["Plan", "Walk"]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    from takeback.demo.copies import ALTERATIONS
    from takeback.demo.plan import make_plan
    from takeback.demo.stack import Stack, free_ports
    from takeback.demo.walk import walk_plan

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with (
        Progress(*columns, console=console) as progress,
        tempfile.TemporaryDirectory(prefix="takeback-demo-") as folder,
    ):
        looking = progress.add_task("Looking at photographs", total=len(paths))
        plan = make_plan(
            paths, reports=reports, others=others, on_each=lambda: progress.advance(looking)
        )
        progress.update(looking, completed=len(paths))
        starting = progress.add_task("Starting", total=None)
        stack = Stack(
            Path(folder),
            ports=free_ports(),
            with_skylark=False,
            on_progress=lambda message: progress.update(starting, description=message),
        )
        with stack:
            progress.update(starting, description="Started", total=1, completed=1)
            uploads = plan.pictures * len(ALTERATIONS) + len(plan.others)
            walking = progress.add_task("Posting", total=uploads + len(plan.reports))
            walk = walk_plan(stack, plan, on_step=lambda: progress.advance(walking))
    return plan, walk


def _summary(walk: "Walk") -> dict[str, float | int]:
    return {
        "copies": len(walk.copies),
        "copies_stopped": sum(checked.stopped for checked in walk.copies),
        "others": len(walk.others),
        "others_stopped": sum(checked.stopped for checked in walk.others),
        "report_to_stop_seconds_median": round(median(walk.report_to_stop_seconds), 3),
    }


def _show(console: "Console", plan: "Plan", walk: "Walk") -> None:
    from rich.table import Table

    table = Table(title="What the gate did")
    for heading, justify in (
        ("picture", "left"),
        ("what was done to it", "left"),
        ("bits apart by PDQ alone", "right"),
        ("decision", "left"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for uploads, wanted in ((walk.copies, True), (walk.others, False)):
        for checked in uploads:
            table.add_row(*_cells(checked), style="green" if checked.stopped is wanted else "red")
    console.print(table)
    times = Table(title="From pressing Send to the first stopped copy")
    times.add_column("report", justify="right")
    times.add_column("seconds", justify="right")
    for number, seconds in enumerate(walk.report_to_stop_seconds, start=1):
        times.add_row(str(number), f"{seconds:.2f}")
    times.add_row("median", f"{median(walk.report_to_stop_seconds):.2f}", style="bold")
    console.print(times)
    console.print(
        "Up to one tick of the clock in each is the wait that mixes cases "
        "(TAKEBACK_SEQUENCING_SECONDS: 1 s by default).",
        highlight=False,
    )
    console.print("What the first young person now reads:", style="bold")
    for line in walk.timeline:
        console.print(f"  {line}", highlight=False, markup=False)
    from takeback.running.printable import printable

    for reason in plan.left_out:
        console.print(f"Left out: {printable(reason)}", style="dim", highlight=False, markup=False)
    summary = _summary(walk)
    console.print(
        f"{summary['copies_stopped']} of {summary['copies']} altered copies stopped; "
        f"{summary['others_stopped']} of {summary['others']} other pictures stopped."
    )


def _cells(checked: "Checked") -> tuple[str, str, str, str]:
    from takeback.running.printable import printable

    distance = "" if checked.distance is None else str(checked.distance)
    return printable(checked.photograph), checked.alteration, distance, checked.decision
