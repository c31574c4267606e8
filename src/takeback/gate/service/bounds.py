"""What one connection and one request may take of the gate's service."""

from http import HTTPStatus
from typing import Final

from takeback.gate.check.wire import Problem
from takeback.gate.service.request_bodies import MAX_UPLOAD_BYTES
from takeback.running.connections import Bounds
from takeback.running.refusals import SENTENCES, Refusal, retry_after

CONNECTION_BOUNDS: Final = Bounds(
    connections=1000,
    body_rate=64 * 1024,  # a platform's own network; a whole body has 60 seconds besides
    linger_bytes=2 * MAX_UPLOAD_BYTES,  # a client that sends before it reads shall read the 413
)
ANSWER_HEADERS: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
"""On every answer of the service."""

_MULTIPART_OVERHEAD_BYTES: Final = 64 * 1024
_OTHER_BODY_BYTES: Final = 256 * 1024
_KINDS: Final = {
    HTTPStatus.REQUEST_TIMEOUT: "too_slow",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.SERVICE_UNAVAILABLE: "busy",
}


def most_body_bytes(method: str, path: str) -> int:
    """How many bytes of a body may be read; see `running.bodies`."""
    if (method, path) == ("POST", "/v1/match"):
        return MAX_UPLOAD_BYTES + _MULTIPART_OVERHEAD_BYTES
    return _OTHER_BODY_BYTES


def refusal(_path: str, status: HTTPStatus) -> Refusal:
    """A `Problem`, as the service answers them."""
    problem = Problem(error=_KINDS.get(status, "request"), message=SENTENCES[status])
    headers = ((b"content-type", b"application/json"), *ANSWER_HEADERS, *retry_after(status))
    return Refusal(status, headers, problem.model_dump_json().encode())
