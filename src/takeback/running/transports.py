"""What stands between a bounded protocol and its socket: reads of its size, and an end of its own.

They know of the protocol only what they call.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol, cast


class Reader(Protocol):
    """The protocol, as a read meets it."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """The connection stands."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""

    def body_is_taken(self) -> bool:
        """Whether a body is coming of which nothing waits to be taken."""

    def received(self, data: memoryview) -> None:
        """Take what was read; it is overwritten by the next read."""

    def eof_received(self) -> None:
        """The other side sends no more."""

    def pause_writing(self) -> None:
        """Much waits to be sent."""

    def resume_writing(self) -> None:
        """It has been sent."""


class Reads(asyncio.BufferedProtocol):
    """Reads less at a time than an event loop gives by itself, and into the same place for all.

    Stands before a protocol instead of being one, as uvloop reads so for nothing else. `buffer` is
    the beginning of `body_buffer`, which takes more of a body at a time.
    """

    def __init__(self, http: Reader, buffer: memoryview, body_buffer: memoryview) -> None:
        self._http = http
        self._buffer = buffer
        self._body_buffer = body_buffer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Pass it on."""
        self._http.connection_made(cast(asyncio.Transport, transport))

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on."""
        self._http.connection_lost(exc)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the next read goes."""
        return self._body_buffer if self._http.body_is_taken() else self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Pass on what was read."""
        self._http.received(self._body_buffer[:nbytes])

    def eof_received(self) -> None:
        """Pass it on."""
        self._http.eof_received()

    def pause_writing(self) -> None:
        """Pass it on."""
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._http.resume_writing()


class EndingTransport(asyncio.Transport):
    """A transport as a request meets it after which the connection ends in the protocol's way."""

    def __init__(self, transport: asyncio.Transport, end: Callable[[], None]) -> None:
        super().__init__()
        self._transport = transport
        self._end = end

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write to the socket."""
        self._transport.write(data)

    def is_closing(self) -> bool:
        """Whether the socket is closing."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Let the protocol end."""
        self._end()
