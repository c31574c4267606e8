"""Calm pages for what goes wrong, with the same headers and helplines as every other page."""

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


def error_response(request: HttpRequest, status: int) -> HttpResponse:
    """The page for `status`; a program that asks gets one line of JSON."""
    if surface_of_path(request.path) in {Surface.API, Surface.STATIC}:
        return JsonResponse({"error": _FOR_PROGRAMS.get(status, "error")}, status=status)
    body = render_to_string("pages/error.html", {"status": status}, request)
    return HttpResponse(body, status=status)


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
    """Django's handler500."""
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
    places: dict[str, str | None] = settings.AFTER_THE_VISIT
    route = next(route for place, route in places.items() if path.startswith(place))
    return path if route is None else reverse(route)
