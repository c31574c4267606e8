"""`takeback gate serve`: the gate as an HTTP service on the platform's own network."""

from __future__ import annotations

from typing import Annotated

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

    It starts before the first list is there and answers 503 until then. It decodes as many uploads
    at a time as it may use cores.

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
        listening = listen(host, port)
        followed = followed_lists(store, lists, policy, existing=False, appeals=appeals)
        with opened_gate(followed, views=views) as gate, gate:
            gate.warm_up()
            config = uvicorn.Config(
                make_service(gate),
                log_level="warning",
                **bounded_options(CONNECTION_BOUNDS, refusal),
            )
            AnnouncedServer(config, listening, "The gate").serve_until_stopped()
