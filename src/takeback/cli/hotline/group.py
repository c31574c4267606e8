"""`takeback hotline`: run a hotline and say which platforms follow its list."""

from contextlib import closing
from typing import Annotated

import typer

from takeback.cli.hotline import backups
from takeback.cli.hotline.canaries import find_app as canary_app
from takeback.cli.hotline.confirmations import app as confirmation_app
from takeback.cli.hotline.imports import app as import_app
from takeback.cli.hotline.log import app as log_app
from takeback.cli.hotline.platforms import app as platform_app
from takeback.cli.hotline.setup import Needs
from takeback.cli.hotline.setup import failure as _failure
from takeback.cli.hotline.setup import set_up as _set_up
from takeback.cli.printing import say
from takeback.shell.typed_commands import typed

app = typer.Typer(
    name="hotline",
    help="""Run a hotline, and say which platforms follow its list.

    **Examples**

    * `takeback hotline migrate`
    * `takeback hotline serve`
    * `takeback hotline worker`
    * `takeback hotline staff invite "Ana Example" --role lead`
    * `takeback hotline platform invite Skylark`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
audit_app = typer.Typer(
    help="""The record of who did what.

    **Example**

    * `takeback hotline audit verify`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.add_typer(platform_app, name="platform")
app.add_typer(canary_app, name="canary")
app.add_typer(confirmation_app, name="confirmation")
app.add_typer(import_app, name="import")
app.add_typer(audit_app, name="audit")
app.add_typer(backups.app, name="backup")
app.command("restore")(backups.restore)
app.add_typer(log_app, name="log")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Answer young people's browsers and platforms' gates. Nothing about a visitor is logged.

    Links and forms name TAKEBACK_PUBLIC_URL, wherever it listens.

    **Examples**

    * `takeback hotline serve`
    * `TAKEBACK_PUBLIC_URL=https://hotline.example.org takeback hotline serve --port 9000`
    """
    _set_up()
    from django.conf import settings

    from takeback.cli.listening import address_of, listen
    from takeback.hotline.config.serve import serve as run

    try:
        listening = listen(host, port)
    except OSError as error:
        raise _failure(str(error)) from error
    where = address_of(listening)
    public = "" if where == settings.PUBLIC_URL else f", and its links name {settings.PUBLIC_URL}"
    with closing(listening):
        run(listening, lambda: say(f"The hotline answers on {where}{public}. Ctrl-C stops it."))


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

    The first time it makes the secret files as well.

    **Examples**

    * `takeback hotline migrate`
    * `DATABASE_URL=postgresql://takeback@db.example.org/takeback takeback hotline migrate`
    """
    _set_up(Needs.DATABASE)
    from django.core.management import call_command

    from takeback.hotline.foundation.secrets import LostSecretError
    from takeback.hotline.log.continuity.mark import MarkError

    try:
        call_command("migrate", verbosity=0, interactive=False)
    except (LostSecretError, MarkError) as error:
        raise _failure(str(error)) from error
    say("The tables are up to date.")


@app.command("replace-lost-secrets")
def replace_lost_secrets(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Make new secrets in the place of files that are gone for good. Try a backup first.

    What rested on them stays lost: with `pepper` or `site-salt` no code opens its case any more,
    with `fields` no answer can be read. A lost key of the log is not replaced: `log begin-anew`
    begins another log. Stop `serve` and `worker` first; docs/hotline.md has every step.

    **Example**

    * `takeback hotline replace-lost-secrets`
    """
    _set_up(Needs.TABLES)
    from takeback.hotline.foundation.secret_notes.checking import is_log_key, lost_secrets
    from takeback.hotline.foundation.secret_notes.making import notes
    from takeback.hotline.foundation.secret_notes.making import replace_lost_secrets as replace

    wrong = lost_secrets(notes())
    if wrong is None:
        say("No secret is missing.")
        return
    say(str(wrong), err=True)
    if not yes:
        typer.confirm("Are they gone for good, and in no backup?", abort=True)
    replaced = replace()
    if replaced:
        say(f"New: {', '.join(replaced)}. Back them up.")
    if any(map(is_log_key, wrong.names)):
        begin = typed("hotline log begin-anew")
        say(
            "The log's key is gone, so begin another log, at another address: "
            f"TAKEBACK_PUBLIC_URL=https://… {begin}"
        )


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
