"""Middleware for pages: the requests of programs, which have no session or form, pass it by.

Each middleware of Django's own style costs a request that is answered asynchronously two changes of
thread; with fifty gates that ask at once, that is much of what the hotline does.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils.decorators import sync_and_async_middleware

from takeback.hotline.foundation.headers import Surface, surface_of_path
from takeback.hotline.foundation.session_cookies import SessionsByPlace

_GetResponse = Callable[[HttpRequest], Any]
_ANSWERED: Final = "answered_methods"


def note_methods(view: Callable[..., Any], names: tuple[str, ...]) -> None:
    """Note on a view which methods it answers; all others it refuses by itself.

    Such a refusal changes nothing and is the same for everybody, so it needs no token. What wraps
    the view with `functools.wraps` has the note, too.
    """
    setattr(view, _ANSWERED, names)


class _CsrfWhereAnswered(CsrfViewMiddleware):
    """Asks for a token where the view answers the method; otherwise 405 is the answer, not 403."""

    def process_view(
        self, request: HttpRequest, callback: Callable[..., Any], *arguments: Any
    ) -> Any:
        """Let through what the view refuses."""
        if request.method not in getattr(callback, _ANSWERED, (request.method,)):
            return None
        return super().process_view(request, callback, *arguments)


def _pages_only(middleware: Callable[[Any], Any]) -> Callable[[_GetResponse], _GetResponse]:
    @sync_and_async_middleware
    def made(get_response: _GetResponse) -> _GetResponse:
        answering = _async if iscoroutinefunction(get_response) else _sync
        return answering(middleware(get_response), get_response)

    return made


def _async(inner: Any, get_response: _GetResponse) -> _GetResponse:
    async def answer(request: HttpRequest) -> HttpResponseBase:
        chosen: Awaitable[HttpResponseBase] = (
            get_response if _is_of_a_program(request) else inner
        )(request)
        return await chosen

    async def process_view(request: HttpRequest, *view: Any) -> HttpResponseBase | None:
        if _is_of_a_program(request):
            return None
        found: HttpResponseBase | None = await sync_to_async(inner.process_view)(request, *view)
        return found

    if hasattr(inner, "process_view"):
        answer.process_view = process_view  # type: ignore[attr-defined] # where Django looks for it
    return answer


def _sync(inner: Any, get_response: _GetResponse) -> _GetResponse:
    def answer(request: HttpRequest) -> HttpResponseBase:
        found: HttpResponseBase = (get_response if _is_of_a_program(request) else inner)(request)
        return found

    def process_view(request: HttpRequest, *view: Any) -> HttpResponseBase | None:
        if _is_of_a_program(request):
            return None
        found: HttpResponseBase | None = inner.process_view(request, *view)
        return found

    if hasattr(inner, "process_view"):
        answer.process_view = process_view  # type: ignore[attr-defined] # where Django looks for it
    return answer


def _is_of_a_program(request: HttpRequest) -> bool:
    return surface_of_path(request.path) is Surface.API


sessions_by_place = _pages_only(SessionsByPlace)
locale = _pages_only(LocaleMiddleware)
common = _pages_only(CommonMiddleware)
csrf = _pages_only(_CsrfWhereAnswered)
