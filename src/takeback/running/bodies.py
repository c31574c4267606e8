"""Counts the bytes of a body before the application gets them: too many are refused, and go."""

import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from takeback.running.refusals import Refusal, Refuse, plain_refusal

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_MOST_DIGITS: Final = 20  # of a length below 2⁶⁴


def bounded_bodies(
    application: Application,
    most_bytes: Callable[[str, str], int],
    refuse: Refuse = plain_refusal,
) -> Application:
    """Return the application behind a count of each body's bytes.

    `most_bytes` is given method and path. Once the application wants a body that is announced as
    larger, it is refused with 413 and none of it is read; one that turns out to be larger, at the
    first byte too many. The application then hears that the client has gone, and what it still
    answers is dropped. One that answers without the body, as 404 does, is not disturbed.
    """

    async def bounded(scope: Scope, receive: Receive, send: Send) -> None:
        announced = announced_bytes(scope["headers"]) if scope["type"] == "http" else 0
        if announced == 0:
            await application(scope, receive, send)
            return
        most = most_bytes(scope["method"], scope["path"])
        counted = _Counted(
            receive, send, most, too_large=announced is not None and announced > most
        )
        try:
            await application(scope, counted.receive, counted.send)
        except Exception:
            if not counted.is_refused:
                raise
        if counted.is_refused and not counted.is_started:
            await give(refuse(scope["path"], HTTPStatus.REQUEST_ENTITY_TOO_LARGE), send)

    return bounded


def announced_bytes(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """The length in bytes that the headers announce: 0 without a body, None if it is unknown."""
    length: int | None = 0
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            length = int(value) if len(value) <= _MOST_DIGITS else sys.maxsize
        elif name == b"transfer-encoding":
            return None
    return length


async def give(refusal: Refusal, send: Send) -> None:
    """Send a whole answer."""
    head = {"status": int(refusal.status), "headers": refusal.all_headers()}
    await send({"type": "http.response.start", **head})
    await send({"type": "http.response.body", "body": refusal.body})


class _Counted:
    """One request's receive and send. `too_large`: whether that is known already."""

    def __init__(self, receive: Receive, send: Send, most: int, *, too_large: bool) -> None:
        self._receive = receive
        self._send = send
        self._left = most
        self._too_large = too_large
        self.is_refused = False
        self.is_started = False

    async def receive(self) -> Message:
        if not self._too_large:
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._left -= len(message.get("body", b""))
            if self._left >= 0:
                return message
            self._too_large = True
        self.is_refused = True
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self.is_refused or self.is_started:
            self.is_started = True
            await self._send(message)
