"""What may stand in a log: where the program was and what kind of thing went wrong, no more.

No address, user agent, path, query or value that a visitor sent is ever written. A request is
named by its route; of an exception only its type and the frames are kept, because messages quote
the data they stumbled on.
"""

import logging
import sys
from typing import Any, Final

from takeback.running.printable import FramesOnly
from takeback.running.tallies import FewOfAKind

_AS_OFTEN_AS_ASKED: Final = (
    "takeback.hotline.foundation.unavailable",
    "takeback.hotline.limits",
    "takeback.hotline.log.sequencer",
)
"""Loggers, with those below them, that would write a line a request, or one a second."""


class FewFromRequests(FewOfAKind):
    """Of what is logged as often as somebody asks, one line of a kind in five minutes.

    It belongs on a handler: the filter of a logger is not asked about the loggers below it.
    """

    def __init__(self) -> None:
        super().__init__(kind=logging.LogRecord.getMessage)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written; those of all other loggers are."""
        often = any(f"{record.name}.".startswith(f"{name}.") for name in _AS_OFTEN_AS_ASKED)
        return not often or super().filter(record)


class RouteOnly(logging.Filter):
    """Replaces the message of a record about a request by its status and the name of its route."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; always lets it through."""
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        route = match.view_name if match else "no route"
        status = getattr(record, "status_code", None)
        kind = record.name.rpartition(".")[2]
        record.msg = f"{kind} {status}: {route}" if status else f"{kind}: {route}"
        record.args = ()
        return True


def logging_settings() -> dict[str, Any]:
    """Django's `LOGGING` and uvicorn's `log_config`: one quiet stream to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "quiet": {
                "()": FramesOnly,
                "format": "{asctime} {levelname} {name} {message}",
                "style": "{",
            }
        },
        # A request can fail as often as somebody asks; a line in five minutes says how often.
        "filters": {
            "route": {"()": RouteOnly},
            "few": {"()": FewOfAKind},
            "few_from_requests": {"()": FewFromRequests},
        },
        "handlers": {
            "quiet": {
                "class": "logging.StreamHandler",
                "stream": sys.stderr,
                "formatter": "quiet",
                "filters": ["few_from_requests"],
            },
            "requests": {
                "class": "logging.StreamHandler",
                "stream": sys.stderr,
                "formatter": "quiet",
                "filters": ["route", "few"],
            },
        },
        "root": {"handlers": ["quiet"], "level": "WARNING"},
        "loggers": {
            "takeback": {"level": "INFO"},
            # While the database is away, our own watch says so once.
            "psycopg.pool": {"handlers": [], "level": "CRITICAL", "propagate": False},
            "django": {"handlers": ["quiet"], "level": "WARNING", "propagate": False},
            "django.request": {"handlers": ["requests"], "level": "ERROR", "propagate": False},
            # Anyone can provoke these from outside; they say nothing that helps an operator.
            "django.security": {"handlers": [], "level": "CRITICAL", "propagate": False},
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
            "uvicorn.error": {"handlers": ["quiet"], "level": "INFO", "propagate": False},
            "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }
