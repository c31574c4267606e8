"""HTTP/1.1 on a bounded connection: uvicorn's own protocol, which bounds nothing, with bounds.

See docs/decisions/0023-bounds.md. An idle request costs what it cost before: bounds are looked at
once for each read, and time once a second for all connections together.
"""

import asyncio
import logging
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Final, cast

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from takeback.running.connections import Bounds, OpenConnections
from takeback.running.refusals import Refuse, plain_refusal
from takeback.running.tallies import FewOfAKind
from takeback.running.transports import EndingTransport, Reads

_HEADER_OVERHEAD: Final = 4  # a colon, a space, the end of the line
_BODY_AHEAD_BYTES: Final = 16 * 1024
_FRAMING_BYTES: Final = 128 * 1024
_FRAMING_SHARE: Final = 8  # one byte of chunk lines for eight of the body: chunks of some 50 bytes

_KINDS: Final = {
    HTTPStatus.BAD_REQUEST: "malformed requests",
    HTTPStatus.REQUEST_TIMEOUT: "requests that came too slowly",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "heads that were too large",
}
_VERSIONS: Final = frozenset({"1.0", "1.1"})
_FRAMING_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding"})


_FEW: Final = FewOfAKind()


class _Reading(Enum):
    HEAD = auto()
    BODY = auto()
    ENOUGH = auto()
    """What was taken is still answered; what comes after it is thrown away."""
    NOTHING = auto()
    """The last answer has gone: what still comes is thrown away."""


class _RefusedError(Exception):
    """Stops the parser; carries nothing, as the parser throws it away."""


def bounded(bounds: Bounds, refuse: Refuse = plain_refusal) -> type[asyncio.Protocol]:
    """Return the protocol for one `uvicorn.Config(http=…)`; all its connections share the bounds.

    `ws` beside it must be "none": what upgrades to WebSocket leaves this protocol and its bounds.
    """
    opened = OpenConnections(bounds, refuse)
    for name in ("uvicorn.error", "asyncio"):  # of the same filter, a logger takes one
        logging.getLogger(name).addFilter(_FEW)

    def connect(
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> asyncio.BaseProtocol:
        http = BoundedProtocol(opened, config, server_state, app_state, _loop)
        return Reads(http, opened.buffer, opened.body_buffer)

    return cast(type[asyncio.Protocol], connect)  # uvicorn calls it, and asks no more of it


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        opened: OpenConnections,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        self.opened = opened
        self._reading = _Reading.HEAD
        self._source: bytes | None = None
        self._requests = 0
        self._at_work: RequestResponseCycle | None = None
        self._fault: HTTPStatus | None = HTTPStatus.BAD_REQUEST
        self._in_head = False
        self._head_bytes = 0
        self._framing = b""
        self._resuming = False
        self._keep_alive = True
        self._body_bytes = 0
        self._read_bytes = 0
        self._since = 0.0
        self._heard = 0.0
        self._looked = 0.0
        self._unsent = 0
        self._unsent_since = 0.0

    # What asyncio calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection in, or end it where there is no room."""
        super().connection_made(transport)
        self._source = self.opened.admit(self, self.client[0] if self.client else None)
        if self._source is None:
            self._write_refusal("", HTTPStatus.SERVICE_UNAVAILABLE)
            self._reading = _Reading.NOTHING
            self.transport.close()
        else:
            self.opened.await_head(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell every request of the connection, not only the newest."""
        self._reading = _Reading.NOTHING
        if self._source is not None:
            self.opened.forget(self, self._source)
            self._source = None
        self._give_up()
        super().connection_lost(exc)

    def body_is_taken(self) -> bool:
        """Whether the application has taken all of a body that has come so far."""
        return self._reading is _Reading.BODY and self._body_bytes > 0 and not self.cycle.body

    def received(self, data: memoryview) -> None:
        """Parse what was read, then look whether it was too much."""
        nbytes = len(data)
        if self._reading is _Reading.NOTHING:
            self._read_bytes += nbytes
            if self._read_bytes > self.opened.bounds.linger_bytes:
                self.transport.abort()
            return
        if self._reading is _Reading.ENOUGH:
            self._read_bytes += nbytes
            if self._read_bytes > self.opened.bounds.linger_bytes:
                self.flow.pause_reading()
            return
        self._unset_keepalive_if_required()
        before = (self._reading, self._requests)
        try:
            self._parse(data)
        except httptools.HttpParserError:
            if self._fault is None:
                self._answer_what_was_taken()
            else:
                self._refuse(self._fault)
            return
        goes_on = before == (self._reading, self._requests)
        if self._reading is _Reading.BODY:
            self._bound_body(nbytes, goes_on=goes_on)
        elif self._reading is _Reading.HEAD:
            self._bound_head(nbytes if goes_on else 0)

    def _parse(self, data: memoryview) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # No other protocol is spoken here, so the request is one like any other. The parser
            # has left out its body (Java's client sends one with `Upgrade: h2c`): it goes on there.
            rest = data[upgrade.args[0] :]
            if self._framing:
                self._resume()
            if rest:
                self._parse(rest)

    def _resume(self) -> None:
        head = b"POST / HTTP/1.1\r\n" + self._framing + b"\r\n"
        self._framing = b""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._resuming = True
        self.parser.feed_data(head)
        self._resuming = False

    def _bound_head(self, nbytes: int) -> None:
        self._head_bytes += nbytes
        bounds = self.opened.bounds
        many = self._in_head and len(self.headers) > bounds.headers
        if many or self._head_bytes > bounds.head_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _bound_body(self, nbytes: int, *, goes_on: bool) -> None:
        self._heard = self.loop.time()
        if not goes_on:
            self._since = self._looked = self._heard
            # Should it be answered before its body is there, the connection ends with that.
            self.cycle.keep_alive = False
            self.cycle.transport = EndingTransport(self.transport, self.end)
        self._read_bytes += nbytes
        if len(self.headers) > self.opened.bounds.headers:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._read_bytes > _FRAMING_BYTES + self._body_bytes * (1 + 1 / _FRAMING_SHARE):
            self._refuse(HTTPStatus.BAD_REQUEST)
        elif len(self.cycle.body) > _BODY_AHEAD_BYTES:
            self.flow.pause_reading()

    # What the parser calls

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._resuming:
            return
        self._requests += 1
        self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        if not self._resuming:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        if not self._resuming:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request to the application, unless its head is too large."""
        if self._resuming:
            return
        bounds = self.opened.bounds
        size = len(self.url) + sum(len(n) + len(v) + _HEADER_OVERHEAD for n, v in self.headers)
        if size > bounds.head_bytes or len(self.headers) > bounds.headers:
            self._fault = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise _RefusedError
        if self.parser.get_http_version() not in _VERSIONS:
            raise _RefusedError
        if len(self.pipeline) >= bounds.requests_ahead:
            self._fault = None  # it may be sent again, on another connection
            raise _RefusedError
        super().on_headers_complete()
        self._in_head = False
        self._reading = _Reading.BODY
        self._read_bytes = self._body_bytes = 0
        self._keep_alive = self.cycle.keep_alive
        self.opened.head_is_there(self)
        if self.parser.should_upgrade():
            lines = [n + b": " + v + b"\r\n" for n, v in self.headers if n in _FRAMING_HEADERS]
            self._framing = b"".join(lines)
        # A trailer would otherwise join the headers, which the application may not have read yet.
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole, so the connection may serve another one."""
        if self._framing:
            return  # its body was left out
        self._reading = _Reading.HEAD
        self._head_bytes = 0
        if not self.cycle.response_started:
            self.cycle.keep_alive = self._keep_alive
        super().on_message_complete()

    # What uvicorn calls

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._at_work = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Wait for the next request, or answer one that was sent ahead."""
        if self._reading is _Reading.NOTHING:
            self.server_state.total_requests += 1
            return
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self.opened.await_head(self)

    def shutdown(self) -> None:
        """End after the answer that is being given."""
        self._keep_alive = False
        super().shutdown()

    # What the set of connections calls

    def run_out(self) -> None:
        """End: no request came in time. Who sent nothing gets no answer."""
        if self._in_head:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def give_way(self) -> None:
        """End at once: another connection needs the place."""
        self.opened.head_is_there(self)
        self.transport.abort()

    def look(self, now: float) -> None:
        """End what gets nowhere: a body, an answer that nobody takes, what lingers."""
        bounds = self.opened.bounds
        unsent = self.transport.get_write_buffer_size()
        if not unsent or unsent < self._unsent:
            self._unsent_since = now
        self._unsent = unsent
        if unsent and now - self._unsent_since > bounds.stalled_seconds:
            self.opened.tally.count("answers that were not taken")
            self.transport.abort()
        elif self._reading is _Reading.NOTHING:
            if now - self._since > bounds.linger_seconds:
                self.transport.abort()
        elif self._reading is _Reading.BODY:
            if self.flow.read_paused or self.cycle.waiting_for_100_continue:
                self._since += now - self._looked  # it waits for us, not we for it
                self._heard = now
            elif (
                now - self._heard > bounds.body_seconds
                or now - self._since > bounds.body_seconds + self._body_bytes / bounds.body_rate
            ):
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)
            self._looked = now

    # Ending

    def end(self) -> None:
        """End after an answer: at once, or with what still comes of the request thrown away."""
        if self._reading in {_Reading.BODY, _Reading.ENOUGH} or self._in_head:
            self._linger()
        elif self._reading is _Reading.HEAD:
            self.transport.close()

    def _linger(self) -> None:
        """Throw away what still comes: a reset could overtake the answer."""
        if self._reading is _Reading.NOTHING or self.transport.is_closing():
            return
        self._reading = _Reading.NOTHING
        self._read_bytes = 0
        self._since = self.loop.time()
        self._unset_keepalive_if_required()
        self.opened.head_is_there(self)
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.flow.resume_reading()
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer, if no other answer is under way, and end."""
        self.opened.tally.count(_KINDS[status])
        if self._answer_what_was_taken():
            return
        if self._reading is _Reading.BODY:
            free = self.cycle is self._at_work and not self.cycle.response_started
        else:
            free = self._at_work is None or self._at_work.response_complete
        if free and not self.transport.is_closing():
            path = self.scope["path"] if self._reading is _Reading.BODY else ""
            self._write_refusal(path, status)
        self._give_up()
        self._linger()

    def _answer_what_was_taken(self) -> bool:
        """Let whole requests have their answers and the last of these end it; False without one."""
        if self._reading is _Reading.BODY:
            if self.cycle is self._at_work:
                return False
            self.pipeline.popleft()  # the newest, which is not whole
        last = self.pipeline[0][0] if self.pipeline else self._at_work
        if last is None or last.response_complete:
            return False
        self.cycle = last
        last.keep_alive = False
        last.transport = EndingTransport(self.transport, self.end)
        self._reading = _Reading.ENOUGH
        self._read_bytes = 0
        return True

    def _write_refusal(self, path: str, status: HTTPStatus) -> None:
        refusal = self.opened.refuse(path, status)
        self.transport.write(refusal.as_bytes(self.server_state.default_headers))

    def _give_up(self) -> None:
        """Tell the application of each request that nobody is there any more."""
        for cycle in (self._at_work, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        self.pipeline.clear()
