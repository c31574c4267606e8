"""Shared by the gate's commands: opens the store, and ends a command when something fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from takeback.cli.printing import say

if TYPE_CHECKING:
    from takeback.fingerprints.views import ViewPolicy
    from takeback.gate.check.followed_list import FollowedList
    from takeback.gate.check.gate import Gate
    from takeback.gate.sync.client import PlatformToken
    from takeback.matching.policy import MatchPolicy

StoreOption = Annotated[Path, typer.Option("--store", help="Folder of the gate's store.")]
OneStoreOption = Annotated[
    Path | None, typer.Option("--store", help="Folder of the store of one list.")
]
ListsOption = Annotated[
    Path | None,
    typer.Option("--lists", help="TOML file of all lists to follow; see docs/gate.md."),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", help="TOML file, a table for each lane; see docs/gate.md."),
]
ViewsOption = Annotated[
    str | None,
    typer.Option("--views", help="How uploads are looked at: a policy named in docs/views.md."),
]


TokenOption = Annotated[
    str | None,
    typer.Option(
        envvar="TAKEBACK_GATE_TOKEN",
        help="The platform's token. Better give it in TAKEBACK_GATE_TOKEN or --token-file: "
        "a process list shows options.",
    ),
]
TokenFileOption = Annotated[Path | None, typer.Option(help="File that holds the token.")]


class ExitCode(IntEnum):
    """The exit codes of the gate's commands when something goes wrong."""

    FAILED = 1
    USAGE = 2
    NOT_READ = 3
    LIST_REFUSED = 4
    INTERRUPTED = 130


def read_policy(path: Path | None) -> MatchPolicy:
    """Return the policy of a file, or the default; raises ValueError or OSError."""
    from takeback.matching.policy import MatchPolicy, load_policy

    return load_policy(path) if path else MatchPolicy()


def read_views(name: str | None) -> ViewPolicy:
    """Return the view policy of that name, or the default; raises ValueError."""
    from takeback.fingerprints.views import load_policy

    return load_policy(name) if name else load_policy()


def read_token(token: str | None, token_file: Path | None) -> PlatformToken:
    """Return the token that was given; raises ValueError if none was."""
    from takeback.gate.sync.client import PlatformToken

    if token_file is not None:
        return PlatformToken.read(token_file)
    if not token:
        raise ValueError(
            "A token is needed: put the one that the hotline gave you into TAKEBACK_GATE_TOKEN, or "
            "into a file and name that with --token-file."
        )
    return PlatformToken.parse(token)


def followed_lists(
    store: Path | None,
    lists: Path | None,
    policy: Path | None = None,
    *,
    existing: bool = True,
    appeals: str | None = None,
) -> list[FollowedList]:
    """Return the list in a store, or those of a lists file; raises ValueError or StoreError.

    `existing`: whether every store must be there already, so that a mistyped folder is not made.
    `appeals`: the platform's own page for those who ask for a check.
    """
    from takeback.gate.check.followed_list import FollowedList
    from takeback.gate.check.lists_file import read_lists_file
    from takeback.gate.store.store import Store

    if store is not None and lists is None:
        opened = Store.existing(store) if existing else Store(store)
        return [FollowedList(opened, read_policy(policy), appeals=appeals)]
    if lists is None or store is not None:
        raise ValueError("Give --store for one list, or --lists for several.")
    if policy is not None:
        raise ValueError("With --lists, give the policy of each list in that file.")
    if appeals is not None:
        raise ValueError("With --lists, give the page of appeals of each list in that file.")
    settings = read_lists_file(lists)
    if existing:
        for list_settings in settings:
            Store.existing(list_settings.store)
    return [list_settings.followed() for list_settings in settings]


@contextmanager
def opened_gate(
    lists: Sequence[FollowedList],
    *,
    views: str | None = None,
    decoders: int | None = None,
    patient: bool = False,
) -> Iterator[Gate]:
    """Open the gate on these lists; raises what `explained` explains."""
    from takeback.gate.check.gate import Gate

    gate = Gate.of_lists(lists, views=read_views(views), decoders=decoders, patient=patient)
    try:
        yield gate
    finally:
        gate.close()


@contextmanager
def explained(about: str = "") -> Iterator[None]:
    """Turn what can go wrong into one sentence on standard error and an exit code.

    `about`: the name of the list, where there are several.
    """
    import sqlite3

    from takeback.gate.check.followed_list import NoListError
    from takeback.gate.store.store import StoreError
    from takeback.gate.sync.client import HotlineError
    from takeback.matching.snapshot_file import SnapshotError
    from takeback.media import DecoderNotStarted
    from takeback.tlog.errors import LogError

    try:
        yield
    except typer.Exit:  # it has been explained
        raise
    except LogError as error:
        _fail(about, f"The list was refused: {error}", ExitCode.LIST_REFUSED)
    except SnapshotError as error:  # of the one that a sync has just written
        _fail(about, f"{error} Sync once more, and it is written anew.", ExitCode.FAILED)
    except (HotlineError, NoListError, StoreError) as error:
        _fail(about, str(error), ExitCode.FAILED)
    except sqlite3.Error as error:
        _fail(about, f"The store can't be read or written: {error}.", ExitCode.FAILED)
    except (DecoderNotStarted, ValueError, OSError) as error:
        _fail(about, str(error), ExitCode.USAGE)


def _fail(about: str, message: str, code: ExitCode) -> NoReturn:
    say(f"{about}: {message}" if about else message, err=True)
    raise typer.Exit(code)
