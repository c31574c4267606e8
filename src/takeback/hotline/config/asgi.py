"""The hotline as an ASGI application."""

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from django.core.asgi import get_asgi_application

from takeback.hotline.foundation.headers import headers_for, surface_of_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takeback.hotline.config.settings")

_Scope: TypeAlias = dict[str, Any]
_Message: TypeAlias = Mapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]

_django = get_asgi_application()


async def application(scope: _Scope, receive: _Receive, send: _Send) -> None:
    """Django, with the headers also on what it answers before its middleware runs.

    A path that is not UTF-8 or a body that is too large is refused as early as that.
    """

    async def send_with_headers(message: _Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            if b"content-security-policy" not in present:
                table = headers_for(surface_of_path(scope["path"]), found=False)
                added = [(name.lower().encode(), value.encode()) for name, value in table.items()]
                message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    await _django(scope, receive, send_with_headers)
