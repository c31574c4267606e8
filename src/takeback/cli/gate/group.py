"""`takeback gate …`: a platform's side, for operators."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from takeback.cli.gate.match import match_pictures
from takeback.cli.gate.opening import (
    ExitCode,
    ListsOption,
    OneStoreOption,
    explained,
    followed_lists,
)
from takeback.cli.gate.serve import serve
from takeback.cli.gate.sync import sync
from takeback.cli.printing import say

app = typer.Typer(
    name="gate",
    help="""A platform's gate: keep a copy of the list, check uploads, report back.

    **Examples**

    * `takeback gate sync --hotline https://… --token-file token --store gate --follow`
    * `takeback gate serve --store gate`
    * `takeback gate status --store gate`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

app.command()(sync)
app.command("match")(match_pictures)
app.command()(serve)


@app.command()
def feedback(
    entry: Annotated[list[str], typer.Option(help="Id of a matched entry; may be repeated.")],
    value: Annotated[
        str, typer.Option(help="blocked, pending_review, not_blocked or not_the_same.")
    ],
    store: OneStoreOption = None,
    lists: ListsOption = None,
    origin: Annotated[
        str | None, typer.Option(help="Origin of the log that these entries are from.")
    ] = None,
) -> None:
    """Tell the hotline what a person decided; `gate sync` delivers it.

    If you follow several lists, the one that holds an entry is told. Exit code 1 if none of them
    does.

    **Examples**

    * `takeback gate feedback --store gate --entry aebagbafaydqqcikbmga2dqpca --value not_the_same`
    * `takeback gate feedback --lists lists.toml --entry aebagbaf… --value blocked`
    """
    from takeback.gate.check.reporting import report_to
    from takeback.hashlist.feedback import FeedbackValue

    with explained():
        followed = followed_lists(store, lists)
        items = report_to(followed, entry, FeedbackValue(value), origin)
        waiting = sum(followed_list.outbox.counts()[0] for followed_list in followed)
    say(f"{len(items)} kept; {waiting} wait for the next sync.")
    kept = {item.entry for item in items}
    lost = [entry_id for entry_id in entry if entry_id not in kept]
    if lost:
        say(f"These are on none of the lists any more: {', '.join(lost)}.", err=True)
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def status(
    store: OneStoreOption = None,
    lists: ListsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Show which lists are in force, how fresh they are and what feedback waits.

    Exit code 1 if uploads can't be checked, because a list is not in force yet, or no longer.

    **Examples**

    * `takeback gate status --store gate`
    * `takeback gate status --lists lists.toml --json`
    """
    from takeback.gate.check.wire import HealthAnswer

    with explained():
        health = HealthAnswer.of([followed.health() for followed in followed_lists(store, lists)])
    if as_json:
        say(json.dumps(health.model_dump(mode="json")))
    else:
        for list_health in health.lists:
            for name, value in list_health.model_dump(
                exclude={"checkpoint", "signals_unknown"}
            ).items():
                say(f"{name.replace('_', ' ')}: {'–' if value is None else value}")
            for kind, count in list_health.signals_unknown.items():
                say(
                    f"unknown: {count} fingerprints of the kind {kind}, which this gate is too old "
                    "to match. Install a newer version."
                )
            if list_health.checkpoint:
                say(f"list: {list_health.checkpoint.origin}, {list_health.checkpoint.size} events")
            say("")
        say(f"uploads can be checked: {'yes' if health.can_check else 'no'}")
    if not health.can_check:
        raise typer.Exit(ExitCode.FAILED)
