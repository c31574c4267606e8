"""How many requests are worked on at a time: each holds a place, and sources take turns.

A place is worth a thread and a connection to the database, and there are fewer places than
connections: a request that has one never waits for a connection. It is taken once the whole request
has come, and given back when the answer begins to go out, so neither a slow sender nor a slow
reader holds one; nor does anybody who waits for something else (`place_given_back`).
"""

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final

from takeback.hotline.foundation.database import release_connection
from takeback.hotline.limits.domain import source_digest
from takeback.hotline.limits.turns import NoTurnError, Turn, Turns
from takeback.running.bodies import Application, Message, Receive, Scope, Send
from takeback.running.sources import UnknownSourceError

PLACES: Final = 8
"""Of 20 connections; Python works on one thing at a time, so more would only be slower each."""
MOST_WAITING: Final = 512
WAIT_SECONDS: Final = 20.0
"""A browser shows nothing meanwhile; then it is told to come again."""
_RETURN_SECONDS: Final = 60.0
_NOT_KNOWN: Final = b"unknown"
_LEFT: Final = {"type": "http.disconnect"}
_AT_ONCE: Final = frozenset({"/healthz"})
"""What waits for nobody: whoever watches the hotline must not take it for dead in a crowd."""

_KEY: Final = secrets.token_bytes(32)
_places = Turns(PLACES, MOST_WAITING)


class _Place:
    """What one request holds now; the view's thread may give it back and take it again."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.turn: Turn | None = None
        self.over = False

    def end(self) -> None:
        turn, self.turn = self.turn, None
        if turn is not None:
            turn.end()


_here: ContextVar[_Place | None] = ContextVar("takeback_place", default=None)


def source_here() -> bytes:
    """The digest of where the request under way comes from; one for all that can't be told."""
    place = _here.get()
    return place.source if place is not None else _NOT_KNOWN


def with_a_place(application: Application) -> Application:
    """Let an ASGI application work on so many requests at a time.

    Raises NoTurnError, before anything was sent, for a request that waited too long or in vain. The
    application is told that the visitor has left, so that it closes what it holds of the request.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _AT_ONCE:
            await application(scope, receive, send)
            return
        place = _Place(_source(scope))
        token = _here.set(place)
        whole = False
        refusal: NoTurnError | None = None

        async def receive_then_wait() -> Message:
            nonlocal whole, refusal
            message = await receive()
            if not whole and message["type"] == "http.request" and not message.get("more_body"):
                whole = True
                leaves = scope["method"] in {"GET", "HEAD"}  # what was sent is worked on anyway
                try:
                    there = await _take(place, receive if leaves else None)
                except NoTurnError as error:
                    refusal, there = error, False
                if not there:
                    return _LEFT
            return message

        async def give_back_then_send(message: Message) -> None:
            place.over = True
            place.end()
            if refusal is None:
                await send(message)

        try:
            await application(scope, receive_then_wait, give_back_then_send)
        finally:
            place.over = True
            place.end()
            _here.reset(token)
        if refusal is not None:
            raise refusal

    return answer


@contextmanager
def place_given_back() -> Iterator[None]:
    """Hold neither a connection nor a place within; for threads that wait.

    Takes the place again afterwards, before all who are new.
    """
    release_connection()
    place = _here.get()
    held = place is not None and place.turn is not None
    if place is not None:
        place.end()
    try:
        yield
    finally:
        if place is not None and held and not place.over:
            turn = _places.ask(place.source, returning=True)
            turn.wait(_RETURN_SECONDS)
            place.turn = turn
            if place.over:  # the visitor has left meanwhile
                place.end()


def leave_place() -> None:
    """Give the place of the request under way back for good: it waits long for news of the log."""
    place = _here.get()
    if place is not None:
        place.end()


async def _take(place: _Place, receive: Receive | None) -> bool:
    """Wait for a place; False if the visitor has left before, which `receive` tells."""
    turn = _places.ask(place.source)
    granted = asyncio.wrap_future(turn.granted)
    leaving = asyncio.ensure_future(receive()) if receive is not None else None
    awaited: list[asyncio.Future[Any]] = [granted] if leaving is None else [granted, leaving]
    try:
        await asyncio.wait(awaited, timeout=WAIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not granted.done():
            turn.end()
            if leaving is not None and leaving.done():
                return False
            raise NoTurnError("No place came free in time.")
        granted.result()
        place.turn = turn
        return True
    except BaseException:
        turn.end()
        raise
    finally:
        if leaving is not None and not leaving.done():
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving


def _source(scope: Mapping[str, Any]) -> bytes:
    client = scope.get("client")
    try:
        return source_digest(_KEY, client[0] if client else "")
    except UnknownSourceError:
        return _NOT_KNOWN
