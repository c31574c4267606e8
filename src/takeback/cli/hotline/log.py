"""`takeback hotline log`: the signed log of the list, its keys, and what follows a restore."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from takeback.cli.hotline.setup import Needs, failure, set_up
from takeback.cli.printing import say
from takeback.shell.typed_commands import typed

app = typer.Typer(
    help="""The signed log of the list.

    **Examples**

    * `takeback hotline log status`
    * `takeback hotline log rotate-key`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_STOPPED = 3
_WAITING = 4


@app.command("status")
def log_status() -> None:
    """Say how far the log is sequenced and published, and what each witness has cosigned.

    Exit code 1 if an event is sequenced but not published yet, 3 if nothing is signed because this
    database may not hold all that was signed before, 4 if commits wait for a follower that does not
    answer, so that nothing is taken.

    **Example**

    * `takeback hotline log status`
    """
    set_up()
    from takeback.hotline.foundation.liveness.commits import commits_wait, how_they_go_on
    from takeback.hotline.log.witnesses.submission import log_status as read

    status = read()
    say(f"Sequenced: {status.sequenced_size} events. Published: {status.published_size}.")
    for witness in status.witnesses:
        when = f"{witness.cosigned_at:%Y-%m-%d %H:%M} UTC" if witness.cosigned_at else "never"
        problem = f". {witness.problem}" if witness.problem else ""
        say(f"{witness.name}: {witness.size} events, {when}{problem}")
    if status.stop is not None:
        say(f"{status.stop.why} So since {status.stop.since:%Y-%m-%d %H:%M} UTC.", err=True)
        raise typer.Exit(_STOPPED)
    if commits_wait():
        say("Nothing is taken: commits wait for a follower that does not answer.", err=True)
        say(how_they_go_on(), err=True)
        raise typer.Exit(_WAITING)
    if status.published_size < status.sequenced_size:
        raise typer.Exit(1)


@app.command("rotate-key")
def rotate_log_key() -> None:
    """Make a new key for the log and hand the log over to it; gates follow by themselves.

    For 30 days both keys sign. Give the new key to your witnesses first; see docs/hotline.md. If
    the key was stolen this is not enough: a thief could do the same.

    **Example**

    * `takeback hotline log rotate-key`
    """
    set_up()
    from takeback.hotline.log.key_rotation import RotationError
    from takeback.hotline.log.key_rotation import rotate_log_key as rotate

    try:
        key = rotate()
    except RotationError as error:
        say(str(error), err=True)
        raise typer.Exit(1) from error
    say("The log is handed over with the next checkpoint. Its new key:", "", f"  {key}", "")
    say("Keep its file in the folder of the secrets, and back it up.")


@app.command("begin-anew")
def begin_new_log(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Begin another log in place of one whose key was stolen or lost. Cases and entries stay.

    Stop `serve` and `worker`, make a backup of the database, and set TAKEBACK_PUBLIC_URL to another
    address first; docs/hotline.md has every step. All that stands on the list is listed again,
    suspended entries wait for a person, and every platform needs a new token.

    **Example**

    * `TAKEBACK_PUBLIC_URL=https://list2.example.org takeback hotline log begin-anew`
    """
    set_up(Needs.ALL_BUT_LOG_KEYS)
    from takeback.hotline.log.beginning_anew import NewLogError
    from takeback.hotline.log.beginning_anew import begin_new_log as begin

    if not yes:
        typer.confirm("Gates will refuse the old log from now on. Begin another one?", abort=True)
    try:
        begun = begin()
    except NewLogError as error:
        raise failure(str(error)) from error
    say(f"The log {begun.origin} begins with {begun.subjects} entries.")
    for name in begun.readers:
        say(f"Needs a new token: {typed(f'hotline platform renew {shlex.quote(name)}')}")


@app.command("restored")
def log_restored(
    nobody_has_newer: Annotated[
        bool,
        typer.Option(
            "--nobody-has-newer",
            help="Say that no gate and no witness has seen more of the log than this database.",
        ),
    ] = False,
) -> None:
    """Say that the database comes from a backup: nothing is signed until that is settled.

    It is settled by the witnesses, or by a gate that shows what it holds; the worker asks. Where
    you have neither, say that nobody has seen more. If that is wrong, gates refuse the list for
    good. Exit code 1 if something proves that it is wrong.

    **Examples**

    * `takeback hotline log restored`
    * `takeback hotline log restored --nobody-has-newer`
    """
    set_up()
    from takeback.hotline.log.continuity.doubts import note_restored
    from takeback.hotline.log.continuity.restoring import CannotVouchError, vouch_for_backup

    if not nobody_has_newer:
        note_restored()
        say("Nothing is signed until a witness or a gate shows what it has seen.")
        return
    try:
        settled = vouch_for_backup()
    except CannotVouchError as error:
        raise failure(str(error)) from error
    say("The worker signs on from here." if settled else "That was not in doubt.")


@app.command("recover")
def recover_log(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="What gates hold of the list."),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Begin another log at this address, of what gates hold, after a restore that lost events.

    Ask platforms for `takeback list export --format recovery`. They hold no cases, and whoever
    makes such a file could leave something out or put it in: take files only from platforms that
    you trust. Stop `serve` and `worker` first; docs/hotline.md has every step. What was withdrawn
    since the backup is not listed again, what can't be decided waits for a person, and every
    platform needs a new token.

    **Example**

    * `takeback hotline log recover skylark.recovery other.recovery`
    """
    set_up()
    from takeback.hashlist.recovery_copy import RecoveryCopyError
    from takeback.hotline.log.beginning_anew import NewLogError
    from takeback.hotline.log.beginning_anew import begin_recovered_log as begin
    from takeback.hotline.log.continuity.mark import MarkError
    from takeback.hotline.log.domain import RecoveredEntries

    def approve(found: RecoveredEntries) -> None:
        say(
            f"The log {found.origin} begins with {found.listed} entries, of which "
            f"{found.without_case} have no case any more. {found.held} wait for a person. "
            f"{found.withdrawn} were taken off the list since the backup and stay off. "
            f"{found.left_to_imports} come back with the next import."
        )
        if not yes:
            typer.confirm("Does that look right? Begin this log?", abort=True)

    try:
        recovered = begin(files, approve)
    except (NewLogError, RecoveryCopyError, MarkError) as error:
        raise failure(str(error)) from error
    for name in recovered.readers:
        say(f"Needs a new token: {typed(f'hotline platform renew {shlex.quote(name)}')}")
