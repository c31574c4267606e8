"""`takeback gate sync`: fetches what is new on one list or several, once or for good."""

from __future__ import annotations

import logging
import signal
import threading
import types
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.gate_store import (
    ExitCode,
    ListsOption,
    OneStoreOption,
    TokenFileOption,
    TokenOption,
    explained,
    read_token,
)

if TYPE_CHECKING:
    from takeback.gate.client import PlatformToken
    from takeback.gate.standing import ListStanding
    from takeback.gate.store import Store
    from takeback.gate.sync import SyncOutcome

# For what is under way when the command is stopped; killed at any instant a store is whole.
_END_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Source:
    """Where one list comes from and goes to; `name` is "" if it is the only one."""

    name: str
    hotline: str
    token: PlatformToken
    store: Store

    def say(self, message: str, *, err: bool = False) -> None:
        """Print a message, with the name of the list where there are several."""
        typer.echo(f"{self.name}: {message}" if self.name else message, err=err)


def sync(
    hotline: Annotated[str | None, typer.Option(help="Address of the hotline, https://…")] = None,
    store: OneStoreOption = None,
    lists: ListsOption = None,
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
    """Fetch what is new, verify it and put it in force; deliver waiting feedback.

    Give --hotline and --store for one list, or --lists with a file that says where each of several
    lists comes from (docs/gate.md). One list that fails does not hold up the others.

    Exit codes: 1 the hotline can't be asked, 2 wrong options, 4 the list was refused; of several
    lists the highest. When it can't be asked, the last good list stays in force. When it has
    expired or is refused, it stays for the grace; `takeback gate status` says until when.

    **Examples**

    * `TAKEBACK_GATE_TOKEN=tb1_… takeback gate sync --hotline https://list.example.org --store gate`
    * `takeback gate sync --hotline https://… --token-file token --store gate --follow`
    * `takeback gate sync --hotline https://… --store gate --trust policy --grace 2`
    * `takeback gate sync --lists lists.toml --follow`
    """
    with explained():
        if lists is None:
            sources = [_one_source(hotline, store, read_token(token, token_file), trust, grace)]
        elif (hotline, store, token_file, trust, grace) != (None,) * 5:
            raise ValueError("With --lists every list has its own of these in that file.")
        else:
            sources = _sources_of_file(lists)
        with ExitStack() as locks:
            for source in sources:
                locks.enter_context(source.store.sync_lock())
            if follow:
                _follow(sources)
            else:
                _sync_each_once(sources)


def _one_source(
    hotline: str | None,
    folder: Path | None,
    token: PlatformToken,
    trust: Path | None,
    grace: float | None,
) -> _Source:
    from takeback.gate.standing import set_grace, set_trust
    from takeback.gate.store import Store

    if hotline is None or folder is None:
        raise ValueError("Give --hotline and --store for one list, or --lists for several.")
    store = Store(folder)
    if trust is not None:
        set_trust(store, trust.read_bytes())
    if grace is not None:
        set_grace(store, timedelta(days=grace))
    return _Source("", hotline, token, store)


def _sources_of_file(path: Path) -> list[_Source]:
    from takeback.gate.lists_file import read_lists_file

    return [
        _Source(one.name, one.hotline, one.token(), one.prepared_store())
        for one in read_lists_file(path)
    ]


def _sync_each_once(sources: Sequence[_Source]) -> None:
    worst = 0
    for source in sources:
        try:
            with explained(source.name):
                _sync_once(source)
        except typer.Exit as ended:
            worst = max(worst, ended.exit_code)
    if worst:
        raise typer.Exit(worst)


def _sync_once(source: _Source) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from takeback.gate.client import HotlineClient
    from takeback.gate.courier import deliver_outbox
    from takeback.gate.outbox import Outbox
    from takeback.gate.sync import ListSync

    with HotlineClient(source.hotline, source.token) as client:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task(source.name or "Events", total=None)

            def show(taken: int, of: int) -> None:
                progress.update(bar, completed=taken, total=of)

            outcome = ListSync(source.store, client, source.token, show).sync()
        standing = _say_in_force(source, outcome)
        delivered = deliver_outbox(Outbox(source.store), client)
    if delivered:
        source.say(f"{delivered} feedback delivered.")
    if standing.trouble is not None:
        raise typer.Exit(ExitCode.LIST_REFUSED)


def _follow(sources: Sequence[_Source]) -> None:
    logging.basicConfig(format="%(asctime)s %(message)s")
    signal.signal(signal.SIGTERM, _interrupt)
    stopped = threading.Event()
    broken: list[BaseException] = []

    def follow_one(source: _Source) -> None:
        try:
            _follow_source(source, stopped)
        except BaseException as error:  # a list that nobody follows any more must not go unnoticed
            broken.append(error)
            stopped.set()

    # Daemons, because a thread may be in the middle of a long poll when the command is stopped.
    threads = [
        threading.Thread(target=follow_one, args=(source,), name="sync", daemon=True)
        for source in sources
    ]
    for thread in threads:
        thread.start()
    try:
        stopped.wait()
    except KeyboardInterrupt:
        stopped.set()
        for thread in threads:
            thread.join(_END_SECONDS / len(threads))
        typer.echo("Stopped. The list stays in force.")
    if broken:
        raise broken[0]


def _follow_source(source: _Source, stopped: threading.Event) -> None:
    from takeback.gate.client import HotlineClient
    from takeback.gate.courier import Courier
    from takeback.gate.outbox import Outbox
    from takeback.gate.sync import ListSync

    first = True

    def say_news(outcome: SyncOutcome) -> None:
        nonlocal first
        if first or outcome.new_events:
            _say_in_force(source, outcome)
        first = False

    def say_trouble(error: Exception, pause: float) -> None:
        source.say(f"{error} Trying again in {pause:.1f} s.", err=True)

    # A client of its own: a connection is not for two threads.
    with (
        HotlineClient(source.hotline, source.token) as client,
        HotlineClient(source.hotline, source.token) as couriers_client,
    ):
        courier = Courier(Outbox(source.store), couriers_client)
        courier.start()
        try:
            ListSync(source.store, client, source.token).follow(say_news, say_trouble, stopped)
        finally:
            courier.stop()


def _interrupt(_signal: int, _frame: types.FrameType | None) -> None:
    raise KeyboardInterrupt


def _say_in_force(source: _Source, outcome: SyncOutcome) -> ListStanding:
    """Say what is in force, and loudly if it should not be used any more."""
    from takeback.gate.standing import read_standing

    standing = read_standing(source.store)
    if standing.trouble is not None:
        until = f"It stays in force until {standing.until:%F %H:%M} UTC."
        source.say(f"{standing.why} {until}", err=True)
    new = f"{outcome.new_events} new" if outcome.new_events else "nothing new"
    source.say(f"In force: the list at {outcome.size} events ({new}).")
    return standing
