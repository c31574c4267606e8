"""Calm pages for what goes wrong, with the same headers and helplines as every other page."""

import sys

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.loader import render_to_string
from django.urls import reverse

from takeback.hotline.foundation.headers import Surface, surface_of_path
from takeback.hotline.foundation.unavailable import (
    COME_AGAIN_SECONDS,
    TooManyHereError,
    is_away,
    say_unavailable,
)

_UNAVAILABLE = 503


def error_response(
    request: HttpRequest, status: int, *, retry_after: int | None = None
) -> HttpResponse:
    """The page for `status`; a program that asks gets one line of JSON.

    `retry_after`: the seconds after which asking again makes sense, for 429 and 503.
    """
    response = _answer(request, status, {})
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def too_many_here(
    request: HttpRequest, error: TooManyHereError, *, retry_after: int = COME_AGAIN_SECONDS
) -> HttpResponse:
    """The answer 503 for somebody who waited in vain; what they answered before is kept."""
    return _come_again(request, error, {"error": "busy", "message": _BUSY}, retry_after)


def away(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The answer 503 where it is not a crowd but the database that is in the way."""
    body = {"error": "unavailable", "message": _UNREACHABLE}
    return _come_again(request, error, body, COME_AGAIN_SECONDS)


def _come_again(
    request: HttpRequest, error: BaseException, body: dict[str, str], seconds: int
) -> HttpResponse:
    say_unavailable(error)
    response = _answer(request, _UNAVAILABLE, body)
    response.headers["Retry-After"] = str(seconds)
    # Django would log each of them, with its traceback, however many there are.
    setattr(response, "_has_been_logged", True)  # noqa: B010 - Django's own, without a type
    return response


def _answer(request: HttpRequest, status: int, body: dict[str, str]) -> HttpResponse:
    if surface_of_path(request.path) in {Surface.API, Surface.STATIC}:
        return JsonResponse(body or {"error": _FOR_PROGRAMS.get(status, "error")}, status=status)
    context = {
        "status": status,
        "away": body.get("error") == "unavailable",
        # A visit is kept; whoever was in the middle of one can go on with it.
        "visit": settings.VISIT_ROUTE
        if settings.SESSION_COOKIE_NAME in request.COOKIES
        and request.path == reverse(settings.VISIT_ROUTE)
        else None,
    }
    return HttpResponse(render_to_string("pages/error.html", context, request), status=status)


_BUSY = "Too many requests are being worked on. Ask again after the seconds in Retry-After."
_UNREACHABLE = (
    "The hotline can't use its database just now. Ask again after the seconds in Retry-After."
)


_FOR_PROGRAMS = {
    400: "bad request",
    403: "forbidden",
    404: "not found",
    405: "method not allowed",
    408: "too slow",
    409: "conflict",
    413: "too large",
    429: "too many requests",
    431: "headers too large",
    500: "internal error",
    503: "busy",
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return error_response(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return error_response(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return error_response(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500, which it calls while the error is being handled.

    Whatever layer met it, a database that can't be had is 503: come again.
    """
    error = sys.exc_info()[1]
    if isinstance(error, TooManyHereError):
        return too_many_here(request, error)
    if error is not None and is_away(error):
        return away(request, error)
    return error_response(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW.

    The token lives in the session: a form sent after the visit ended fails here first, and its
    sender is told so. Without a session there is nothing that another site could misuse.
    """
    if request.session.is_empty():
        return HttpResponseRedirect(_after_the_visit(request.path), status=303)
    return error_response(request, 403)


def _after_the_visit(path: str) -> str:
    """Where a person goes on after their session ended while they filled in a form."""
    places: dict[str, str] = settings.AFTER_THE_VISIT
    return reverse(next(route for place, route in places.items() if path.startswith(place)))
