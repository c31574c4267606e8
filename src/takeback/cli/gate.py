"""`takeback gate …`: a platform's side, for operators."""

from __future__ import annotations

import logging
import signal
import threading
import types
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.gate_match import match_pictures
from takeback.cli.gate_serve import serve
from takeback.cli.gate_store import (
    ExitCode,
    StoreOption,
    TokenFileOption,
    TokenOption,
    explained,
    opened_gate,
    read_token,
)

if TYPE_CHECKING:
    from takeback.gate.client import HotlineClient, PlatformToken
    from takeback.gate.store import Store
    from takeback.gate.sync import SyncOutcome

app = typer.Typer(
    name="gate",
    help="A platform's gate: keep a copy of the list, check uploads, report back.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command()
def sync(
    hotline: Annotated[str, typer.Option(help="Address of the hotline, https://…")],
    store: StoreOption,
    *,
    token: TokenOption = None,
    token_file: TokenFileOption = None,
    follow: Annotated[bool, typer.Option(help="Keep at it, and deliver feedback.")] = False,
    trust: Annotated[
        Path | None,
        typer.Option(help="File that names the log's key and its witnesses; kept in the store."),
    ] = None,
    grace: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=365,
            help="Days for which a list that has expired or is refused stays in force; 7 if it was "
            "never said. Kept in the store.",
        ),
    ] = None,
) -> None:
    """Fetch what is new on the list, verify it and put it in force; deliver waiting feedback.

    Exit codes: 1 the hotline can't be asked, 2 wrong options, 4 the list was refused. When it can't
    be asked, the last good list stays in force. When it has expired or is refused, it stays for
    the grace; `takeback gate status` says until when.

    **Examples**

    * `TAKEBACK_GATE_TOKEN=tb1_… takeback gate sync --hotline https://list.example.org --store gate`
    * `takeback gate sync --hotline https://… --token-file token --store gate --follow`
    * `takeback gate sync --hotline https://… --store gate --trust policy --grace 2`
    """
    from takeback.gate.client import HotlineClient
    from takeback.gate.standing import set_grace, set_trust
    from takeback.gate.store import Store

    with explained():
        pinned = read_token(token, token_file)
        opened = Store(store)
        if trust is not None:
            set_trust(opened, trust.read_bytes())
        if grace is not None:
            set_grace(opened, timedelta(days=grace))
        with opened.sync_lock(), HotlineClient(hotline, pinned) as client:
            if follow:
                _follow(opened, hotline, client, pinned)
            else:
                _sync_once(opened, client, pinned)


app.command("match")(match_pictures)
app.command()(serve)


@app.command()
def feedback(
    store: StoreOption,
    entry: Annotated[list[str], typer.Option(help="Id of a matched entry; may be repeated.")],
    value: Annotated[
        str, typer.Option(help="blocked, pending_review, not_blocked or not_the_same.")
    ],
) -> None:
    """Tell the hotline what a person decided; `gate sync` delivers it.

    **Examples**

    * `takeback gate feedback --store gate --entry aebagbafaydqqcikbmga2dqpca --value not_the_same`
    """
    from takeback.gate.outbox import Outbox
    from takeback.gate.store import Store
    from takeback.hashlist.feedback import FeedbackValue

    with explained():
        outbox = Outbox(Store.existing(store))
        said = outbox.add(entry, FeedbackValue(value))
        typer.echo(f"{len(said)} kept; {outbox.counts()[0]} wait for the next sync.")


@app.command()
def status(
    store: StoreOption,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Show which list is in force, how fresh it is and what feedback waits.

    Exit code 1 if no list is in force, or no more.

    **Examples**

    * `takeback gate status --store gate`
    """
    from takeback.gate.wire import HealthAnswer

    with explained(), opened_gate(store) as gate:
        health = HealthAnswer.of(gate.health())
    if as_json:
        typer.echo(health.model_dump_json())
    else:
        for name, value in health.model_dump(exclude={"checkpoint"}).items():
            typer.echo(f"{name.replace('_', ' ')}: {'–' if value is None else value}")
        if health.checkpoint:
            typer.echo(f"list: {health.checkpoint.origin}, {health.checkpoint.size} events")
    if health.status in ("no_list", "out_of_force"):
        raise typer.Exit(ExitCode.FAILED)


def _sync_once(store: Store, client: HotlineClient, pinned: PlatformToken) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from takeback.gate.courier import deliver_outbox
    from takeback.gate.outbox import Outbox
    from takeback.gate.sync import ListSync

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Events", total=None)

        def show(taken: int, of: int) -> None:
            progress.update(bar, completed=taken, total=of)

        outcome = ListSync(store, client, pinned, show).sync()
    _say_in_force(outcome)
    delivered = deliver_outbox(Outbox(store), client)
    if delivered:
        typer.echo(f"{delivered} feedback delivered.")


def _follow(store: Store, hotline: str, client: HotlineClient, pinned: PlatformToken) -> None:
    from takeback.gate.client import HotlineClient
    from takeback.gate.courier import Courier
    from takeback.gate.outbox import Outbox
    from takeback.gate.sync import ListSync

    logging.basicConfig(format="%(asctime)s %(message)s")
    signal.signal(signal.SIGTERM, _interrupt)
    first = True

    def say_news(outcome: SyncOutcome) -> None:
        nonlocal first
        if first or outcome.new_events:
            _say_in_force(outcome)
        first = False

    def say_trouble(error: Exception, pause: float) -> None:
        typer.echo(f"{error} Trying again in {pause:.1f} s.", err=True)

    # A client of its own: a connection is not for two threads.
    with HotlineClient(hotline, pinned) as couriers_client:
        courier = Courier(Outbox(store), couriers_client)
        courier.start()
        try:
            ListSync(store, client, pinned).follow(say_news, say_trouble, threading.Event())
        except KeyboardInterrupt:
            typer.echo("Stopped. The list stays in force.")
        finally:
            courier.stop()


def _interrupt(_signal: int, _frame: types.FrameType | None) -> None:
    raise KeyboardInterrupt


def _say_in_force(outcome: SyncOutcome) -> None:
    new = f"{outcome.new_events} new" if outcome.new_events else "nothing new"
    typer.echo(f"In force: the list at {outcome.size} events ({new}).")
