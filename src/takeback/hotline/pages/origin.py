"""Protects the forms on pages without a session, where a CSRF token would need one."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from takeback.hotline.pages.errors import error_response

_Arguments = ParamSpec("_Arguments")
_View = Callable[Concatenate[HttpRequest, _Arguments], HttpResponseBase]


def from_our_own_pages(view: _View[_Arguments]) -> _View[_Arguments]:
    """Refuse a POST that another site's page has sent, by `Origin` or `Sec-Fetch-Site`.

    Every browser of the last years sends one of the two with a form; without both, the visitor's
    program is not a browser, and nobody's page can have misled it.
    """

    @csrf_exempt
    @wraps(view)
    def checked(
        request: HttpRequest, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> HttpResponseBase:
        if request.method == "POST" and not _is_own(request):
            return error_response(request, 403)
        return view(request, *args, **kwargs)

    return checked


def _is_own(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None:
        # What the web server in front says of scheme and host counts only where nothing is stated
        # but `http://`, for trying things out.
        is_tried_out = settings.PUBLIC_URL.startswith("http://")
        own = f"{request.scheme}://{request.get_host()}"
        return origin in settings.CSRF_TRUSTED_ORIGINS or (is_tried_out and origin == own)
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
