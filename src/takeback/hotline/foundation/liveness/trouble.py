"""Tells trouble that goes away by itself, or with an operator's help, from mistakes of ours."""

import errno
from typing import Final

import psycopg
from psycopg.errors import DiskFull

_PASSING: Final = ("08", "53", "57")
"""Classes of SQLSTATE: the connection, resources, and a server that stops or starts."""


def trouble_of(error: BaseException) -> str | None:
    """Say in a sentence what is wrong with the machine or the database; None: it is something else.

    It looks at what the error was raised from, too, and quotes no message: that may hold data.
    """
    cause: BaseException | None = error
    away = False
    while cause is not None:
        if isinstance(cause, DiskFull) or getattr(cause, "errno", None) == errno.ENOSPC:
            return "The disk is full. Free some of it."
        if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
            away |= cause.sqlstate is None or cause.sqlstate.startswith(_PASSING)
        cause = cause.__cause__
    return "The database does not answer." if away else None
