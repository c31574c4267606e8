"""Some pages have a cookie of their own, which goes to those pages only: the setting `COOKIES`.

Someone who works at the desk and opens the young people's pages in the same browser is a stranger
there, and the other way round; so is a platform's engineer.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from takeback.hotline.foundation.database import release_connection
from takeback.hotline.foundation.sessions import SessionStore


class SessionsByPlace(MiddlewareMixin):
    """Django's own for the young people's pages; elsewhere the same with another cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self._usual = SessionMiddleware(get_response)

    def process_request(self, request: HttpRequest) -> None:
        """Put the session of the cookie that belongs to this place on the request."""
        place = _place(request.path)
        if place is None:
            self._usual.process_request(request)
            return
        request.session = SessionStore(request.COOKIES.get(settings.COOKIES[place]))

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Keep the session and send its cookie, if anything in it has changed.

        That is the last that a page needs of the database: its connection is given back.
        """
        try:
            return self._answered(request, response)
        finally:
            release_connection()

    def _answered(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        place = _place(request.path)
        if place is None:
            return self._usual.process_response(request, response)  # type: ignore[arg-type] # any will do
        name = settings.COOKIES[place]
        session = getattr(request, "session", None)
        if session is None:
            return response
        if session.is_empty():
            if name in request.COOKIES:
                response.delete_cookie(name, place, samesite="Strict")
        elif session.modified and response.status_code < 500:  # noqa: PLR2004 - a server error
            try:
                session.save()
            except UpdateError:  # ended meanwhile: a session that is gone stays gone
                response.delete_cookie(name, place, samesite="Strict")
                return response
            response.set_cookie(
                name,
                session.session_key or "",
                path=place,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
        return response


def _place(path: str) -> str | None:
    return next((place for place in settings.COOKIES if path.startswith(place)), None)
