"""What means "not now, come again" (503), wherever in a request it is found out."""

import logging
from typing import Final

from django.db import InterfaceError, OperationalError

COME_AGAIN_SECONDS: Final = 30
"""When to try again, where nobody knows better."""

_log = logging.getLogger(__name__)


class TooManyHereError(RuntimeError):
    """There are too many people here just now; nothing was done, and asking again is right."""


class CommitsWaitError(RuntimeError):
    """What is committed now would wait in vain; nothing was done."""


def is_away(error: BaseException | None) -> bool:
    """Whether an error says that the database, or a connection to it, can't be had now.

    Django gives a pool without a free connection (`psycopg_pool.PoolTimeout`), a server that is
    gone or shuts down, and a full disk these two types.
    """
    return isinstance(error, (OperationalError, InterfaceError))


def say_unavailable(error: BaseException) -> None:
    """Log the type of what was answered with 503; `logs` writes few of them."""
    _log.warning("Requests are answered with 503: %s.", type(error.__cause__ or error).__name__)
