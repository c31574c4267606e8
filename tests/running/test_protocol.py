"""The bounded protocol on real sockets, on both event loops that it may run on."""

import logging
import socket
import threading
from collections.abc import Iterator

import pytest

from takeback.running.connections import Bounds
from tests.support.bounded_server import (
    Echo,
    Loop,
    answer_to,
    connected,
    serving,
    until_closed,
)
from tests.support.running import await_truth

HEAD = b"GET /x HTTP/1.1\r\nHost: x\r\n"
CLOSE = b"Connection: close\r\n"
SHORT = Bounds(
    connections=40,
    head_bytes=4096,
    headers=20,
    head_seconds=0.5,
    body_seconds=0.5,
    requests_ahead=3,
    linger_seconds=0.5,
    stalled_seconds=0.5,
)


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> Loop:
    name: Loop = request.param
    return name


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def port(echo: Echo, loop: Loop) -> Iterator[int]:
    with serving(echo, SHORT, loop) as (port, _):
        yield port


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def posted(path: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(*chunks: bytes, extension: bytes = b"") -> bytes:
    return b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n"])
def test_a_connection_that_says_nothing_is_closed_without_a_word(port: int, sent: bytes) -> None:
    with connected(port, data=sent) as connection:
        assert until_closed(connection) == b""


@pytest.mark.parametrize("half", [b"G", b"GET /x HT", HEAD, HEAD + b"A: b"])
def test_half_a_head_is_refused_and_closed(port: int, echo: Echo, half: bytes) -> None:
    with connected(port, data=half) as connection:
        assert statuses(until_closed(connection)) == [408]
    assert echo.scopes == []


def test_a_kept_connection_has_to_send_its_next_head_in_time(port: int) -> None:
    with connected(port, data=HEAD + b"\r\n" + HEAD) as connection:
        assert statuses(until_closed(connection)) == [200, 408]


def test_a_head_may_have_so_many_bytes_and_not_one_more(port: int, echo: Echo) -> None:
    rest = len(b"/x" + b"Hostx" + b"Connectionclose" + b"A") + 3 * 4
    fits = HEAD + CLOSE + b"A: " + b"a" * (SHORT.head_bytes - rest) + b"\r\n\r\n"
    assert statuses(answer_to(port, fits)) == [200]
    assert statuses(answer_to(port, fits.replace(b"A: ", b"A: a"))) == [431]
    assert len(echo.scopes) == 1


def test_a_head_may_have_so_many_headers_and_not_one_more(port: int) -> None:
    fits = HEAD + CLOSE + b"A:\r\n" * (SHORT.headers - 2)
    assert statuses(answer_to(port, fits + b"\r\n")) == [200]
    assert statuses(answer_to(port, fits + b"A:\r\n\r\n")) == [431]


@pytest.mark.parametrize(
    "endless",
    [
        HEAD + b"A: " + b"a" * (2 << 20),
        b"GET /" + b"a" * (2 << 20),
        HEAD + b"a" * (2 << 20),
        HEAD + b"a: b\r\n" * 100_000,
        b"\r\n" * (1 << 20),
    ],
    ids=["value", "address", "name", "headers", "blank lines"],
)
def test_a_head_without_end_is_refused(port: int, echo: Echo, endless: bytes) -> None:
    assert statuses(answer_to(port, endless)) == [431]
    assert echo.scopes == []


@pytest.mark.parametrize(
    "junk",
    [
        b"GET /\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
        b"CONNECT example.org:443 HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        posted("/x", "Content-Length: 3", "Content-Length: 5", body=b"abcde"),
        posted("/x", "Content-Length: 3", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        posted("/x", "Content-Length: -1", body=b"a"),
        posted("/x", f"Content-Length: {1 << 64}", body=b"a"),
        posted("/x", "Transfer-Encoding: chunked", body=b"fffffffffffffffff\r\na"),
        posted("/x", "Transfer-Encoding: chunked", body=b"1\r\nabc\r\n0\r\n\r\n"),
    ],
)
def test_what_is_not_http_is_refused_once(port: int, junk: bytes) -> None:
    assert statuses(answer_to(port, junk)) == [400]


def test_strangers_mistakes_are_counted_and_not_logged(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    websocket = b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    for _ in range(30):
        answer_to(port, b"hello\r\n\r\n")
        with connected(port, data=HEAD + websocket) as connection:
            connection.recv(100)
    await_truth(lambda: "malformed" in caplog.text)
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == 1
    assert lines[0].startswith("Refused: ")


def test_a_body_that_stops_is_refused_and_closed(port: int, echo: Echo) -> None:
    with connected(port, data=posted("/x", "Content-Length: 9", body=b"abc")) as connection:
        assert statuses(until_closed(connection)) == [408]
    await_truth(lambda: echo.left == ["/x"])


def test_a_body_that_came_fast_may_not_stop_either(port: int) -> None:
    fast = posted("/x", "Content-Length: 1000001", body=bytes(1_000_000))
    with connected(port, data=fast) as connection:
        assert statuses(until_closed(connection)) == [408]


def test_a_body_that_nobody_has_asked_for_yet_may_wait(port: int, echo: Echo) -> None:
    with connected(
        port, data=posted("/late", CLOSE.decode()[:-2], "Content-Length: 70000")
    ) as sender:
        sender.sendall(bytes(30_000))
        await_truth(lambda: bool(echo.scopes))
        with connected(port) as silent:  # it is closed by the same clock that would close the body
            assert until_closed(silent) == b""
        with connected(port) as silent:
            assert until_closed(silent) == b""
        echo.go_on.set()
        sender.sendall(bytes(40_000))
        answer = until_closed(sender)
    assert statuses(answer) == [200]
    assert answer.endswith(bytes(70_000))


@pytest.mark.parametrize(
    "junk",
    [chunked(b"a", extension=b";" + b"a" * 300_000), chunked(*[b"a"] * 200_000)],
    ids=["an extension of a chunk", "chunks of one byte"],
)
def test_a_body_that_is_mostly_chunk_lines_is_refused(port: int, junk: bytes) -> None:
    answer = answer_to(port, posted("/x", "Transfer-Encoding: chunked", body=junk))
    assert statuses(answer) == [400]


def test_chunks_of_a_usual_size_arrive(port: int) -> None:
    body = chunked(*[b"a" * 100] * 20_000) + b"0\r\n\r\n"
    head = posted("/x", "Connection: close", "Transfer-Encoding: chunked")
    assert answer_to(port, head + body).endswith(b"/x " + b"a" * 2_000_000)


def test_trailers_never_join_the_headers(port: int, echo: Echo) -> None:
    head = posted(
        "/x", "Connection: close", "Transfer-Encoding: chunked", "Trailer: x-forwarded-for"
    )
    trailer = b"0\r\nX-Forwarded-For: 203.0.113.9\r\nAuthorization: Bearer x\r\n\r\n"
    assert statuses(answer_to(port, head + trailer)) == [200]
    names = [name for name, _ in echo.scopes[0]["headers"]]
    assert names == [b"host", b"connection", b"transfer-encoding", b"trailer"]
    assert statuses(answer_to(port, head + b"0\r\n" + b"a: b\r\n" * 60_000)) == [431]


def test_requests_ahead_are_answered_in_order_and_bounded(port: int, echo: Echo) -> None:
    few = b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(3))
    answer = answer_to(port, few + HEAD + CLOSE + b"\r\n")
    assert [answer.index(b"/%d " % number) for number in range(3)] == sorted(
        answer.index(b"/%d " % number) for number in range(3)
    )
    assert statuses(answer) == [200] * 4


@pytest.mark.parametrize("times", [2, 100, 20_000])
def test_with_too_many_ahead_those_that_were_taken_are_answered(
    port: int, echo: Echo, caplog: pytest.LogCaptureFixture, times: int
) -> None:
    more = HEAD + b"\r\n"
    with connected(port, data=b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        await_truth(lambda: bool(echo.scopes))
        connection.sendall(more * times)
        threading.Timer(0.3, echo.go_on.set).start()
        answer = until_closed(connection)
    taken = 1 + min(times, SHORT.requests_ahead)
    assert statuses(answer) == [200] * taken
    assert len(echo.scopes) == taken
    assert answer.count(b"connection: close") == (times > SHORT.requests_ahead)
    assert "malformed" not in caplog.text


def test_whatever_is_begun_of_many_that_come_one_by_one_is_answered(port: int, echo: Echo) -> None:
    with connected(port) as connection:
        for _ in range(200):
            connection.sendall(HEAD + b"\r\n")
        answered = statuses(until_closed(connection))
    assert answered == [200] * len(echo.scopes)
    assert answered


@pytest.mark.parametrize(
    "wrong",
    [
        b"hello\r\n\r\n",
        HEAD + b"A: " + b"a" * 5000 + b"\r\n\r\n",
        posted("/y", "Transfer-Encoding: chunked", body=b"nonsense\r\n"),
    ],
)
def test_what_came_before_something_wrong_is_answered(port: int, echo: Echo, wrong: bytes) -> None:
    answer = answer_to(port, HEAD + b"\r\n" + HEAD + b"\r\n" + wrong)
    assert statuses(answer) == [200, 200]
    assert [scope["path"] for scope in echo.scopes] == ["/x", "/x"]


def test_who_goes_with_too_many_ahead_is_missed(port: int, echo: Echo) -> None:
    with connected(port, data=b"GET /wait HTTP/1.1\r\n\r\n" + (HEAD + b"\r\n") * 300):
        await_truth(lambda: bool(echo.scopes))
    await_truth(lambda: echo.left == ["/wait"])
    assert len(echo.scopes) == 1


def test_a_request_with_another_behind_it_hears_that_its_client_has_gone(
    port: int, echo: Echo
) -> None:
    with connected(port, data=b"GET /wait HTTP/1.1\r\n\r\n" + HEAD + b"\r\n"):
        await_truth(lambda: bool(echo.scopes))
    await_truth(lambda: echo.left == ["/wait"])
    assert [scope["path"] for scope in echo.scopes] == ["/wait"]


def test_an_answer_before_the_body_is_read_and_ends_the_connection(port: int, echo: Echo) -> None:
    body = bytes(3 << 20)
    with connected(port) as connection:
        connection.sendall(posted("/ignore", f"Content-Length: {len(body) + 1}"))
        await_truth(lambda: bool(echo.scopes))
        connection.sendall(body)  # a reset would break this, and what was answered with it
        answer = until_closed(connection)
    assert statuses(answer) == [200]
    assert b"connection: close" in answer


def test_a_small_body_that_comes_late_keeps_the_connection(port: int, echo: Echo) -> None:
    with connected(port, data=posted("/x", "Content-Length: 3", body=b"a")) as connection:
        await_truth(lambda: bool(echo.scopes))
        connection.sendall(b"bc" + HEAD + CLOSE + b"\r\n")
        answer = until_closed(connection)
    assert statuses(answer) == [200, 200]
    assert b"/x abc" in answer


def test_who_expects_100_continue_gets_it(port: int) -> None:
    head = posted("/x", "Content-Length: 3", "Expect: 100-continue", "Connection: close")
    with connected(port, data=head) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"abc")
        assert until_closed(connection).endswith(b"/x abc")


def test_a_body_beside_an_upgrade_arrives(port: int) -> None:
    upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA")
    plain = posted("/one", *upgrade, "Content-Length: 3", body=b"abc")
    in_chunks = posted("/two", *upgrade, "Transfer-Encoding: chunked")
    in_chunks += chunked(b"d", b"ef") + b"0\r\n\r\n"
    without = b"GET /three HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    answer = answer_to(port, plain + in_chunks + without + HEAD + CLOSE + b"\r\n")
    assert statuses(answer) == [200] * 4
    assert b"/one abc" in answer
    assert b"/two def" in answer


def test_an_answer_that_is_not_taken_is_given_up(loop: Loop, echo: Echo) -> None:
    with serving(echo, SHORT, loop) as (port, server), socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", port))
        reader.sendall(b"GET /large HTTP/1.1\r\n\r\n")
        await_truth(lambda: bool(echo.scopes))
        await_truth(lambda: not server.server_state.connections)


def test_a_full_house_ends_the_one_that_says_nothing(loop: Loop, echo: Echo) -> None:
    patient = Bounds(connections=5, head_seconds=600)
    with serving(echo, patient, loop) as (port, _):
        silent = [connected(port, data=b"GET /") for _ in range(5)]
        for _ in range(8):
            assert statuses(answer_to(port, HEAD + CLOSE + b"\r\n")) == [200]
        assert until_closed(silent[0]) == b""
        for connection in silent:
            connection.close()


def test_a_house_full_of_work_turns_away(loop: Loop, echo: Echo) -> None:
    with serving(echo, Bounds(connections=5), loop) as (port, _):
        at_work = [connected(port, data=b"GET /wait HTTP/1.1\r\n\r\n") for _ in range(5)]
        await_truth(lambda: len(echo.scopes) == 5)
        with connected(port) as sixth:
            answer = until_closed(sixth)
        assert statuses(answer) == [503]
        assert b"retry-after: " in answer
        at_work.pop().close()
        await_truth(lambda: bool(echo.left))
        await_truth(lambda: statuses(answer_to(port, HEAD + CLOSE + b"\r\n")) == [200])
        for connection in at_work:
            connection.close()


def test_one_source_never_has_all_connections(loop: Loop, echo: Echo) -> None:
    bounds = Bounds(connections_a_source=3, no_single_source=lambda address: address == "127.0.0.9")
    with serving(echo, bounds, loop) as (port, _):
        waiting = b"GET /wait HTTP/1.1\r\n\r\n"
        greedy = [connected(port, source="127.0.0.2", data=waiting) for _ in range(3)]
        greedy += [connected(port, source="127.0.0.9", data=waiting) for _ in range(5)]
        await_truth(lambda: len(echo.scopes) == 8)
        with connected(port, source="127.0.0.2") as fourth:
            assert statuses(until_closed(fourth)) == [503]
        assert statuses(answer_to(port, HEAD + CLOSE + b"\r\n")) == [200]
        for connection in greedy:
            connection.close()


def test_hundreds_of_half_heads_are_all_ended(loop: Loop, echo: Echo) -> None:
    bounds = Bounds(connections=1000, head_seconds=0.5)
    with serving(echo, bounds, loop) as (port, server):
        halves = [connected(port, data=HEAD) for _ in range(300)]
        answers = [until_closed(connection) for connection in halves]
        for connection in halves:
            connection.close()
        assert {tuple(statuses(answer)) for answer in answers} == {(408,)}
        await_truth(lambda: not server.server_state.connections)
        assert threading.active_count() < 50
