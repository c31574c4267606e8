"""Makes the hotline's code ready for a command, and says plainly what stands in the way."""

import enum
import os

import typer

from takeback.cli.printing import say
from takeback.shell.state_folders import State, look_into
from takeback.shell.typed_commands import typed


class Needs(enum.Enum):
    """What a command can't do without."""

    DATABASE = enum.auto()
    """A database that answers, and the secrets that it rests on; tables may still be missing."""
    TABLES = enum.auto()
    """Tables; secrets may be missing."""
    ALL_BUT_LOG_KEYS = enum.auto()
    """Tables and secrets; the keys of the log may be gone, for another log is about to begin."""
    ALL = enum.auto()


def set_up(needs: Needs = Needs.ALL) -> None:
    """Load the hotline's settings; make sure that database, tables and secrets are there.

    Where no hotline is, nothing is made, unless a database is all that is needed: to make one.
    """
    require_hotline(may_begin=needs is Needs.DATABASE)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takeback.hotline.config.settings")
    try:
        import django

    except ModuleNotFoundError as error:
        raise failure(
            f"The hotline's packages are missing ({error.name}): pip install 'takeback[hotline]'"
        ) from error
    from takeback.running.embedded_postgres import EmbeddedServerError
    from takeback.running.standstill import StandstillError

    try:
        django.setup()
    except (ValueError, OSError, EmbeddedServerError, StandstillError) as error:
        raise failure(in_plain_words(error)) from error
    import psycopg

    from takeback.hotline.foundation.database import connection_options, leave_embedded_on_signals
    from takeback.hotline.foundation.secret_notes.checking import notes_in, refuse_lost

    leave_embedded_on_signals()

    try:
        # Not through the pool, which would go on trying for a while.
        with psycopg.connect(**connection_options()) as connection:
            notes = notes_in(connection)
    except psycopg.OperationalError as error:
        raise failure(
            "The database does not answer. Is it running, and is DATABASE_URL right? "
            "Without DATABASE_URL the hotline brings its own.",
            *map(str.strip, str(error).splitlines()),
        ) from error
    if not notes and needs is not Needs.DATABASE:
        raise failure(f"The database has no tables or no secrets yet: {typed('hotline migrate')}")
    if needs is Needs.TABLES:
        return
    try:
        refuse_lost(notes or {}, but_log_keys=needs is Needs.ALL_BUT_LOG_KEYS)
    except (RuntimeError, OSError) as error:
        raise failure(str(error)) from error


def require_hotline(*, may_begin: bool = False) -> None:
    """End the command, with one sentence, where the state folder holds no hotline.

    With DATABASE_URL the hotline is in that database. `may_begin`: the command may make a hotline;
    then only what is something else of Takeback, or no folder at all, is in its way.
    """
    from takeback.hotline.foundation.state import state_directory

    folder = look_into(state_directory(), State.HOTLINE)
    if may_begin:
        if folder.is_folder and folder.state in (None, State.HOTLINE, State.HOTLINE_SECRETS):
            return
        what_to_do = "set TAKEBACK_STATE to a folder of its own"
    else:
        if os.environ.get("DATABASE_URL") or folder.state is State.HOTLINE:
            return
        what_to_do = (
            "go to the folder where you started it, set TAKEBACK_STATE or DATABASE_URL as you did "
            f"there, or begin one with `{typed('run')}` (to try it out) or "
            f"`{typed('hotline migrate')}`"
        )
    raise failure(folder.refusal(State.HOTLINE, what_to_do))


def in_plain_words(error: Exception) -> str:
    """Return what an error says; of a file that could not be used, which it is and why not."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}."
    return str(error)


def failure(*lines: str) -> typer.Exit:
    """Say what is wrong on standard error; raise what this returns."""
    say(*lines, err=True)
    return typer.Exit(1)
