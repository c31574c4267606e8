"""Makes the hotline's code ready for a command, and says plainly what stands in the way."""

import os

import typer

from takeback.cli.printing import say


def set_up() -> None:
    """Load the hotline's settings and make sure that its database answers."""
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

    leave_embedded_on_signals()

    try:
        # Not through the pool, which would go on trying for a while.
        psycopg.connect(**connection_options()).close()
    except psycopg.OperationalError as error:
        raise failure(
            "The database does not answer. Is it running, and is DATABASE_URL right? "
            "Without DATABASE_URL the hotline brings its own.",
            *str(error).splitlines(),
        ) from error


def in_plain_words(error: Exception) -> str:
    """Return what an error says; of a file that could not be used, which it is and why not."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}."
    return str(error)


def failure(*lines: str) -> typer.Exit:
    """Say what is wrong on standard error; raise what this returns."""
    say(*lines, err=True)
    return typer.Exit(1)
