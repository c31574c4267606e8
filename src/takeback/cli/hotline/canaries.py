"""`takeback hotline … canary`: entries for one platform only, which show whose list leaked."""

from pathlib import Path
from typing import Annotated

import typer

from takeback.cli.hotline.setup import failure, set_up
from takeback.cli.printing import say
from takeback.hotline.platforms.domain import PlatformError

add_app = typer.Typer(
    help="""Entries that only one platform gets.

    **Example**

    * `takeback hotline platform canary add Skylark`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
find_app = typer.Typer(
    help="""Find out whose copy of the list leaked.

    **Example**

    * `takeback hotline canary find --file leaked.csv`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@add_app.callback()
@find_app.callback()
def _group() -> None:
    """Keep the name of the only command."""


@add_app.command("add")
def add(name: Annotated[str, typer.Argument(help="The platform's name.")]) -> None:
    """List an entry without a picture that only this platform gets. It looks like any other.

    **Example**

    * `takeback hotline platform canary add Skylark`
    """
    set_up()
    from takeback.hotline.planted.canaries import add_canary

    try:
        add_canary(name)
    except PlatformError as error:
        raise failure(str(error)) from error
    say(f"{name} gets a canary with the next checkpoint.")


@find_app.command("find")
def find(
    pdq: Annotated[str, typer.Option(help="The fingerprint that was found, in hex.")] = "",
    file: Annotated[
        Path | None,
        typer.Option(help="The list that was found, in any text.", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """Say whose canaries a leaked fingerprint or list shows. Exit code 1 if it shows none.

    **Examples**

    * `takeback hotline canary find --file leaked.csv`
    * `takeback hotline canary find --pdq 5b1c…`
    """
    set_up()
    from takeback.hotline.planted.canaries import find_canaries

    text = file.read_text(encoding="utf-8", errors="replace") if file else ""
    found = find_canaries(f"{pdq} {text}")
    for canary in found:
        say(f"{canary.platform}: a canary of {canary.made_at:%Y-%m-%d}")
    if not found:
        raise failure("No canary of any platform is in it.")
