"""The security headers of every response: one fixed table for each surface decides, nothing else.

Surfaces differ only in what their page must be able to do. A header that a view sets itself and
the table names is overwritten, so that what a route sends can be read here alone.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from takeback.hotline.foundation.unavailable import COME_AGAIN_SECONDS


class Surface(StrEnum):
    """A group of routes with the same headers."""

    PAGES = "pages"
    """What a young person reads."""
    FINGERPRINTS = "fingerprints"
    """Pages that start workers: pictures, the case code, coming back."""
    STATIC = "static"
    """Built files; a worker takes its policy from its own script's response."""
    DESK = "desk"
    """What the hotline's own people see; the one place that may ask for a passkey."""
    API = "api"
    """The log, the list and its feeds, for programs."""


_NONE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_PAGE = (
    "default-src 'none'; script-src 'self'{wasm}; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; {workers}base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types {policies}"
)
_POLICIES: Mapping[Surface, str] = {
    Surface.PAGES: _PAGE.format(wasm="", workers="", policies="'none'"),
    Surface.FINGERPRINTS: _PAGE.format(
        wasm=" 'wasm-unsafe-eval'", workers="worker-src 'self'; ", policies="takeback"
    ),
    Surface.DESK: _PAGE.format(wasm="", workers="", policies="'none'"),
    Surface.STATIC: (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    Surface.API: _NONE,
}

# Everything a page could ask of the device. Copying the code needs the clipboard, nothing else.
_REFUSED_FEATURES = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
_PERMISSIONS = ", ".join(
    ["clipboard-write=(self)", *(f"{feature}=()" for feature in _REFUSED_FEATURES)]
)

_PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")
_DESK_PERMISSIONS = _PERMISSIONS
for _feature in _PASSKEYS:
    _DESK_PERMISSIONS = _DESK_PERMISSIONS.replace(f"{_feature}=()", f"{_feature}=(self)")

_EVERYWHERE: Mapping[str, str] = {
    # Not "no-referrer": Chromium then sends `Origin: null` and the CSRF check refuses our forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Permissions-Policy": _PERMISSIONS,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}

_VARY: Mapping[Surface, str] = {
    Surface.PAGES: "Accept-Encoding, Accept-Language, Cookie",
    Surface.FINGERPRINTS: "Accept-Language, Cookie",
    Surface.DESK: "Cookie",
    Surface.STATIC: "Accept-Encoding",
    Surface.API: "",
}

_NO_STORE = "no-store"
_FOREVER = "public, max-age=31536000, immutable"
_HSTS = "max-age=63072000; includeSubDomains"

_COME_AGAIN = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)

_SURFACE_ATTRIBUTE = "_takeback_surface"


_Response = TypeVar("_Response", bound=HttpResponseBase)


def on_surface(surface: Surface, response: _Response) -> _Response:
    """Mark a response as belonging to `surface`; unmarked ones are told apart by their path."""
    setattr(response, _SURFACE_ATTRIBUTE, surface)
    return response


def surface_of_path(path: str) -> Surface:
    """The surface of a path when no view has said otherwise, by the setting `SURFACES`."""
    for place, surface in settings.SURFACES.items():
        if path.startswith(place):
            return Surface(surface)
    return Surface.PAGES


def headers_for(surface: Surface, *, found: bool = True) -> dict[str, str]:
    """The whole table for one response; only a static file that was `found` may be kept."""
    table = dict(_EVERYWHERE)
    table["Content-Security-Policy"] = _POLICIES[surface]
    if surface is Surface.DESK:
        table["Permissions-Policy"] = _DESK_PERMISSIONS
    if surface is Surface.STATIC and found:
        table["Cache-Control"] = _FOREVER
    elif surface is not Surface.API or not found:
        table["Cache-Control"] = _NO_STORE
    if settings.PUBLIC_URL.startswith("https://"):
        table["Strict-Transport-Security"] = _HSTS
    return table


@sync_and_async_middleware
def strict_headers(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Put the table on every response that Django makes; stands first among the middleware."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            return _with_headers(request, await get_response(request))

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _with_headers(request, get_response(request))

    return answer


def _with_headers(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Set each header of the table, over whatever stood there."""
    surface = getattr(response, _SURFACE_ATTRIBUTE, surface_of_path(request.path))
    for name, value in headers_for(
        surface, found=response.status_code in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
    ).items():
        response.headers[name] = value
    if response.status_code in _COME_AGAIN:
        response.headers.setdefault("Retry-After", str(COME_AGAIN_SECONDS))
    if surface is Surface.API:
        response.headers.setdefault("Cache-Control", _NO_STORE)
        if isinstance(response, HttpResponse):  # what is streamed has no length yet
            response.headers.setdefault("Content-Length", str(len(response.content)))
    # Which of these were looked at differs by request; a fixed list tells nothing.
    if vary := _VARY[surface]:
        response.headers["Vary"] = vary
    else:
        response.headers.pop("Vary", None)
    return response
