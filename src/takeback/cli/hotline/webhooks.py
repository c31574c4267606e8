"""`takeback hotline platform webhook`: where platforms hear of new checkpoints, and what failed."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.hotline.setup import failure, set_up
from takeback.cli.printing import say
from takeback.hotline.platforms.domain import PlatformError

if TYPE_CHECKING:
    from takeback.hotline.webhooks.access import GivenUpDelivery, ListedWebhook

app = typer.Typer(
    help="""Where a platform is told of new checkpoints.

    **Examples**

    * `takeback hotline platform webhook add Skylark https://hooks.example.org/takeback`
    * `takeback hotline platform webhook list Skylark`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_Name = Annotated[str, typer.Argument(help="The platform's name.")]
_Number = Annotated[int, typer.Argument(help="Its number in `webhook list`.")]
_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("add")
def add(name: _Name, url: Annotated[str, typer.Argument(help="An https address.")]) -> None:
    """Tell a platform of each new checkpoint at this address; prints the key that checks it.

    **Example**

    * `takeback hotline platform webhook add Skylark https://hooks.example.org/takeback`
    """
    set_up()
    from takeback.hotline.foundation.outbound.errors import OutboundError
    from takeback.hotline.webhooks.actions import add_webhook
    from takeback.hotline.webhooks.message import webhook_key

    try:
        number = add_webhook(name, url)
    except (PlatformError, OutboundError) as error:
        raise failure(str(error)) from error
    say(f"This is webhook {number} of {name}. Its signatures are checked with:")
    say(webhook_key())


@app.command("list")
def list_webhooks(name: _Name, as_json: _AsJson = False) -> None:
    """Say when each webhook was added, what it took last and waits for, and what was given up.

    **Example**

    * `takeback hotline platform webhook list Skylark`
    """
    set_up()
    from takeback.hotline.webhooks.access import listed_webhooks

    found = listed_webhooks(name)
    if as_json:
        _print_json(found)
        return
    for webhook in found:
        waits = (
            f"waits for {webhook.waiting_size}, {webhook.tries} tries"
            if webhook.waiting_size
            else "idle"
        )
        say(
            f"{webhook.number}: {webhook.host}; took {webhook.delivered_size} events; {waits}; "
            f"{webhook.given_up} given up; added {_shown(webhook.made_at)}"
        )
        if webhook.problem:
            say(f"   {webhook.problem}")


@app.command("given-up")
def given_up(name: _Name, number: _Number, as_json: _AsJson = False) -> None:
    """List what a webhook was not told of, oldest first: all that `redeliver` would make up for.

    **Examples**

    * `takeback hotline platform webhook given-up Skylark 1`
    * `takeback hotline platform webhook given-up Skylark 1 --json`
    """
    set_up()
    from takeback.hotline.webhooks.access import given_up_deliveries

    try:
        found = given_up_deliveries(name, number)
    except PlatformError as error:
        raise failure(str(error)) from error
    if as_json:
        _print_json(found)
        return
    for delivery in found:
        tries = "1 try" if delivery.tries == 1 else f"{delivery.tries} tries"
        say(
            f"{delivery.message}: {delivery.size} events; {tries}; "
            f"given up {_shown(delivery.given_up_at)}"
        )
    if not found:
        say("Nothing was given up.")


@app.command("redeliver")
def redeliver(name: _Name, number: _Number) -> None:
    """Send once more what was given up: its newest checkpoint, which stands for all.

    **Example**

    * `takeback hotline platform webhook redeliver Skylark 1`
    """
    set_up()
    from takeback.hotline.webhooks import actions as webhooks

    try:
        count = webhooks.redeliver(name, number)
    except PlatformError as error:
        raise failure(str(error)) from error
    say("It is sent again." if count else "Nothing was given up.")


@app.command("remove")
def remove(name: _Name, number: _Number) -> None:
    """Tell a platform nothing more at this address.

    **Example**

    * `takeback hotline platform webhook remove Skylark 1`
    """
    set_up()
    from takeback.hotline.webhooks.actions import remove_webhook

    try:
        remove_webhook(name, number)
    except PlatformError as error:
        raise failure(str(error)) from error
    say(f"Webhook {number} of {name} is gone.")


def _print_json(found: "Sequence[ListedWebhook | GivenUpDelivery]") -> None:
    say(json.dumps([asdict(row) for row in found], default=datetime.isoformat))


def _shown(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
