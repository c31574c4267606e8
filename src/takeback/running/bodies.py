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

FREE_BYTES: Final = 32 * 1024
"""Of each body: a report of fifty pictures, or of one, never waits for what others send."""

_MOST_DIGITS: Final = 20  # of a length below 2⁶⁴


def bounded_bodies(
    application: Application,
    most_bytes: Callable[[str, str], int],
    refuse: Refuse = plain_refusal,
    together: int | None = None,
) -> Application:
    """Return the application behind a count of each body's bytes.

    `most_bytes` is given method and path. Once the application wants a body that is announced as
    larger, it is refused with 413 and none of it is read; one that turns out to be larger, at the
    first byte too many. The application then hears that the client has gone, and what it still
    answers is dropped. One that answers without the body, as 404 does, is not disturbed.

    `together`: how many bytes of all bodies may be held by requests that are not answered yet,
    without the first `FREE_BYTES` of each; for an application that keeps bodies whole. Beyond that
    a request is refused with 503. None: no bound.
    """
    room = _Room(together)

    async def bounded(scope: Scope, receive: Receive, send: Send) -> None:
        announced = announced_bytes(scope["headers"]) if scope["type"] == "http" else 0
        if announced == 0:
            await application(scope, receive, send)
            return
        counted = _Counted(receive, send, most_bytes(scope["method"], scope["path"]), room)
        counted.expect(announced)
        try:
            await application(scope, counted.receive, counted.send)
        except Exception:
            if not counted.is_dropped:
                raise
        finally:
            room.held -= counted.held
        if counted.refused and counted.is_dropped and not counted.is_started:
            await give(refuse(scope["path"], counted.refused), send)

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


class _Room:
    """What is held of all bodies together."""

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.held = 0


class _Counted:
    """One request's receive and send. `refused`: with what, as soon as that is known."""

    def __init__(self, receive: Receive, send: Send, most: int, room: _Room) -> None:
        self._receive = receive
        self._send = send
        self._most = most
        self._room = room
        self._received = 0
        self.held = 0
        self.refused: HTTPStatus | None = None
        self.is_dropped = False
        self.is_started = False

    def expect(self, announced: int | None) -> None:
        if announced is not None and announced > self._most:
            self.refused = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    async def receive(self) -> Message:
        if self.refused is None:
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._count(len(message.get("body", b"")))
            if self.refused is None:
                return message
        self.is_dropped = True
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self.is_dropped or self.is_started:
            self.is_started = True
            await self._send(message)

    def _count(self, size: int) -> None:
        self._received += size
        if self._received > self._most:
            self.refused = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        elif self._room.most is not None:
            more = max(0, self._received - FREE_BYTES) - self.held
            if self._room.held + more > self._room.most:
                self.refused = HTTPStatus.SERVICE_UNAVAILABLE
            else:
                self._room.held += more
                self.held += more
