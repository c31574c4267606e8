"""One request over HTTP, bounded in time and bytes however slowly the other side goes on talking.

No redirect is followed, no packed answer asked for, and no proxy used but one the caller names.
"""

import base64
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from takeback.hotline.foundation.outbound.addresses import looked_up
from takeback.hotline.foundation.outbound.errors import (
    LateError,
    OutboundError,
    TooMuchError,
    UnreachableError,
)

_PORTS: Final = {"http": 80, "https": 443}
_NO_WAIT: Final = 0.001
"""Seconds; a socket without any would not wait for its connection at all."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What it may take: `seconds` in all, `quiet_seconds` without a byte, so many bytes of body."""

    seconds: float
    quiet_seconds: float
    answer_bytes: int


@dataclass(frozen=True, slots=True)
class Route:
    """How a server is found and known.

    `addresses`: looks a host and port up within so many seconds, and may refuse with
    OutboundError; the connection goes to the first that takes it. `proxy`: `http://host:port` of
    a proxy, which finds the server itself. `certificates`: a file or folder of authorities;
    without it the machine's own count.
    """

    addresses: Callable[[str, int, float], Sequence[str]] = looked_up
    proxy: str | None = None
    certificates: Path | None = None


class Answer:
    """A status and its headers; the body is read on demand, within the bounds of the exchange."""

    def __init__(self, line: "_Line", response: http.client.HTTPResponse, most_bytes: int) -> None:
        self.status = response.status
        self.headers = response.headers
        self._line = line
        self._response = response
        self._most_bytes = most_bytes

    def whole(self) -> bytes:
        """Read the body to its end; raises OutboundError if it is too long, late or cut off."""
        body = self._read(self._most_bytes + 1)
        if len(body) > self._most_bytes:
            raise TooMuchError
        length = self.headers.get("Content-Length", "")
        if length.isdecimal() and not self._response.chunked and len(body) < int(length):
            raise UnreachableError(http.client.IncompleteRead.__name__)
        return body

    def beginning(self) -> bytes:
        """Read as much of the body as may be; raises OutboundError if it is late or breaks off."""
        return self._read(self._most_bytes)

    def _read(self, most: int) -> bytes:
        with self._line.typed_errors():
            return self._response.read(most)


@contextmanager
def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    bounds: Bounds,
    body: bytes | None = None,
    route: Route = Route(),
) -> Iterator[Answer]:
    """Ask once; yields the answer, whose body can be read until the context ends.

    Raises OutboundError: an UnreachableError, a LateError, or what `route.addresses` refuses with.
    """
    ends_at = time.monotonic() + bounds.seconds
    try:
        parts = urlsplit(url)
        proxy = _proxy(route.proxy)
        to = _place(parts) if proxy is None else _place(proxy)
    except OutboundError:
        raise
    except ValueError:
        raise UnreachableError(http.client.InvalidURL.__name__) from None
    addresses = route.addresses(*to, bounds.seconds)
    line = _Line(_place(parts), to, addresses, ends_at, bounds.quiet_seconds)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {**headers}
    if parts.scheme == "https":
        with line.typed_errors():
            line.encrypt(route.certificates, proxy)
    elif proxy is not None:
        target = f"http://{parts.netloc.rpartition('@')[2]}{target}"
        sent |= _authorization(proxy)
    with line:
        with line.typed_errors():
            line.request(method, target, body, sent)
            response = line.getresponse()
        with response:  # it may hold the socket alone
            yield Answer(line, response, bounds.answer_bytes)


def _place(parts: SplitResult) -> tuple[str, int]:
    """Host and port; raises ValueError if they can't be read or are not those of HTTP."""
    if not parts.hostname or parts.scheme not in _PORTS:
        raise ValueError
    return parts.hostname, parts.port or _PORTS[parts.scheme]


def _proxy(address: str | None) -> SplitResult | None:
    if not address:
        return None
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if parts.scheme != "http":
        raise OutboundError("Only proxies at http:// can be used.")
    return parts


def _authorization(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    named = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(named.encode()).decode()}"}


class ProxyRefusedError(OSError):
    """The proxy does not connect us."""


class _Line(http.client.HTTPConnection):
    """A connection to one of the addresses found, whose certificate must be that of the name.

    As a context it hangs up at `ends_at`, whatever is under way.
    """

    def __init__(
        self,
        server: tuple[str, int],
        to: tuple[str, int],
        addresses: Sequence[str],
        ends_at: float,
        quiet_seconds: float,
    ) -> None:
        super().__init__(*server, timeout=quiet_seconds)
        self.has_hung_up = False
        self._to_port = to[1]
        self._addresses = addresses
        self._ends_at = ends_at
        self._quiet_seconds = quiet_seconds
        self._tls: ssl.SSLContext | None = None
        self._proxy: SplitResult | None = None
        self._timer = threading.Timer(self._seconds_left(), self._hang_up)
        self._timer.daemon = True
        self._talking: socket.socket | None = None
        """What is talked over; `sock` is forgotten as soon as an answer begins."""

    def encrypt(self, certificates: Path | None, proxy: SplitResult | None) -> None:
        """Talk over TLS, to a server that these authorities vouch for; through a proxy, if any."""
        self.default_port = 443
        self._proxy = proxy
        if certificates is None:
            self._tls = ssl.create_default_context()
        elif certificates.is_dir():
            self._tls = ssl.create_default_context(capath=certificates)
        else:
            self._tls = ssl.create_default_context(cafile=certificates)

    def __enter__(self) -> "_Line":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self.close()

    @contextmanager
    def typed_errors(self) -> Iterator[None]:
        """Turn what goes wrong on the line into an OutboundError that quotes nothing."""
        try:
            yield
        except (OSError, http.client.HTTPException, ValueError) as error:
            if not self.has_hung_up:
                raise UnreachableError(type(error).__name__) from None
        if self.has_hung_up:
            raise LateError

    def connect(self) -> None:
        """Connect to an address that was looked up, and to no other."""
        self._talk_over(self._connected())
        if self._tls is not None:
            if self._proxy is not None:
                self._ask_proxy(self._proxy)
            encrypted = self._tls.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self._talk_over(encrypted)
            encrypted.do_handshake()

    def _connected(self) -> socket.socket:
        failed: OSError = ConnectionError()
        for address in self._addresses:
            seconds = max(_NO_WAIT, min(self._quiet_seconds, self._seconds_left()))
            try:
                line = socket.create_connection((address, self._to_port), seconds)
            except OSError as error:
                failed = error
            else:
                line.settimeout(self._quiet_seconds)
                return line
        raise failed

    def _ask_proxy(self, proxy: SplitResult) -> None:
        host = f"[{self.host}]" if ":" in self.host else self.host
        headers = {"Host": f"{host}:{self.port}", **_authorization(proxy)}
        lines = [f"CONNECT {host}:{self.port} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
        response = http.client.HTTPResponse(self.sock, method="CONNECT")
        response.begin()
        response.close()  # what it read from, not the line
        if response.status != HTTPStatus.OK:
            raise ProxyRefusedError

    def _talk_over(self, line: socket.socket) -> None:
        self.sock = self._talking = line
        if self.has_hung_up:  # on another line, or before there was one
            raise TimeoutError

    def _seconds_left(self) -> float:
        return max(0.0, self._ends_at - time.monotonic())

    def _hang_up(self) -> None:
        self.has_hung_up = True
        try:
            if self._talking is not None:
                # Not that of the encrypted kind, which is not made for two threads.
                socket.socket.shutdown(self._talking, socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself
