"""Lets through the methods that a view answers, and tells everybody else which those are."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from takeback.hotline.foundation.database import release_connection
from takeback.hotline.foundation.middleware import note_methods
from takeback.hotline.pages.errors import error_response

_Arguments = ParamSpec("_Arguments")
_View = Callable[Concatenate[HttpRequest, _Arguments], HttpResponseBase]
_NOT_ALLOWED = 405


def methods(*allowed: str) -> Callable[[_View[_Arguments]], _View[_Arguments]]:
    """Answer other methods than `allowed` with a calm page and status 405; GET brings HEAD."""
    return _only(_with_head(allowed), _for_people)


def methods_for_programs(*allowed: str) -> Callable[[_View[_Arguments]], _View[_Arguments]]:
    """Answer other methods than `allowed` with JSON and status 405; GET brings HEAD.

    The connection to the database is given back before the answer goes out, as the middleware does
    for pages.
    """
    only = _only(_with_head(allowed), _for_programs)
    return lambda view: only(_releasing(view))


def refused_method(request: HttpRequest, *names: str) -> HttpResponse | None:
    """The JSON for a request of another method than these, None if it is one of them.

    For views that answer asynchronously; they say for themselves what HEAD gets, and name it.
    """
    return None if request.method in names else _refused(request, names, _for_programs)


def _only(
    names: tuple[str, ...], refusal: Callable[[HttpRequest, tuple[str, ...]], HttpResponse]
) -> Callable[[_View[_Arguments]], _View[_Arguments]]:
    def decorate(view: _View[_Arguments]) -> _View[_Arguments]:
        @wraps(view)
        def checked(
            request: HttpRequest, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
        ) -> HttpResponseBase:
            if request.method in names:
                return view(request, *args, **kwargs)
            return _refused(request, names, refusal)

        note_methods(checked, names)
        return checked

    return decorate


def _releasing(view: _View[_Arguments]) -> _View[_Arguments]:
    @wraps(view)
    def released(
        request: HttpRequest, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        finally:
            release_connection()

    return released


def _refused(
    request: HttpRequest,
    names: tuple[str, ...],
    refusal: Callable[[HttpRequest, tuple[str, ...]], HttpResponse],
) -> HttpResponse:
    response = refusal(request, names)
    response.headers["Allow"] = ", ".join(names)
    return response


def _with_head(allowed: Iterable[str]) -> tuple[str, ...]:
    names = {*allowed}
    return tuple(sorted(names | {"HEAD"} if "GET" in names else names))


def _for_people(request: HttpRequest, _names: tuple[str, ...]) -> HttpResponse:
    return error_response(request, _NOT_ALLOWED)


def _for_programs(_request: HttpRequest, names: tuple[str, ...]) -> HttpResponse:
    body = {"error": "method_not_allowed", "message": f"Use {' or '.join(names)}."}
    return JsonResponse(body, status=_NOT_ALLOWED)
