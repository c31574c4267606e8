"""Whether a program is well: room on its disk, and an address for monitors on this machine."""

import contextlib
import json
import logging
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

_LOW_BYTES: Final = 1 << 30
_FULL_BYTES: Final = 48 << 20
"""Three segments of PostgreSQL's write-ahead log, of 16 MiB each: with less it soon stops."""
_CLIENT_SECONDS: Final = 2.0
_MOST_CLIENTS: Final = 16
_LOOPBACK: Final = "127.0.0.1"
_PATH: Final = "/healthz"

_log = logging.getLogger(__name__)


class DiskRoom(StrEnum):
    """How much room is left where a program writes."""

    ENOUGH = "enough"
    LOW = "low"
    """Under 1 GiB."""
    FULL = "full"
    """Under 48 MiB."""
    UNKNOWN = "unknown"
    """The folder is gone, or can't be looked at."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a program does what it is for, and the words to say so; no secret is among them."""

    well: bool
    details: Mapping[str, str | float | None]

    @property
    def status(self) -> HTTPStatus:
        """200, or 503 while the program does not do what it is for."""
        return HTTPStatus.OK if self.well else HTTPStatus.SERVICE_UNAVAILABLE

    def to_json(self) -> bytes:
        """Return one JSON object; `status` is `ok` or `unwell`."""
        return json.dumps({"status": "ok" if self.well else "unwell", **self.details}).encode()


def disk_room(folder: Path) -> DiskRoom:
    """Return how much room the disk of a folder has left."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return DiskRoom.UNKNOWN
    if free < _FULL_BYTES:
        return DiskRoom.FULL
    return DiskRoom.LOW if free < _LOW_BYTES else DiskRoom.ENOUGH


class _FewAtATime(ThreadingHTTPServer):
    """Answers each client in a thread of its own, and no more than a few at a time."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._places = threading.BoundedSemaphore(_MOST_CLIENTS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin with a client, or turn it away."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread could begin, so none gives the place back
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer a client."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes in the middle is no news."""


def _read_no_more(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it has gone
        connection.shutdown(socket.SHUT_RD)


@contextmanager
def health_on_loopback(port: int, health: Callable[[], Health]) -> Iterator[str | None]:
    """Answer `GET /healthz` on 127.0.0.1 while the context lasts; yields the address.

    Where nothing can listen on the port, it says so in the log and yields None: nobody stops
    working because nobody can ask. A client has two seconds to send its request, however it
    spreads the bytes, and holds up nobody else; of more than 16 at a time the last are turned away.
    """
    one_at_a_time = threading.Lock()

    class Answers(BaseHTTPRequestHandler):
        """Says how the program is."""

        timeout = _CLIENT_SECONDS

        def setup(self) -> None:
            """Begin, and read nothing more once the time is over."""
            super().setup()
            self._ending = threading.Timer(_CLIENT_SECONDS, _read_no_more, [self.connection])
            self._ending.daemon = True
            self._ending.start()

        def finish(self) -> None:
            """End."""
            self._ending.cancel()
            super().finish()

        def do_GET(self) -> None:
            """Answer with the health, on its one path."""
            if self.path != _PATH:
                self._send(HTTPStatus.NOT_FOUND, b"")
                return
            with one_at_a_time:
                now = health()
            self._send(now.status, now.to_json())

        do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

        def _send(self, status: HTTPStatus, body: bytes) -> None:
            self.send_response_only(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    try:
        server = _FewAtATime((_LOOPBACK, port), Answers)
    except OSError as error:
        _log.warning("No health on port %d: %s. Choose another.", port, error.strerror)
        yield None
        return
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield f"http://{_LOOPBACK}:{server.server_port}{_PATH}"
    finally:
        server.shutdown()
        server.server_close()
