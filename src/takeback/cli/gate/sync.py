"""`takeback gate sync`: fetches what is new on one list or several, once or for good."""

from __future__ import annotations

import logging
import signal
import threading
import traceback
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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

if TYPE_CHECKING:
    from takeback.gate.store.standing import ListStanding
    from takeback.gate.store.store import Store
    from takeback.gate.sync.client import PlatformToken
    from takeback.gate.sync.list_sync import SyncOutcome

# For what is under way when the command is stopped; killed at any instant a store is whole.
_END_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Source:
    """Where one list comes from and goes to; `name` is "" if it is the only one.

    `token` and `store` read and open what may not be there: of several lists each fails for itself.
    """

    name: str
    hotline: str
    token: Callable[[], PlatformToken]
    store: Callable[[], Store]

    def say(self, message: str, *, err: bool = False) -> None:
        """Print a message, with the name of the list where there are several."""
        typer.echo(f"{self.name}: {message}" if self.name else message, err=err)

    @contextmanager
    def opened(self) -> Iterator[_OpenedList]:
        """Open the store, and be the only one that syncs it."""
        token, store = self.token(), self.store()
        with store.sync_lock():
            yield _OpenedList(self, token, store)


@dataclass(frozen=True, slots=True)
class _OpenedList:
    """A list that can be synced now."""

    source: _Source
    token: PlatformToken
    store: Store


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
    expired or is refused, it stays for the grace; `takeback gate status` says until when.

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
) -> _Source:
    from takeback.gate.store.standing import set_grace, set_trust
    from takeback.gate.store.store import Store

    if hotline is None or folder is None:
        raise ValueError("Give --hotline and --store for one list, or --lists for several.")

    def prepared_store() -> Store:
        store = Store(folder)
        if trust is not None:
            set_trust(store, trust.read_bytes())
        if grace is not None:
            set_grace(store, timedelta(days=grace))
        return store

    return _Source("", hotline, lambda: read_token(*token), prepared_store)


def _sources_of_file(path: Path) -> list[_Source]:
    from takeback.gate.check.lists_file import read_lists_file

    return [
        _Source(one.name, one.hotline, one.token, one.prepared_store)
        for one in read_lists_file(path)
    ]


def _exit_code(source: _Source, work: Callable[[_OpenedList], None]) -> int:
    """Work on one list; returns 0, or says what went wrong with it and returns the exit code."""
    try:
        with explained(source.name), source.opened() as opened:
            work(opened)
    except typer.Exit as ended:
        return ended.exit_code
    except Exception:  # a fault in the program: it must neither go unnoticed nor stop other lists
        source.say(f"It failed unexpectedly.\n{traceback.format_exc()}", err=True)
        return ExitCode.FAILED
    return 0


def _sync_each_once(sources: Sequence[_Source]) -> None:
    worst = max(_exit_code(source, _sync_once) for source in sources)
    if worst:
        raise typer.Exit(worst)


def _sync_once(opened: _OpenedList) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from takeback.gate.store.outbox import Outbox
    from takeback.gate.sync.client import HotlineClient
    from takeback.gate.sync.courier import deliver_outbox
    from takeback.gate.sync.list_sync import ListSync

    source, store = opened.source, opened.store
    with HotlineClient(source.hotline, opened.token) as client:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task(source.name or "Events", total=None)

            def show(taken: int, of: int) -> None:
                progress.update(bar, completed=taken, total=of)

            outcome = ListSync(store, client, opened.token, show).sync()
        standing = _say_in_force(opened, outcome)
        delivered = deliver_outbox(Outbox(store), client)
    if delivered:
        source.say(f"{delivered} feedback delivered.")
    if standing.trouble is not None:
        raise typer.Exit(ExitCode.LIST_REFUSED)


