"""The hotline as an ASGI application."""

import os
from http import HTTPStatus
from typing import Final, cast

from django.conf import settings
from django.core.asgi import get_asgi_application

from takeback.hotline.foundation.headers import headers_for, surface_of_path
from takeback.hotline.foundation.unavailable import CommitsWaitError, say_unavailable
from takeback.hotline.limits.places import with_a_place
from takeback.hotline.limits.turns import NoTurnError
from takeback.running.bodies import Application, Message, Receive, Scope, Send, bounded_bodies, give

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takeback.hotline.config.settings")

_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_BYTES_TOGETHER: Final = 12 * 1024 * 1024

_django = with_a_place(cast(Application, get_asgi_application()))

from takeback.hotline.config.health import takes_nothing  # noqa: E402 - as the next
from takeback.hotline.pages.early import early_refusal  # noqa: E402 - needs Django set up


async def _with_headers(scope: Scope, receive: Receive, send: Send) -> None:
    """Django, a few requests at a time, with its headers also on what never gets that far.

    While commits wait in vain, what wants to change something is told so at once and holds nothing.

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
        if scope["method"] not in _WITHOUT_BODY and takes_nothing():
            while (await receive()).get("more_body"):  # or its sender would not hear the answer
                pass
            raise CommitsWaitError("Commits wait for a follower that does not answer.")
        await _django(scope, receive, send_with_headers)
    except (NoTurnError, CommitsWaitError) as error:
        say_unavailable(error)
        away = isinstance(error, CommitsWaitError)
        cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
        visiting = f"{settings.SESSION_COOKIE_NAME}=".encode() in cookies
        busy = HTTPStatus.SERVICE_UNAVAILABLE
        await give(early_refusal(scope["path"], busy, visiting=visiting, away=away), send)


def _most_body_bytes(method: str, _path: str) -> int:
    # Django would write a larger body to the disk before it looks at its length.
    return 0 if method in _WITHOUT_BODY else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


application = bounded_bodies(
    _with_headers, _most_body_bytes, early_refusal, together=_MOST_BYTES_TOGETHER
)
