"""`takeback hotline`: run a hotline and say which platforms follow its list."""

import json
from collections.abc import Callable
from typing import Annotated

import typer

from takeback.cli.hotline_setup import failure as _failure
from takeback.cli.hotline_setup import set_up as _set_up

app = typer.Typer(
    name="hotline",
    help="Run a hotline, and say which platforms follow its list.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
platform_app = typer.Typer(
    help="The platforms that follow the list.", no_args_is_help=True, rich_markup_mode="markdown"
)
audit_app = typer.Typer(
    help="The record of who did what.", no_args_is_help=True, rich_markup_mode="markdown"
)
app.add_typer(platform_app, name="platform")
app.add_typer(audit_app, name="audit")
log_app = typer.Typer(
    help="The signed log of the list.", no_args_is_help=True, rich_markup_mode="markdown"
)
app.add_typer(log_app, name="log")

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Name = Annotated[str, typer.Argument(help="The platform's name, as young people will read it.")]


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Answer young people's browsers and platforms' gates. Nothing about a visitor is logged.

    **Examples**

    * `takeback hotline serve`
    * `TAKEBACK_PUBLIC_URL=https://hotline.example.org takeback hotline serve --port 9000`
    """
    _set_up()
    from takeback.hotline.config.serve import serve as run

    run(host, port)


@app.command()
def worker() -> None:
    """Do what happens in the background: seal new events into the log.

    Run one beside `serve`; killed at any instant, nothing is lost.

    **Example**

    * `takeback hotline worker`
    """
    _set_up()
    from takeback.hotline.config.worker import run_worker

    run_worker()


@app.command()
def migrate() -> None:
    """Bring the tables of the database up to date. Do it after every update.

    **Examples**

    * `takeback hotline migrate`
    * `DATABASE_URL=postgresql://takeback@db.example.org/takeback takeback hotline migrate`
    """
    _set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    typer.echo("The tables are up to date.")


@log_app.command("status")
def log_status() -> None:
    """Say how far the log is sealed and published, and what each witness has cosigned.

    Exit code 1 if something sealed is not published yet.

    **Example**

    * `takeback hotline log status`
    """
    _set_up()
    from takeback.hotline.publishing.witnesses import log_status as read

    status = read()
    typer.echo(f"Sealed: {status.sealed_size} events. Published: {status.published_size}.")
    for witness in status.witnesses:
        when = f"{witness.cosigned_at:%Y-%m-%d %H:%M} UTC" if witness.cosigned_at else "never"
        problem = f". {witness.problem}" if witness.problem else ""
        typer.echo(f"{witness.name}: {witness.size} events, {when}{problem}")
    if status.published_size < status.sealed_size:
        raise typer.Exit(1)


@log_app.command("rotate-key")
def rotate_log_key() -> None:
    """Make a new key for the log and hand the log over to it, while gates follow.

    For 30 days both keys sign. Give the new key to your witnesses first; see docs/hotline.md. For a
    key that was stolen this is not enough: a thief could do the same.

    **Example**

    * `takeback hotline log rotate-key`
    """
    _set_up()
    from takeback.hotline.publishing.key_rotation import RotationError
    from takeback.hotline.publishing.key_rotation import rotate_log_key as rotate

    try:
        key = rotate()
    except RotationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"The log is handed over with the next checkpoint. Its new key:\n\n  {key}\n")
    typer.echo("Keep its file in the folder of the secrets, and back it up.")


@platform_app.command("add")
def add_platform(name: _Name, as_json: _Json = False) -> None:
    """Let a platform follow the list, and print its token. The token is shown only now.

    **Examples**

    * `takeback hotline platform add Skylark`
    * `takeback hotline platform add "Skylark Photos" --json`
    """
    _set_up()

    from takeback.hotline.publishing import actions

    _print_token(name, actions.add_platform, as_json)


@platform_app.command("renew")
def renew_platform(name: _Name, as_json: _Json = False) -> None:
    """Give a platform a new token, for one that was lost, leaked or revoked. The old one ends.

    **Examples**

    * `takeback hotline platform renew Skylark`
    * `takeback hotline platform renew Skylark --json`
    """
    _set_up()

    from takeback.hotline.publishing import actions

    _print_token(name, actions.renew_token, as_json)


def _print_token(name: str, make_token: Callable[[str], str], as_json: bool) -> None:
    from django.conf import settings

    from takeback.hotline.publishing.domain import PlatformError

    try:
        token = make_token(name)
    except PlatformError as error:
        raise _failure(str(error)) from error
    if as_json:
        typer.echo(json.dumps({"name": name.strip(), "token": token}))
        return
    typer.echo(
        f"{token}\n\n"
        f"Give this token to {name.strip()} over a safe channel; it is not shown again. "
        "There they run:\n\n"
        f"  TAKEBACK_GATE_TOKEN={token} \\\n"
        f"  takeback gate sync --hotline {settings.PUBLIC_URL} --store DIR --follow"
    )


@platform_app.command("list")
def list_platforms(as_json: _Json = False) -> None:
    """Print the platforms and how far each has followed the log.

    **Examples**

    * `takeback hotline platform list`
    * `takeback hotline platform list --json`
    """
    _set_up()

    from takeback.hotline.publishing import access

    platforms = access.platforms()
    size, _ = access.current_checkpoint()
    if as_json:
        rows = [
            {
                "name": one.name,
                "added_at": one.added_at.isoformat(),
                "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
                "fetched_size": one.fetched_size,
                "fetched_at": one.fetched_at.isoformat() if one.fetched_at else None,
            }
            for one in platforms
        ]
        typer.echo(json.dumps({"size": size, "platforms": rows}))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("Platform", "Added", "Fetched", "Last new events", "Token")
    for one in platforms:
        table.add_row(
            Text(one.name),
            f"{one.added_at:%Y-%m-%d}",
            f"{one.fetched_size} of {size}",
            f"{one.fetched_at:%Y-%m-%d %H:%M} UTC" if one.fetched_at else "never",
            f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else "in force",
        )
    Console().print(table)


@platform_app.command("revoke")
def revoke_platform(name: _Name) -> None:
    """Take a platform's token back, for good. What it said stays on the timelines.

    **Example**

    * `takeback hotline platform revoke Skylark`
    """
    _set_up()
    from takeback.hotline.publishing import actions
    from takeback.hotline.publishing.domain import PlatformError

    try:
        actions.revoke_platform(name)
    except PlatformError as error:
        raise _failure(str(error)) from error
    typer.echo(f"The token of {name} is no longer taken.")


@audit_app.command("verify")
def verify_audit() -> None:
    """Prove that no audit record was changed, put in or taken out since it was written.

    Note the count and the last link somewhere else: only so is a cut-off end noticed.

    **Example**

    * `takeback hotline audit verify`
    """
    _set_up()
    from takeback.hotline.audit.access import verify_chain
    from takeback.hotline.audit.domain import BrokenChainError

    try:
        head = verify_chain()
    except BrokenChainError as error:
        raise _failure(str(error)) from error
    typer.echo(f"{head.records} records, all whole. Last link: {head.link.hex()}")