class _Failing:
    """The lists that are not followed now, each with its exit code and how often it has failed."""

    def __init__(self, lists: int) -> None:
        self.none_is_left = threading.Event()
        self._lists = lists
        self._ended: dict[str, tuple[int, int]] = {}
        self._changing = threading.Lock()

    @property
    def worst(self) -> int:
        """The highest exit code of them, 0 if all lists are followed."""
        with self._changing:
            return max((code for code, _ in self._ended.values()), default=0)

    def note(self, source: _Source, code: int) -> int:
        """Note that a list has failed; returns how often it did in a row."""
        with self._changing:
            _, times = self._ended.get(source.name, (0, 0))
            self._ended[source.name] = (code, times + 1)
            if len(self._ended) == self._lists:
                self.none_is_left.set()
            return times + 1

    def forget(self, source: _Source) -> None:
        """Note that a list is followed."""
        with self._changing:
            self._ended.pop(source.name, None)


def _follow(sources: Sequence[_Source]) -> None:
    from takeback.gate.sync.courier import back_off_seconds

    logging.basicConfig(format="%(asctime)s %(message)s")
    signal.signal(signal.SIGTERM, _interrupt)
    stopped = threading.Event()
    failing = _Failing(len(sources))

    def follow_one(source: _Source) -> None:
        def follow_opened(opened: _OpenedList) -> None:
            _follow_list(opened, stopped, lambda: failing.forget(source))

        while not stopped.is_set():
            code = _exit_code(source, follow_opened)
            if code:
                pause = back_off_seconds(failing.note(source, code))
                if not failing.none_is_left.is_set():
                    source.say(f"Trying again in {pause:.1f} s.", err=True)
                stopped.wait(pause)

    # Daemons, because a thread may be in the middle of a long poll when the command is stopped.
    threads = [
        threading.Thread(target=follow_one, args=(source,), name="sync", daemon=True)
        for source in sources
    ]
    for thread in threads:
        thread.start()
    try:
        # A gate that follows nothing must not go unnoticed: it ends, and whoever runs it sees that.
        failing.none_is_left.wait()
    except KeyboardInterrupt:
        stopped.set()
        for thread in threads:
            thread.join(_END_SECONDS / len(threads))
        typer.echo("Stopped. The list stays in force.")
    if failing.worst:
        raise typer.Exit(failing.worst)


def _follow_list(
    opened: _OpenedList, stopped: threading.Event, on_followed: Callable[[], None]
) -> None:
    from takeback.gate.store.outbox import Outbox
    from takeback.gate.sync.client import HotlineClient
    from takeback.gate.sync.courier import Courier
    from takeback.gate.sync.list_sync import ListSync

    source, store = opened.source, opened.store
    first = True

    def say_news(outcome: SyncOutcome) -> None:
        nonlocal first
        on_followed()
        if first or outcome.new_events:
            _say_in_force(opened, outcome)
        first = False

    def say_trouble(error: Exception, pause: float) -> None:
        source.say(f"{error} Trying again in {pause:.1f} s.", err=True)

    # A client of its own: a connection is not for two threads.
    with (
        HotlineClient(source.hotline, opened.token) as client,
        HotlineClient(source.hotline, opened.token) as couriers_client,
    ):
        courier = Courier(Outbox(store), couriers_client)
        courier.start()
        try:
            ListSync(store, client, opened.token).follow(say_news, say_trouble, stopped)
        finally:
            courier.stop()


def _interrupt(_signal: int, _frame: types.FrameType | None) -> None:
    raise KeyboardInterrupt


def _say_in_force(opened: _OpenedList, outcome: SyncOutcome) -> ListStanding:
    """Say what is in force, and loudly if it should not be used any more."""
    from takeback.gate.store.standing import read_standing

    source = opened.source
    standing = read_standing(opened.store)
    if standing.trouble is not None:
        until = f"It stays in force until {standing.until:%F %H:%M} UTC."
        source.say(f"{standing.why} {until}", err=True)
    new = f"{outcome.new_events} new" if outcome.new_events else "nothing new"
    source.say(f"In force: the list at {outcome.size} events ({new}).")
    return standing
