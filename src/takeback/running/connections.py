"""What the connections of one server may take together, and when one of them has to go."""

import asyncio
import logging
import resource
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from takeback.running.refusals import Refuse, plain_refusal
from takeback.running.sources import UnknownSourceError, network_of
from takeback.running.tallies import Tally

READ_BYTES: Final = 64 * 1024
"""Read at a time; what a connection that nobody listens to yet can hold is about this."""
BODY_READ_BYTES: Final = 256 * 1024
"""Read at a time of a body of which the application has taken everything so far."""

_SWEEP_SECONDS: Final = 1.0
_OTHER_FILES: Final = 256  # of a process, beside its connections: its database, its store, pipes

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one connection may take, and how many there may be."""

    connections: int = 1000
    """At a time. One more takes the place of the one that has waited longest without a request."""
    connections_a_source: int | None = None
    """Of one IPv4 address or one /64, at a time; None: no bound."""
    no_single_source: Callable[[str], bool] = field(default=lambda _address: False)
    """Whether an address speaks for many, as a proxy does: the bound above is not for it."""
    head_bytes: int = 16 * 1024
    """Of a request line and its headers: what Node takes, and twice what nginx takes in a line."""
    headers: int = 100
    """As many as Apache takes."""
    head_seconds: float = 10.0
    """Until a head is there, from the opening of the connection or from the last answer on."""
    body_seconds: float = 10.0
    """How long a body may stop, and until a whole one is there; each `body_rate` bytes of it give
    a second more."""
    body_rate: int = 1024
    """Bytes. A phone at the edge of its network sends more than 5,000 a second."""
    requests_ahead: int = 4
    """How many may be sent before the one that is being answered has its answer. With one more,
    these are answered and the connection ends; the rest has to be sent again."""
    linger_seconds: float = 3.0
    """How long what still comes is thrown away after an answer that did not wait for it."""
    linger_bytes: int = 4 * 1024 * 1024
    stalled_seconds: float = 20.0
    """How long an answer may lie here because the other side takes nothing of it."""


class Connection(Protocol):
    """What the set of open connections asks of each of them."""

    def run_out(self) -> None:
        """End: no request came in time."""

    def give_way(self) -> None:
        """End: another one needs the place."""

    def look(self, now: float) -> None:
        """End if a body or an answer gets nowhere. `now`: seconds of the event loop."""


class OpenConnections:
    """All connections of one server, which is one event loop; nothing of a connection outlives it.

    Every second those that have had their time are ended. Until then a connection costs no timer.
    """

    def __init__(self, bounds: Bounds, refuse: Refuse = plain_refusal) -> None:
        self.bounds = replace(bounds, connections=_that_fit(bounds.connections))
        self.refuse = refuse
        self.tally = Tally(_log)
        self.body_buffer = memoryview(bytearray(BODY_READ_BYTES))
        """Each read of the one event loop goes here, and is parsed before the next."""
        self.buffer = self.body_buffer[:READ_BYTES]
        self._open: set[Connection] = set()
        self._waiting: OrderedDict[Connection, float] = OrderedDict()
        self._sources: Counter[bytes] = Counter()
        self._sweeping = False

    def admit(self, connection: Connection, address: str | None) -> bytes | None:
        """Take in a new connection and return its source; None if there is no room for it."""
        source = self._source(address)
        most = self.bounds.connections_a_source
        if source and most is not None and self._sources[source] >= most:
            self.tally.count("connections of a source that has many")
            return None
        if len(self._open) >= self.bounds.connections:
            self.tally.count("more connections than there is room for")
            if not self._waiting:
                return None
            next(iter(self._waiting)).give_way()
        self._open.add(connection)
        if source:
            self._sources[source] += 1
        self._sweep_later()
        return source

    def forget(self, connection: Connection, source: bytes) -> None:
        """The connection has ended."""
        self._open.discard(connection)
        self._waiting.pop(connection, None)
        if source:
            self._sources[source] -= 1
            if not self._sources[source]:
                del self._sources[source]

    def await_head(self, connection: Connection) -> None:
        """From now on the connection has its seconds to send the head of a request."""
        self._waiting[connection] = asyncio.get_running_loop().time() + self.bounds.head_seconds
        self._waiting.move_to_end(connection)

    def head_is_there(self, connection: Connection) -> None:
        """The connection waits for no head any more."""
        self._waiting.pop(connection, None)

    def _source(self, address: str | None) -> bytes:
        """Return the network, or nothing where it does not count."""
        if self.bounds.connections_a_source is None or address is None:
            return b""
        if self.bounds.no_single_source(address):
            return b""
        try:
            return network_of(address)
        except UnknownSourceError:
            return b""

    def _sweep_later(self) -> None:
        if not self._sweeping:
            self._sweeping = True
            asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._sweeping = False
        now = asyncio.get_running_loop().time()
        while self._waiting:
            connection, until = next(iter(self._waiting.items()))
            if until > now:
                break
            del self._waiting[connection]
            connection.run_out()
        for connection in self._open - self._waiting.keys():
            connection.look(now)
        self.tally.report()
        if self._open:
            self._sweep_later()


def _that_fit(connections: int) -> int:
    """Let the process open as many files as that needs, and return how many will fit.

    Without a file left, new connections would not be taken from the system at all, and nothing
    would make room for them.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return connections
    soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(connections, soft - _OTHER_FILES))
