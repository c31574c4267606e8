"""However a server behaves, an exchange with it ends in time and holds no more than it may."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest

from takeback.hotline.foundation.outbound.bounded import Answer, Bounds, Route, exchange
from takeback.hotline.foundation.outbound.environment import environment_route
from takeback.hotline.foundation.outbound.errors import (
    LateError,
    OutboundError,
    TooMuchError,
    UnreachableError,
)
from tests.support.certificates import certified

BOUNDS = Bounds(seconds=5, quiet_seconds=2, answer_bytes=1000)
SECRET = "a-word-of-the-address"
Speak = Callable[[socket.socket, threading.Event], None]


class Server(ThreadingTCPServer):
    """Reads the head of a request, keeps it, and goes on as it is told to."""

    daemon_threads = True
    heads: list[str]
    ended: threading.Event

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{SECRET}?q=1"


@contextmanager
def server(speak: Speak) -> Iterator[Server]:
    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            head = b""
            while b"\r\n\r\n" not in head and (part := self.request.recv(4096)):
                head += part
            running.heads.append(head.decode())
            try:
                speak(self.request, running.ended)
            except OSError:
                return  # it was hung up on

    with Server(("127.0.0.1", 0), Handler) as running:
        running.heads, running.ended = [], threading.Event()
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield running
        finally:
            running.ended.set()
            running.shutdown()
            thread.join()


def saying(*parts: bytes) -> Speak:
    return lambda line, _: line.sendall(b"".join(parts))


def dripping(first: bytes) -> Speak:
    """Begin so, and go on with a byte now and then, for ever."""

    def speak(line: socket.socket, ended: threading.Event) -> None:
        line.sendall(first)
        while not ended.wait(0.02):
            line.sendall(b"x")

    return speak


def whole(url: str, bounds: Bounds = BOUNDS, route: Route | None = None) -> tuple[int, bytes]:
    with exchange("GET", url, headers={}, bounds=bounds, route=route or Route()) as answer:
        return answer.status, answer.whole()


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nx: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_one_who_drips_is_hung_up_on_wherever_the_answer_stands(first: bytes) -> None:
    begun = time.monotonic()
    with server(dripping(first)) as running, pytest.raises(LateError):
        whole(running.url(), Bounds(seconds=0.3, quiet_seconds=2, answer_bytes=10**6))
    assert time.monotonic() - begun < 2


def keep_quiet(_: socket.socket, ended: threading.Event) -> None:
    ended.wait(5)


def test_one_who_is_quiet_is_not_waited_for() -> None:
    with (
        server(keep_quiet) as running,
        pytest.raises(UnreachableError, match="TimeoutError") as caught,
    ):
        whole(running.url(), Bounds(seconds=5, quiet_seconds=0.1, answer_bytes=1000))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("length", [b"", b"Content-Length: 1000000\r\n"])
def test_an_endless_answer_is_not_read_to_its_end(length: bytes) -> None:
    def speak(line: socket.socket, ended: threading.Event) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
        while not ended.is_set():
            line.sendall(b"x" * 4096)

    with server(speak) as running:
        with pytest.raises(TooMuchError):
            whole(running.url())
        with exchange("GET", running.url(), headers={}, bounds=BOUNDS) as answer:
            assert answer.beginning() == b"x" * 1000


def test_what_breaks_off_is_no_whole_answer() -> None:
    with (
        server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")) as running,
        pytest.raises(UnreachableError, match="IncompleteRead"),
    ):
        whole(running.url())


def test_a_redirect_is_an_answer_like_any_other() -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nno"
    with server(saying(redirect)) as running:
        assert whole(running.url()) == (302, b"no")
        assert len(running.heads) == 1


def test_nothing_is_sent_but_what_was_given() -> None:
    with server(saying(b"HTTP/1.1 204 No Content\r\n\r\n")) as running:
        with exchange(
            "POST", running.url(), headers={"x": "y"}, bounds=BOUNDS, body=b"ab"
        ) as answer:
            assert isinstance(answer, Answer)
            assert (answer.status, answer.whole()) == (204, b"")
        (head,) = running.heads
    first, *others = head.partition("\r\n\r\n")[0].split("\r\n")
    assert first == f"POST /{SECRET}?q=1 HTTP/1.1"
    names = {line.partition(":")[0].lower() for line in others}
    assert names == {"host", "accept-encoding", "content-length", "x"}
    assert "Accept-Encoding: identity" in others


@pytest.mark.parametrize(
    "url", [f"ftp://{SECRET}/", f"http:///{SECRET}", f"http://{SECRET}:99999/", "http://[::1"]
)
def test_what_is_no_address_is_refused_in_the_same_way(url: str) -> None:
    with pytest.raises(OutboundError, match="InvalidURL") as caught:
        whole(url)
    assert SECRET not in str(caught.value)


def test_a_header_that_can_not_be_sent_is_not_quoted() -> None:
    with (
        server(saying()) as running,
        pytest.raises(UnreachableError) as caught,
        exchange("GET", running.url(), headers={"x": f"{SECRET}\r\ny"}, bounds=BOUNDS),
    ):
        pytest.fail("it was sent")
    assert SECRET not in str(caught.value)


def test_the_next_address_is_tried_and_no_other_than_those_found() -> None:
    with server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as running:
        route = Route(lambda *_: ["127.0.0.2", "127.0.0.1"])
        assert whole(running.url("nowhere.example"), route=route) == (200, b"")
        assert f"Host: nowhere.example:{running.port}" in running.heads[0]
        assert whole(running.url("bücher.example"), route=route) == (200, b"")
        assert f"Host: xn--bcher-kva.example:{running.port}" in running.heads[1]
        with pytest.raises(UnreachableError, match="ConnectionRefusedError"):
            whole(running.url(), route=Route(lambda *_: ["127.0.0.2"]))


def test_an_error_of_the_caller_is_passed_on() -> None:
    with (
        server(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as running,
        pytest.raises(ZeroDivisionError),
        exchange("GET", running.url(), headers={}, bounds=BOUNDS),
    ):
        raise ZeroDivisionError


def test_a_proxy_is_used_only_where_the_caller_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with server(saying(answer)) as proxy, server(saying(answer)) as running:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("http_proxy", f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert whole(running.url())[0] == 200
        assert whole(running.url(), route=environment_route(running.url()))[0] == 200
        assert proxy.heads == []
        far = f"http://witness.example/{SECRET}"
        assert whole(far, route=environment_route(far))[0] == 200
        (head,) = proxy.heads
    assert head.startswith(f"GET {far} HTTP/1.1\r\n")
    assert "Host: witness.example\r\n" in head
    assert "Proxy-Authorization: Basic bWU6cEBzcw==\r\n" in head


def tunnel(answer: bytes, context: ssl.SSLContext) -> Speak:
    """A proxy that lets a line through to a server behind it, which speaks TLS."""

    def speak(line: socket.socket, _: threading.Event) -> None:
        line.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(line, server_side=True) as encrypted:
            while encrypted.recv(4096):
                encrypted.sendall(answer)

    return speak


def test_through_a_proxy_the_certificate_is_still_that_of_the_name(tmp_path: Path) -> None:
    context = certified("witness.example", tmp_path)
    speak = tunnel(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", context)
    with server(speak) as proxy:
        route = Route(proxy=f"127.0.0.1:{proxy.port}", certificates=tmp_path / "certificate")
        assert whole("https://witness.example:8443/", route=route) == (200, b"ok")
        with pytest.raises(UnreachableError, match="SSLCertVerificationError"):
            whole("https://other.example:8443/", route=route)
    assert proxy.heads[0].startswith(
        "CONNECT witness.example:8443 HTTP/1.1\r\nHost: witness.example:8443\r\n"
    )


def test_a_proxy_that_refuses_or_is_of_another_kind_is_no_way_there() -> None:
    with server(saying(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")) as proxy:
        route = Route(proxy=f"127.0.0.1:{proxy.port}")
        with pytest.raises(UnreachableError, match="ProxyRefusedError"):
            whole("https://witness.example/", route=route)
    with pytest.raises(OutboundError, match="proxies"):
        whole("https://witness.example/", route=Route(proxy="socks5://127.0.0.1:1"))


def test_authorities_that_are_not_there_vouch_for_nobody(tmp_path: Path) -> None:
    route = Route(lambda *_: ["127.0.0.1"], certificates=tmp_path / "none")
    with pytest.raises(UnreachableError, match="FileNotFoundError"):
        whole("https://witness.example/", route=route)
