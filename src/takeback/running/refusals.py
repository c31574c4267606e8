"""Answers to what never reaches the application: too large, too slow, too many, or not HTTP."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias

RETRY_AFTER_SECONDS: Final = 5
"""What a source that was turned away is asked to wait."""

SENTENCES: Final = {
    HTTPStatus.BAD_REQUEST: "This is not a request of HTTP/1.1.",
    HTTPStatus.REQUEST_TIMEOUT: "The request did not come in time.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "This address takes no body as large as that.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The address or the headers are too large.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests at once. Try again in some seconds.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too many requests at once. Try again in some seconds.",
}
"""What is wrong with a request, for people who write programs."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A whole answer: status, headers without `content-length` and `connection`, body."""

    status: HTTPStatus
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def all_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers with the body's length, and that the connection ends here."""
        length = str(len(self.body)).encode()
        return [*self.headers, (b"content-length", length), (b"connection", b"close")]

    def as_bytes(self, more_headers: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
        """The answer as it goes over the wire of HTTP/1.1."""
        lines = [b"HTTP/1.1 %d %s\r\n" % (self.status, self.status.phrase.encode())]
        lines += [b"%s: %s\r\n" % pair for pair in (*more_headers, *self.all_headers())]
        return b"".join([*lines, b"\r\n", self.body])


Refuse: TypeAlias = Callable[[str, HTTPStatus], Refusal]
"""Makes a program's own answer; the path is empty where none has been read."""


def plain_refusal(path: str, status: HTTPStatus) -> Refusal:
    """One sentence of plain text."""
    headers = ((b"content-type", b"text/plain; charset=utf-8"), *retry_after(status))
    return Refusal(status, headers, f"{SENTENCES[status]}\n".encode())


def retry_after(status: HTTPStatus) -> tuple[tuple[bytes, bytes], ...]:
    """The header that says when to ask again, for the statuses that have one."""
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return ((b"retry-after", str(RETRY_AFTER_SECONDS).encode()),)
    return ()
