"""What a visitor reads when a request is refused before Django has seen it.

Refusing must cost less than asking, so each page is made once for each language and place.
"""

from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language_from_path, override

from takeback.hotline.foundation.headers import Surface, headers_for, surface_of_path
from takeback.hotline.foundation.unavailable import TooManyHereError
from takeback.hotline.pages.errors import away as unreachable
from takeback.hotline.pages.errors import error_response, too_many_here
from takeback.running.refusals import Refusal, retry_after


def early_refusal(
    path: str, status: HTTPStatus, *, visiting: bool = False, away: bool = False
) -> Refusal:
    """The same page, or line of JSON, that Django would give; `path` may be empty.

    `visiting`: whether the visitor has a session, which is kept, so that a step can be sent again.
    `away`: whether it is 503 because of the database, and not because many are here.
    """
    language = get_language_from_path(path) or settings.LANGUAGE_CODE
    with override(language):
        goes_on = visiting and path == reverse(settings.VISIT_ROUTE)
    return _refusal(surface_of_path(path), language, status, goes_on=goes_on, away=away)


@cache  # surfaces, languages and statuses are few
def _refusal(
    surface: Surface, language: str, status: HTTPStatus, *, goes_on: bool, away: bool
) -> Refusal:
    request = HttpRequest()
    with override(language):
        request.path = reverse(settings.VISIT_ROUTE) if goes_on else _a_path_of(surface, language)
        if goes_on:
            request.COOKIES[settings.SESSION_COOKIE_NAME] = ""
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            error = TooManyHereError("Too many wait.")
            response = unreachable(request, error) if away else too_many_here(request, error)
        else:
            response = error_response(request, status)
    table = headers_for(surface, found=False) | {"Content-Type": response.headers["Content-Type"]}
    if again := response.headers.get("Retry-After"):
        table["Retry-After"] = again
    headers = tuple((name.lower().encode(), value.encode()) for name, value in table.items())
    return Refusal(status, headers if again else (*headers, *retry_after(status)), response.content)


def _a_path_of(surface: Surface, language: str) -> str:
    places: dict[str, str] = settings.SURFACES
    for place, of_surface in places.items():
        if of_surface == surface:
            return place
    return "/" if language == settings.LANGUAGE_CODE else f"/{language}/"
