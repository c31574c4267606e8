"""Bodies are counted before the application, on real sockets."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from takeback.running.bodies import FREE_BYTES, Message, Receive, Scope, Send, bounded_bodies
from takeback.running.connections import Bounds
from tests.support.bounded_server import Echo, answer_to, connected, serving, until_closed
from tests.support.running import await_truth

MOST = 1000
CLOSE = "Connection: close"


@dataclass
class Careless(Echo):
    """Answers whatever it hears, and fails where the client has gone."""

    heard: list[Message] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while not self.heard or self.heard[-1].get("more_body"):
            self.heard.append(await receive())
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b"careless"})
        if self.heard[-1]["type"] == "http.disconnect":
            raise RuntimeError("the client has gone")


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def port(echo: Echo) -> Iterator[int]:
    bounded = bounded_bodies(echo, lambda method, path: 0 if method == "GET" else MOST)
    with serving(bounded, Bounds(linger_bytes=1 << 20)) as (port, _):
        yield port


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", CLOSE, *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def of_length(method: str, path: str, body: bytes) -> bytes:
    return request(method, path, f"Content-Length: {len(body)}", body=body)


def in_chunks(path: str, size: int, *, count: int) -> bytes:
    chunk = b"%x\r\n" % size + bytes(size) + b"\r\n"
    return request("POST", path, "Transfer-Encoding: chunked", body=chunk * count + b"0\r\n\r\n")


def status(answer: bytes) -> int:
    return int(answer[9:12])


def test_a_body_may_have_so_many_bytes_and_not_one_more(port: int, echo: Echo) -> None:
    assert status(answer_to(port, of_length("POST", "/x", bytes(MOST)))) == 200
    assert status(answer_to(port, of_length("POST", "/x", bytes(MOST + 1)))) == 413
    assert status(answer_to(port, in_chunks("/x", MOST // 10, count=10))) == 200
    assert status(answer_to(port, in_chunks("/x", MOST // 10, count=11))) == 413
    await_truth(lambda: echo.left == ["/x", "/x"])


@pytest.mark.parametrize("digits", [str(1 << 40), "9" * 19, "0" * 6000 + "7"])
def test_what_is_announced_is_refused_without_being_sent(port: int, digits: str) -> None:
    with connected(port, data=request("POST", "/x", f"Content-Length: {digits}")) as connection:
        assert status(until_closed(connection)) == 413


def test_who_asks_before_sending_is_told_not_to_send(port: int) -> None:
    headers = (f"Content-Length: {MOST + 1}", "Expect: 100-continue")
    with connected(port, data=request("POST", "/x", *headers)) as connection:
        answer = until_closed(connection)
    assert status(answer) == 413
    assert b"100 Continue" not in answer


def test_a_method_without_a_body_takes_none(port: int) -> None:
    assert status(answer_to(port, of_length("GET", "/x", b""))) == 200
    assert status(answer_to(port, of_length("GET", "/x", b"a"))) == 413


def test_who_is_refused_can_read_why(port: int) -> None:
    answer = answer_to(port, of_length("POST", "/x", bytes(900_000)))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: text/plain" in head
    assert body == b"This address takes no body as large as that.\n"


def test_an_application_that_reads_none_is_not_disturbed(port: int) -> None:
    assert answer_to(port, of_length("POST", "/ignore", bytes(MOST * 3))).endswith(b"/ignore ")


def test_what_an_application_answers_to_a_refused_body_is_dropped() -> None:
    careless = Careless()
    with serving(bounded_bodies(careless, lambda *_: MOST), Bounds()) as (port, _):
        answer = answer_to(port, of_length("POST", "/x", bytes(MOST + 1)))
    assert status(answer) == 413
    assert b"careless" not in answer
    assert careless.heard == [{"type": "http.disconnect"}]


def test_bodies_that_wait_have_a_bound_together_but_small_ones_do_not(echo: Echo) -> None:
    held = 3 * FREE_BYTES
    bounded = bounded_bodies(echo, lambda *_: 1 << 20, together=5 * FREE_BYTES)
    with serving(bounded, Bounds()) as (port, _), ExitStack() as stack:
        half = request("POST", "/x", f"Content-Length: {held + 1}", body=bytes(held))
        waiting = [stack.enter_context(connected(port, data=half)) for _ in range(2)]
        await_truth(lambda: len(echo.scopes) == 2)
        await_truth(lambda: status(answer_to(port, of_length("POST", "/x", bytes(held)))) == 503)
        assert status(answer_to(port, of_length("POST", "/x", bytes(FREE_BYTES)))) == 200
        for connection in waiting:
            connection.sendall(b"!")
            assert status(until_closed(connection)) == 200
        assert status(answer_to(port, of_length("POST", "/x", bytes(held)))) == 200
