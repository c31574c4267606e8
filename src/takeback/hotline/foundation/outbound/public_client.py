"""Posts to an address that a platform chose, without becoming its way into the hotline's network.

The name is resolved once; every address it has must be a public one, and the connection goes to
the one that was looked at (so no second answer of the name server counts). Redirects are not
followed, proxies of the environment not used, and the answer is read neither long nor far.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from takeback.hotline.foundation.outbound.addresses import WebhookError, checked_url, resolved

MOST_SECONDS: Final = 10.0
"""For one try, looking the name up and connecting included."""
_STEP_SECONDS: Final = 5.0
_MOST_ANSWER_BYTES: Final = 16 * 1024


def post(url: str, body: bytes, headers: Mapping[str, str], *, loopback: bool) -> int:
    """Post once; returns the status of the answer.

    Raises WebhookError: the address may not be used, or it can't be reached in time.
    """
    ends_at = time.monotonic() + MOST_SECONDS
    parts = checked_url(url, loopback=loopback)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = resolved(host, port, loopback=loopback, seconds=MOST_SECONDS)
    connection = _Pinned(host, port, address, ends_at, encrypted=parts.scheme == "https")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with connection:
            connection.request("POST", target, body, {**headers})
            answer = connection.getresponse()
            answer.read(_MOST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as error:
        if not connection.has_hung_up:
            raise WebhookError(f"It can't be reached ({type(error).__name__}).") from error
    if connection.has_hung_up:
        raise WebhookError("It did not answer in time.")
    return answer.status


def was_taken(status: int) -> bool:
    """Say whether an answer of this status means that the message arrived: 2xx, nothing else."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whose certificate must be that of the name.

    As a context it hangs up at `ends_at`, however slowly the other side goes on talking.
    """

    def __init__(
        self, host: str, port: int, address: str, ends_at: float, *, encrypted: bool
    ) -> None:
        super().__init__(host, port, timeout=_STEP_SECONDS)
        self.default_port = 443 if encrypted else 80
        self.has_hung_up = False
        self._address = address
        self._encrypted = encrypted
        self._ends_at = ends_at
        self._timer = threading.Timer(self._seconds_left(), self._hang_up)
        self._timer.daemon = True
        self._line: socket.socket | None = None
        """What is talked over; `sock` is forgotten as soon as an answer begins."""

    def __enter__(self) -> "_Pinned":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self.close()

    def connect(self) -> None:
        """Connect to the address that was looked at."""
        seconds = max(0.001, min(_STEP_SECONDS, self._seconds_left()))
        line = socket.create_connection((self._address, self.port), seconds)
        line.settimeout(_STEP_SECONDS)
        self._talk_over(line)
        if self._encrypted:
            encrypted = ssl.create_default_context().wrap_socket(
                line, server_hostname=self.host, do_handshake_on_connect=False
            )
            self._talk_over(encrypted)
            encrypted.do_handshake()

    def _talk_over(self, line: socket.socket) -> None:
        self.sock = self._line = line
        if self.has_hung_up:  # on another line, or before there was one
            raise TimeoutError

    def _seconds_left(self) -> float:
        return max(0.0, self._ends_at - time.monotonic())

    def _hang_up(self) -> None:
        self.has_hung_up = True
        try:
            if self._line is not None:
                # Not that of the encrypted kind, which is not made for two threads.
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself
