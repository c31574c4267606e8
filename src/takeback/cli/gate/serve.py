"""`takeback gate serve`: the gate as an HTTP service on the platform's own network."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.gate.opening import (
    ListsOption,
    OneStoreOption,
    PolicyOption,
    ViewsOption,
    explained,
    followed_lists,
    opened_gate,
)
from takeback.cli.printing import say
from takeback.shell.typed_commands import typed

if TYPE_CHECKING:
    from takeback.gate.check.followed_list import FollowedList

_MINUTE = 60.0
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def serve(
    store: OneStoreOption = None,
    lists: ListsOption = None,
    policy: PolicyOption = None,
    *,
    views: ViewsOption = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on. The service asks for no password.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="TCP port; 0 takes a free one.")
    ] = 8002,
    appeals: Annotated[
        str | None,
        typer.Option(
            help="Address of your own page for people who ask for a check of what was stopped; by "
            "default that of the hotline."
        ),
    ] = None,
) -> None:
    """Serve `POST /v1/match`, `POST /v1/feedback`, `/healthz` and `/metrics` over HTTP.

    It starts before the first list is there and answers 503 until then; where nobody syncs a list,
    it says so when it starts. It decodes as many uploads at a time as it may use cores.

    **Examples**

    * `takeback gate serve --store gate`
    * `takeback gate serve --lists lists.toml`
    * `takeback gate serve --store gate --policy policy.toml --host 10.0.0.5 --port 9000`
    * `curl --data-binary @upload.jpg -H 'Content-Type: image/jpeg' http://127.0.0.1:8002/v1/match`
    """
    import uvicorn

    from takeback.cli.listening import AnnouncedServer, listen
    from takeback.gate.service.app import make_service
    from takeback.gate.service.bounds import CONNECTION_BOUNDS, refusal
    from takeback.running.serving import bounded_options

    with explained():
        followed = followed_lists(store, lists, policy, existing=False, appeals=appeals)
        listening = listen(host, port)
        _say_who_must_sync(followed, lists)
        with closing(listening), opened_gate(followed, views=views) as gate, gate:
            gate.warm_up()
            config = uvicorn.Config(
                make_service(gate),
                log_level="warning",
                **bounded_options(CONNECTION_BOUNDS, refusal),
            )
            AnnouncedServer(config, listening, "The gate").serve_until_stopped()


def _say_who_must_sync(followed: Sequence[FollowedList], lists: Path | None) -> None:
    """Name on standard error each list that nobody brings up to date, and the command that does."""
    for followed_list in followed:
        age = followed_list.health().contact_age_seconds
        if age is None:
            state = "has never been synced: "
            state += "it is left out" if followed_list.optional else "uploads get 503 `no_list`"
            state += " until it is"
        elif followed_list.health().stale:
            state = f"was synced {_shown(age)} ago: what was listed since is not stopped"
        else:
            continue
        store = followed_list.store
        command = store.sync_command(follow=True)
        if lists is not None:
            command = typed(f"gate sync --lists {shlex.quote(str(lists.absolute()))} --follow")
        say(f"The store {store.folder} {state}. Keep this running: {command}", err=True)


def _shown(seconds: float) -> str:
    """A span of time in words, two units of it or more: 90 minutes, 47 hours, 3 days."""
    for unit, name in ((_DAY, "days"), (_HOUR, "hours")):
        if seconds >= 2 * unit:
            return f"{seconds // unit:.0f} {name}"
    return f"{seconds // _MINUTE:.0f} minutes"
