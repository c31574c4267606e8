"""What a visitor reads when a request is refused before Django has seen it.

Refusing must cost less than asking, so each page is made once for each language and place.
"""

from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_from_path, override

from takeback.hotline.foundation.headers import Surface, headers_for, surface_of_path
from takeback.hotline.pages.errors import error_response
from takeback.running.refusals import Refusal, retry_after


def early_refusal(path: str, status: HTTPStatus) -> Refusal:
    """The same page, or line of JSON, that `error_response` gives; `path` may be empty."""
    surface = surface_of_path(path)
    language = get_language_from_path(path) or settings.LANGUAGE_CODE
    return _refusal(surface, language, status)


@cache  # surfaces, languages and statuses are few
def _refusal(surface: Surface, language: str, status: HTTPStatus) -> Refusal:
    request = HttpRequest()
    request.path = _a_path_of(surface, language)
    with override(language):
        response = error_response(request, status)
    table = headers_for(surface, found=False) | {"Content-Type": response.headers["Content-Type"]}
    headers = [(name.lower().encode(), value.encode()) for name, value in table.items()]
    return Refusal(status, (*headers, *retry_after(status)), response.content)


def _a_path_of(surface: Surface, language: str) -> str:
    places: dict[str, str] = settings.SURFACES
    for place, of_surface in places.items():
        if of_surface == surface:
            return place
    return "/" if language == settings.LANGUAGE_CODE else f"/{language}/"
