"""Two kinds of visitors, two cookies: the desk's goes to the desk's pages only.

Whoever works at the desk and looks at the young people's pages in the same browser is nobody there,
and the other way round.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from takeback.hotline.config.headers import is_desk
from takeback.hotline.config.sessions import SessionStore

DESK_PATH = "/desk/"


class SessionsOfTwoKinds(MiddlewareMixin):
    """Django's own for the young people's pages; for the desk the same with another cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self._usual = SessionMiddleware(get_response)

    def process_request(self, request: HttpRequest) -> None:
        """Put the session of the cookie that belongs to this place on the request."""
        if not is_desk(request.path):
            self._usual.process_request(request)
            return
        request.session = SessionStore(request.COOKIES.get(settings.DESK_COOKIE_NAME))

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Keep the session and send its cookie, if anything in it has changed."""
        if not is_desk(request.path):
            return self._usual.process_response(request, response)  # type: ignore[arg-type] # any will do
        session = getattr(request, "session", None)
        if session is None:
            return response
        if session.is_empty():
            if settings.DESK_COOKIE_NAME in request.COOKIES:
                response.delete_cookie(settings.DESK_COOKIE_NAME, DESK_PATH, samesite="Strict")
        elif session.modified and response.status_code < 500:  # noqa: PLR2004 - a server error
            try:
                session.save()
            except UpdateError:  # ended meanwhile: a session that is gone stays gone
                response.delete_cookie(settings.DESK_COOKIE_NAME, DESK_PATH, samesite="Strict")
                return response
            response.set_cookie(
                settings.DESK_COOKIE_NAME,
                session.session_key or "",
                path=DESK_PATH,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
        return response
