"""Whether a program is well: room on its disk, and an address for monitors on this machine."""

import json
import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Final

_LOW_BYTES: Final = 1 << 30
_FULL_BYTES: Final = 48 << 20
"""Three segments of PostgreSQL's write-ahead log, of 16 MiB each: with less it soon stops."""
_CLIENT_SECONDS: Final = 2.0
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


@contextmanager
def health_on_loopback(port: int, health: Callable[[], Health]) -> Iterator[str | None]:
    """Answer `GET /healthz` on 127.0.0.1 while the context lasts; yields the address.

    Where nothing can listen on the port, it says so in the log and yields None: nobody stops
    working because nobody can ask. One request after another, each for two seconds at most.
    """

    class Answers(BaseHTTPRequestHandler):
        """Says how the program is."""

        timeout = _CLIENT_SECONDS

        def do_GET(self) -> None:
            """Answer with the health, on its one path."""
            if self.path != _PATH:
                self._send(HTTPStatus.NOT_FOUND, b"")
                return
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
        server = HTTPServer((_LOOPBACK, port), Answers)
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
