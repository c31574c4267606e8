"""`takeback hotline`: run a hotline and say which platforms follow its list."""

import shlex
from typing import Annotated

import typer

from takeback.cli.hotline import backups
from takeback.cli.hotline.canaries import find_app as canary_app
from takeback.cli.hotline.confirmations import app as confirmation_app
from takeback.cli.hotline.imports import app as import_app
from takeback.cli.hotline.platforms import app as platform_app
from takeback.cli.hotline.setup import failure as _failure
from takeback.cli.hotline.setup import set_up as _set_up
from takeback.cli.printing import say

app = typer.Typer(
    name="hotline",
    help="Run a hotline, and say which platforms follow its list.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
audit_app = typer.Typer(
    help="The record of who did what.", no_args_is_help=True, rich_markup_mode="markdown"
)
app.add_typer(platform_app, name="platform")
app.add_typer(canary_app, name="canary")
app.add_typer(confirmation_app, name="confirmation")
app.add_typer(import_app, name="import")
app.add_typer(audit_app, name="audit")
app.add_typer(backups.app, name="backup")
app.command("restore")(backups.restore)
log_app = typer.Typer(
    help="The signed log of the list.", no_args_is_help=True, rich_markup_mode="markdown"
)
app.add_typer(log_app, name="log")


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
    """Do the work in the background: sequence new events into the log.

    Run one beside `serve`. If it is killed at any instant, nothing is lost.

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
    say("The tables are up to date.")


@log_app.command("status")
def log_status() -> None:
    """Say how far the log is sequenced and published, and what each witness has cosigned.

    Exit code 1 if an event is sequenced but not published yet.

    **Example**

    * `takeback hotline log status`
    """
    _set_up()
    from takeback.hotline.log.witnesses.submission import log_status as read

    status = read()
    say(f"Sequenced: {status.sequenced_size} events. Published: {status.published_size}.")
    for witness in status.witnesses:
        when = f"{witness.cosigned_at:%Y-%m-%d %H:%M} UTC" if witness.cosigned_at else "never"
        problem = f". {witness.problem}" if witness.problem else ""
        say(f"{witness.name}: {witness.size} events, {when}{problem}")
    if status.published_size < status.sequenced_size:
        raise typer.Exit(1)


@log_app.command("rotate-key")
def rotate_log_key() -> None:
    """Make a new key for the log and hand the log over to it; gates follow by themselves.

    For 30 days both keys sign. Give the new key to your witnesses first; see docs/hotline.md. If
    the key was stolen this is not enough: a thief could do the same.

    **Example**

    * `takeback hotline log rotate-key`
    """
    _set_up()
    from takeback.hotline.log.key_rotation import RotationError
    from takeback.hotline.log.key_rotation import rotate_log_key as rotate

    try:
        key = rotate()
    except RotationError as error:
        say(str(error), err=True)
        raise typer.Exit(1) from error
    say("The log is handed over with the next checkpoint. Its new key:", "", f"  {key}", "")
    say("Keep its file in the folder of the secrets, and back it up.")


@log_app.command("begin-anew")
def begin_new_log(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Begin another log in place of one whose key was stolen. Cases and entries stay.

    Stop `serve` and `worker`, make a backup of the database, and set TAKEBACK_PUBLIC_URL to another
    address first; docs/hotline.md has every step. All that stands on the list is listed again,
    suspended entries wait for a person, and every platform needs a new token.

    **Example**

    * `TAKEBACK_PUBLIC_URL=https://list2.example.org takeback hotline log begin-anew`
    """
    _set_up()
    from takeback.hotline.log.beginning_anew import NewLogError
    from takeback.hotline.log.beginning_anew import begin_new_log as begin

    if not yes:
        typer.confirm("Gates will refuse the old log from now on. Begin another one?", abort=True)
    try:
        begun = begin()
    except NewLogError as error:
        raise _failure(str(error)) from error
    say(f"The log {begun.origin} begins with {begun.subjects} entries.")
    for name in begun.readers:
        say(f"Needs a new token: takeback hotline platform renew {shlex.quote(name)}")


@audit_app.command("verify")
def verify_audit() -> None:
    """Prove that no audit record was changed, put in or taken out since it was written.

    Note the count and the last link somewhere else: only then is a cut-off end noticed.

    **Example**

    * `takeback hotline audit verify`
    """
    _set_up()
    from takeback.hotline.audit.access import verify_chain
    from takeback.hotline.audit.domain import OPERATOR, BrokenChainError
    from takeback.hotline.staff.domain import Permission
    from takeback.hotline.staff.policy import require

    require(OPERATOR, Permission.SEE_RECORD)
    try:
        head = verify_chain()
    except BrokenChainError as error:
        raise _failure(str(error)) from error
    say(f"{head.records} records, all whole. Last link: {head.link.hex()}")
