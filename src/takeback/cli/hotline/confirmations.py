"""`takeback hotline confirmation`: this hotline vouches for entries on others' lists."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from takeback.cli.hotline.setup import failure, set_up
from takeback.cli.printing import say

app = typer.Typer(
    help="""Entries on other hotlines' lists that this hotline has assessed, too.

    **Examples**

    * `takeback hotline confirmation add proof --trust other.policy`
    * `takeback hotline confirmation list`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command("add")
def add(
    proof: Annotated[
        Path,
        typer.Argument(help="What `takeback list prove` wrote.", exists=True, dir_okay=False),
    ],
    *,
    trust: Annotated[
        Path,
        typer.Option(
            help="File that names the other log's key and its witnesses.",
            exists=True,
            dir_okay=False,
        ),
    ],
) -> None:
    """Say in your log that you, too, have assessed an entry. A person must have done so.

    This confirms the record as it is now. When the other hotline amends the entry, confirm it anew.

    **Example**

    * `takeback list prove aebagbaf… --store gate --hotline https://other.example > proof`
    * `takeback hotline confirmation add proof --trust other.policy`
    """
    set_up()
    from takeback.hotline.audit.domain import OPERATOR
    from takeback.hotline.entries.confirmations import confirm_entry
    from takeback.tlog.errors import LogError
    from takeback.tlog.tlog_proof import TlogProof
    from takeback.tlog.trust import TrustPolicy

    try:
        shown = TlogProof.parse(proof.read_bytes())
        policy = TrustPolicy.parse(trust.read_bytes())
        confirmation = confirm_entry(shown, policy, OPERATOR)
    except (LogError, ValueError) as error:
        raise failure(str(error)) from error
    say(f"{confirmation.entry} of {confirmation.origin} is confirmed from the next checkpoint on.")


@app.command("remove")
def remove(
    origin: Annotated[str, typer.Argument(help="Origin of the other log.")],
    entry: Annotated[str, typer.Argument(help="Id of the entry.")],
) -> None:
    """Take back what you have confirmed.

    **Example**

    * `takeback hotline confirmation remove other.example aebagbafaydqqcikbmga2dqpca`
    """
    set_up()
    from takeback.hashlist.events import EntryId
    from takeback.hotline.audit.domain import OPERATOR
    from takeback.hotline.entries.confirmations import ConfirmationError, take_confirmation_back

    try:
        take_confirmation_back(origin, EntryId(entry), OPERATOR)
    except ConfirmationError as error:
        raise failure(str(error)) from error
    say(f"{entry} of {origin} is no longer confirmed from the next checkpoint on.")


@app.command("list")
def show(
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Show what you have confirmed on others' lists.

    **Example**

    * `takeback hotline confirmation list --json`
    """
    set_up()
    from takeback.hotline.entries.confirmations import confirmed_records

    records = confirmed_records()
    if as_json:
        say(json.dumps({"confirmations": [asdict(record) for record in records]}))
        return
    for record in records:
        say(f"{record.entry} of {record.origin}, its event {record.index}")
    if not records:
        say("Nothing is confirmed yet.")
