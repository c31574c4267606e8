"""The hotline as an ASGI application."""

import os
from functools import lru_cache
from typing import Final, cast

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from takeback.hotline.foundation.headers import headers_for, surface_of_path
from takeback.hotline.foundation.unavailable import say_seldom
from takeback.hotline.limits.places import with_a_place
from takeback.hotline.limits.turns import NoTurnError
from takeback.hotline.pages.errors import too_many_here
from takeback.running.bodies import Application, Message, Receive, Scope, Send, bounded_bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takeback.hotline.config.settings")

_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_BYTES_TOGETHER: Final = 12 * 1024 * 1024

_django = with_a_place(cast(Application, get_asgi_application()))

from takeback.hotline.pages.early import early_refusal  # noqa: E402 - needs Django set up


async def _with_headers(scope: Scope, receive: Receive, send: Send) -> None:
    """Django, a few requests at a time, with its headers also on what never gets that far.

    A path that is not UTF-8 is refused before Django's middleware runs; who waited for a place in
    vain, before Django.
    """

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            if b"content-security-policy" not in present:
                table = headers_for(surface_of_path(scope["path"]), found=False)
                added = [(name.lower().encode(), value.encode()) for name, value in table.items()]
                message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    try:
        await _django(scope, receive, send_with_headers)
    except NoTurnError as error:
        say_seldom(error)
        cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
        visiting = f"{settings.SESSION_COOKIE_NAME}=".encode() in cookies
        response = _refusal(scope["path"], visiting=visiting)
        headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
        length = (b"content-length", str(len(response.content)).encode())
        start = {"type": "http.response.start", "status": response.status_code}
        await send_with_headers({**start, "headers": [*headers, length]})
        body = b"" if scope["method"] == "HEAD" else response.content
        await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=256)  # a flood must not cost as much here as it would have there
def _refusal(path: str, *, visiting: bool) -> HttpResponse:
    """The page in the language of its address; it asks neither the database nor a session."""
    request = HttpRequest()
    request.path = request.path_info = path
    if visiting:
        request.COOKIES[settings.SESSION_COOKIE_NAME] = ""
    with translation.override(translation.get_language_from_path(path) or settings.LANGUAGE_CODE):
        return too_many_here(request, NoTurnError("Too many wait."))


def _most_body_bytes(method: str, _path: str) -> int:
    # Django would write a larger body to the disk before it looks at its length.
    return 0 if method in _WITHOUT_BODY else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


application = bounded_bodies(
    _with_headers, _most_body_bytes, early_refusal, together=_MOST_BYTES_TOGETHER
)
