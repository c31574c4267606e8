"""`takeback gate sync`: fetches what is new on one list or several, once or continuously."""

from __future__ import annotations

import signal
import traceback
import types
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.gate.opening import (
    ExitCode,
    ListsOption,
    OneStoreOption,
    TokenFileOption,
    TokenOption,
    explained,
    read_token,
)
from takeback.cli.printing import say

if TYPE_CHECKING:
    from takeback.gate.store.standing import ListStanding
    from takeback.gate.store.store import Store
    from takeback.gate.sync.list_sync import SyncOutcome
    from takeback.gate.sync.supervisor import ListSource


def sync(
    hotline: Annotated[str | None, typer.Option(help="Address of the hotline, https://…")] = None,
    store: OneStoreOption = None,
    lists: ListsOption = None,
    *,
    token: TokenOption = None,
    token_file: TokenFileOption = None,
    follow: Annotated[bool, typer.Option(help="Keep following, and deliver feedback.")] = False,
    trust: Annotated[
        Path | None,
        typer.Option(help="File that names the log's key and its witnesses; kept in the store."),
    ] = None,
    grace: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=365,
            help="Days for which a list that has expired or is refused stays in force; 7 if you "
            "never say. Kept in the store.",
        ),
    ] = None,
) -> None:
    """Fetch what is new, verify it and put it in force; deliver waiting feedback.

    Give --hotline and --store for one list, or --lists with a file that says where each of several
    lists comes from (docs/gate.md). A list that fails, even at its start, is named and does not
    hold up the others; with --follow it is tried again, until none is left that can be followed.

    Exit codes: 1 the hotline can't be asked, 2 wrong options, 4 the list was refused; of several
    lists the highest. When it can't be asked, the last good list stays in force. When it has
    expired or is refused, it stays until the grace period ends; `takeback gate status`
    says when that is.

    **Examples**

    * `TAKEBACK_GATE_TOKEN=tb1_… takeback gate sync --hotline https://list.example.org --store gate`
    * `takeback gate sync --hotline https://… --token-file token --store gate --follow`
    * `takeback gate sync --hotline https://… --store gate --trust policy --grace 2`
    * `takeback gate sync --lists lists.toml --follow`
    """
    with explained():
        if lists is None:
            sources = [_one_source(hotline, store, (token, token_file), trust, grace)]
        elif (hotline, store, token_file, trust, grace) != (None,) * 5:
            raise ValueError("With --lists, give these for each list in that file.")
        else:
            sources = _sources_of_file(lists)
    if follow:
        _follow(sources)
    else:
        _sync_each_once(sources)


def _one_source(
    hotline: str | None,
    folder: Path | None,
    token: tuple[str | None, Path | None],
    trust: Path | None,
    grace: float | None,
) -> ListSource:
    from takeback.gate.store.standing import set_grace, set_trust
    from takeback.gate.store.store import Store
    from takeback.gate.sync.supervisor import ListSource

    if hotline is None or folder is None:
        raise ValueError("Give --hotline and --store for one list, or --lists for several.")

    def prepared_store() -> Store:
        store = Store(folder)
        if trust is not None:
            set_trust(store, trust.read_bytes())
        if grace is not None:
            set_grace(store, timedelta(days=grace))
        return store

    return ListSource("", hotline, lambda: read_token(*token), prepared_store)


def _sources_of_file(path: Path) -> list[ListSource]:
    from takeback.gate.check.lists_file import read_lists_file
    from takeback.gate.sync.supervisor import ListSource

    return [
        ListSource(settings.name, settings.hotline, settings.token, settings.prepared_store)
        for settings in read_lists_file(path)
    ]


def _sync_each_once(sources: Sequence[ListSource]) -> None:
    worst = max(_sync_once(source) for source in sources)
    if worst:
        raise typer.Exit(worst)


def _sync_once(source: ListSource) -> int:
    """Sync one list; returns 0, or says what went wrong with it and returns the exit code."""
    from rich.console import Console
    from rich.progress import Progress

    standings: list[ListStanding] = []
    progress = Progress(console=Console(stderr=True), transient=True)
    bar = progress.add_task(source.name or "Events", total=None)

    def show(taken: int, of: int) -> None:
        progress.update(bar, completed=taken, total=of)

    def say(outcome: SyncOutcome, standing: ListStanding) -> None:
        progress.stop()
        standings.append(standing)
        _say_in_force(source, outcome, standing)

    try:
        with source.opened() as opened, progress:
            delivered = opened.sync_once(show, say)
    except Exception as error:  # of several lists none stops the others
        return _explain(source, error)
    if delivered:
        _say(source, f"{delivered} feedback delivered.")
    in_trouble = any(standing.trouble is not None for standing in standings)
    return ExitCode.LIST_REFUSED if in_trouble else 0


def _follow(sources: Sequence[ListSource]) -> None:
    from takeback.gate.sync.supervisor import Supervisor

    signal.signal(signal.SIGTERM, _interrupt)
    printed = _Printed()
    try:
        Supervisor(sources, printed).run()
    except KeyboardInterrupt:
        say("Stopped. The list stays in force.")
    if printed.worst:
        raise typer.Exit(printed.worst)


class _Printed:
    """Prints what becomes of the lists, and keeps how the command has to end."""

    def __init__(self) -> None:
        self._exit_codes: dict[str, int] = {}

    @property
    def worst(self) -> int:
        """The highest exit code of the lists that are not followed, 0 if all are."""
        return max(list(self._exit_codes.values()), default=0)

    def in_force(self, source: ListSource, outcome: SyncOutcome, standing: ListStanding) -> None:
        self._exit_codes.pop(source.name, None)
        _say_in_force(source, outcome, standing)

    def trouble(self, source: ListSource, error: Exception, pause: float) -> None:
        _say(source, f"{error} Trying again in {pause:.1f} s.", err=True)

    def failed(self, source: ListSource, error: Exception) -> None:
        self._exit_codes[source.name] = _explain(source, error)

    def trying_again(self, source: ListSource, pause: float) -> None:
        _say(source, f"Trying again in {pause:.1f} s.", err=True)


def _explain(source: ListSource, error: Exception) -> int:
    """Say what went wrong with a list; returns the exit code."""
    try:
        with explained(source.name):
            raise error
    except typer.Exit as ended:
        return ended.exit_code
    except Exception:  # a fault in the program must not go unnoticed
        _say(source, "It failed unexpectedly.", err=True)
        say(*traceback.format_exc().splitlines(), err=True)
        return ExitCode.FAILED


def _interrupt(_signal: int, _frame: types.FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(source: ListSource, message: str, *, err: bool = False) -> None:
    """Print a message, with the name of the list where there are several."""
    say(f"{source.name}: {message}" if source.name else message, err=err)


def _say_in_force(source: ListSource, outcome: SyncOutcome, standing: ListStanding) -> None:
    """Say what is in force, and loudly if it should not be used any more."""
    if standing.trouble is not None:
        until = f"It stays in force until {standing.until:%F %H:%M} UTC."
        _say(source, f"{standing.why} {until}", err=True)
    new = f"{outcome.new_events} new" if outcome.new_events else "nothing new"
    _say(source, f"In force: the list at {outcome.size} events ({new}).")
