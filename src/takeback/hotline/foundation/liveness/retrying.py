"""Does a transaction again that the database ended for the sake of another one."""

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import psycopg
from django.db import OperationalError, connection

_MOST_TIMES: Final = 5

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def again_after_deadlock(transaction: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Return the transaction, done up to five times until no deadlock ends it.

    PostgreSQL undoes all of one of the two that wait for each other, so doing it again is doing it
    once. Inside another transaction, which is lost as well, it is done once only. Raises what the
    transaction raises.
    """

    @wraps(transaction)
    def done(*given: _Given.args, **named: _Given.kwargs) -> _Result:
        for _ in range(_MOST_TIMES - 1):
            try:
                return transaction(*given, **named)
            except OperationalError as error:
                if connection.in_atomic_block or not _is_lost_to_another(error):
                    raise
        return transaction(*given, **named)

    return done


def _is_lost_to_another(error: OperationalError) -> bool:
    lost = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
    return isinstance(error.__cause__, lost)
