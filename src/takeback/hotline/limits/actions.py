"""What is limited: sending is slowed and never refused; all else is refused until later.

Where the limiter itself fails, beginning and sending get through at once; all else does not.
"""

import logging
import math
import time
from enum import Enum, unique
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Final

from django.http import HttpRequest, HttpResponse

from takeback.hotline.limits.domain import Allowance, Buckets
from takeback.hotline.limits.places import place_given_back
from takeback.hotline.pages.errors import error_response

MOST_SECONDS: Final = 5.0
"""Longest that one sending is held up."""
MOST_WAITING: Final = 32
"""How many wait at a time; each holds a thread, so any others are let through."""

_log = logging.getLogger(__name__)


@unique
class Limit(Enum):
    """What one source may do how often. A school may be one source, so all are generous."""

    SEND = Allowance(burst=20, seconds=15)
    BEGIN = Allowance(burst=100, seconds=2)
    """Beginning a visit, which leaves a row for two hours."""
    LOOK_UP = Allowance(burst=30, seconds=5)
    DESK_LOG_IN = Allowance(burst=10, seconds=10)
    PLATFORM_LOG_IN = Allowance(burst=10, seconds=10)
    DESK_JOIN = Allowance(burst=10, seconds=10)
    PLATFORM_JOIN = Allowance(burst=10, seconds=10)
    SEE_DESK_LOG_IN = Allowance(burst=60, seconds=1)
    """Looking at one of the four pages above; at two of them the device is asked for a passkey."""
    SEE_PLATFORM_LOG_IN = Allowance(burst=60, seconds=1)
    SEE_DESK_JOIN = Allowance(burst=60, seconds=1)
    SEE_PLATFORM_JOIN = Allowance(burst=60, seconds=1)


_LOOKING: Final = {
    Limit.DESK_LOG_IN: Limit.SEE_DESK_LOG_IN,
    Limit.PLATFORM_LOG_IN: Limit.SEE_PLATFORM_LOG_IN,
    Limit.DESK_JOIN: Limit.SEE_DESK_JOIN,
    Limit.PLATFORM_JOIN: Limit.SEE_PLATFORM_JOIN,
}
_buckets = {limit: Buckets(limit.value, time.time) for limit in Limit}
_waiting = BoundedSemaphore(MOST_WAITING)


def slow_down(request: HttpRequest) -> None:
    """Hold up a sending whose source has sent much lately; at most `MOST_SECONDS`, never for good.

    Whatever fails here, the sending goes on.
    """
    try:
        seconds = min(_take(Limit.SEND, request), MOST_SECONDS)
    except Exception as error:  # a young person is never turned away by this
        _log.warning("The limiter failed (%s); a sending went through.", type(error).__name__)
        return
    if seconds > 0 and _waiting.acquire(blocking=False):
        try:
            with place_given_back():
                time.sleep(seconds)
        finally:
            _waiting.release()


def refused(request: HttpRequest, limit: Limit) -> HttpResponse | None:
    """The page for a source that has asked too often, or None if it may go on.

    Where the limiter fails, nobody may (503), except to begin.
    """
    try:
        seconds = _take(limit, request)
    except Exception as error:
        if limit is Limit.BEGIN:
            _log.warning("The limiter failed (%s); a visit began.", type(error).__name__)
            return None
        _log.error("The limiter failed (%s); a request was refused.", type(error).__name__)
        return error_response(request, HTTPStatus.SERVICE_UNAVAILABLE)
    if seconds <= 0:
        return None
    return error_response(
        request, HTTPStatus.TOO_MANY_REQUESTS, retry_after=max(1, math.ceil(seconds))
    )


def refused_at_the_door(request: HttpRequest, limit: Limit) -> HttpResponse | None:
    """The same for a page with a way in; trying is limited by `limit`, looking by one of its own.

    `limit`: that of one of the four log-in pages. Whoever uses one page up still sees the others.
    """
    return refused(request, limit if request.method == "POST" else _LOOKING[limit])


def forget_everyone() -> None:
    """Throw away all that is held of anyone."""
    for buckets in _buckets.values():
        buckets.forget()


def _take(limit: Limit, request: HttpRequest) -> float:
    # uvicorn has put there who is behind the proxies that settings.TRUSTED_PROXIES names.
    return _buckets[limit].take(request.META.get("REMOTE_ADDR", ""))
