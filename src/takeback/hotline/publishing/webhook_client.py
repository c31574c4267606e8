"""Posts to an address that a platform chose, without becoming its way into the hotline's network.

The name is resolved once; every address it has must be a public one, and the connection goes to
the one that was looked at (so no second answer of the name server counts). Redirects are not
followed, proxies of the environment not used, and the answer is read neither long nor far.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from takeback.hotline.publishing.webhook_addresses import WebhookError, checked_url, resolved

MOST_SECONDS: Final = 10.0
"""For one try, connecting included."""
_STEP_SECONDS: Final = 5.0
_MOST_ANSWER_BYTES: Final = 16 * 1024


def post(url: str, body: bytes, headers: Mapping[str, str], *, loopback: bool) -> int:
    """Post once; returns the status of the answer.

    Raises WebhookError: the address may not be used, or it can't be reached in time.
    """
    parts = checked_url(url, loopback=loopback)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = resolved(host, port, loopback=loopback)
    connection = _Pinned(host, port, address, encrypted=parts.scheme == "https")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _Deadline(connection) as deadline:
            connection.request("POST", target, body, {**headers})
            answer = connection.getresponse()
            answer.read(_MOST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise WebhookError(f"It can't be reached ({type(error).__name__}).") from error
    finally:
        connection.close()
    if deadline.has_passed:
        raise WebhookError("It did not answer in time.")
    return answer.status


def was_taken(status: int) -> bool:
    """Say whether an answer of this status means that the message arrived: 2xx, nothing else."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whose certificate must be that of the name."""

    def __init__(self, host: str, port: int, address: str, *, encrypted: bool) -> None:
        super().__init__(host, port, timeout=_STEP_SECONDS)
        self.default_port = 443 if encrypted else 80
        self._address = address
        self._encrypted = encrypted
        self.line: socket.socket | None = None
        """What is talked over; `sock` is forgotten as soon as an answer begins."""

    def connect(self) -> None:
        """Connect to the address that was looked at."""
        line = socket.create_connection((self._address, self.port), _STEP_SECONDS)
        self.sock = self.line = line
        if self._encrypted:
            encrypted = ssl.create_default_context().wrap_socket(
                line, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = self.line = encrypted
            encrypted.do_handshake()


class _Deadline:
    """Hangs up when the time of a try is over, however slowly the other side goes on talking."""

    def __init__(self, connection: _Pinned) -> None:
        self._connection = connection
        self._timer = threading.Timer(MOST_SECONDS, self._hang_up)
        self._timer.daemon = True

        self.has_passed = False

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _hang_up(self) -> None:
        self.has_passed = True
        try:
            if self._connection.line is not None:
                # Not that of the encrypted kind, which is not made for two threads.
                socket.socket.shutdown(self._connection.line, socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself
