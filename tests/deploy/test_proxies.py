"""The shipped nginx and Caddy files: real TLS, the whole way in Chromium, and silent logs."""

import base64
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import BrowserType, Page

from takeback.hotline.platforms.actions import add_platform
from tests.e2e import walking
from tests.support.certificates import certified
from tests.support.proxies import HOST, PROXIES, Proxy, free_port
from tests.support.running import answers, await_truth

pytestmark = pytest.mark.e2e

_VISITOR = "127.0.0.77"
_ORIGIN = f"https://{HOST}"
_STRICT = {
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
}
"""The headers that securityheaders.com gives an A+ for."""


@contextmanager
def hotline_behind(database: str, port: int, log: Path) -> Iterator[None]:
    """A hotline whose operator has stated the public address, and set nothing else."""
    environment = {**os.environ, "DATABASE_URL": database, "TAKEBACK_PUBLIC_URL": _ORIGIN}
    del environment["DJANGO_ALLOW_ASYNC_UNSAFE"]  # for the tests' own process
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "takeback", "hotline", "serve", "--port", str(port)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            await_truth(lambda: answers(f"http://127.0.0.1:{port}"), process)
            yield
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def upstream() -> int:
    return free_port()


@pytest.fixture(params=sorted(PROXIES))
def proxy(request: pytest.FixtureRequest, upstream: int) -> Iterator[Proxy]:
    # Not pytest's own folder: nginx's workers run as a user of their own, whom pytest shuts out.
    with tempfile.TemporaryDirectory(prefix="takeback-proxy-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        certified(HOST, folder)
        with PROXIES[request.param](folder, upstream) as running:
            yield running


@pytest.fixture
def hotline_log(hotline_database: str, upstream: int, tmp_path: Path) -> Iterator[Path]:
    log = tmp_path / "hotline.log"
    with hotline_behind(hotline_database, upstream, log):
        yield log


@pytest.fixture
def page(
    browser_type: BrowserType, browser_type_launch_args: dict[str, object], proxy: Proxy
) -> Iterator[Page]:
    """Chromium that finds the name at the proxy and trusts its certificate, and no other."""
    key = x509.load_pem_x509_certificate(proxy.certificate.read_bytes()).public_key()
    public = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pin = base64.b64encode(hashlib.sha256(public).digest()).decode()
    usual = browser_type_launch_args["args"]
    assert isinstance(usual, list)
    arguments = [each for each in usual if "host-resolver-rules" not in each]
    arguments += [
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{proxy.port}, MAP * ~NOTFOUND",
        f"--ignore-certificate-errors-spki-list={pin}",
    ]
    with ExitStack() as open_until_the_end:
        browser = browser_type.launch(
            executable_path=str(browser_type_launch_args["executable_path"]), args=arguments
        )
        open_until_the_end.callback(browser.close)
        yield browser.new_page()


def test_the_whole_way_through_the_proxy_in_chromium(
    page: Page, proxy: Proxy, hotline_log: Path
) -> None:
    refused: list[str] = []
    page.on(
        "response",
        lambda answer: refused.append(answer.url) if answer.status >= 400 else None,
    )
    code = walking.report(page, _ORIGIN, [walking.GARDEN])
    walking.open_case(page, _ORIGIN, code)
    cookies = page.context.cookies()
    assert all(cookie.get("secure") for cookie in cookies)
    assert refused == []
    for words in (code, code.replace(" ", ""), "Mozilla", walking.GARDEN["name"]):
        assert words.encode() not in proxy.written() + hotline_log.read_bytes()


def test_headers_are_strict_on_every_answer_whoever_makes_it(
    proxy: Proxy, hotline_database: str, upstream: int, tmp_path: Path
) -> None:
    away, headers, _ = proxy.ask("GET /")
    assert away == 503  # the hotline does not run yet
    assert int(headers["retry-after"]) > 0
    assert headers.keys() >= _STRICT
    with hotline_behind(hotline_database, upstream, tmp_path / "log"):
        for path, status in (("/", 200), ("/open", 200), ("/nowhere", 404), ("/static/x", 404)):
            answer, headers, _ = proxy.ask(f"GET {path}")
            assert answer == status, path
            assert headers.keys() >= _STRICT, path
            assert not any("," in headers[name] for name in ("x-frame-options", "referrer-policy"))
        length = {"Content-Length": str(300 * 1024), "Origin": _ORIGIN}
        large, headers, _ = proxy.ask("POST /begin", length, bytes(300 * 1024))
        assert large == 413
        assert headers.keys() >= _STRICT
        form = {"Content-Length": "0", "Origin": _ORIGIN}
        assert proxy.ask("POST /begin", form)[0] == 303
        assert proxy.ask("POST /begin", {**form, "Origin": "https://evil.example"})[0] == 403


def test_a_gate_reads_and_waits_through_the_proxy(proxy: Proxy, hotline_log: Path) -> None:
    token = {"Authorization": f"Bearer {add_platform('Skylark')}"}
    assert proxy.ask("GET /log/v1/checkpoint")[0] == 200
    assert proxy.ask("GET /list/v1/wait?size=0&seconds=1", token)[0] == 204
    fast = proxy.ask_often("/log/v1/checkpoint", times=400)  # a gate that begins
    assert {status for status, _ in fast} == {200}
    with proxy.connect() as stream:
        stream.sendall(
            f"GET /list/v1/events HTTP/1.1\r\nHost: {HOST}\r\n"
            f"Authorization: {token['Authorization']}\r\n\r\n".encode()
        )
        first = stream.recv(65536)  # at once, though the stream goes on
        assert first.startswith(b"HTTP/1.1 200")
        assert b"text/event-stream" in first
    assert token["Authorization"].encode() not in proxy.written() + hotline_log.read_bytes()


def test_a_flood_of_pages_is_told_when_to_come_back(proxy: Proxy, hotline_log: Path) -> None:
    answers_of_all = proxy.ask_often("/robots.txt", times=600)
    assert {status for status, _ in answers_of_all} <= {200, 429}
    for status, headers in answers_of_all:
        if status == 429:  # nginx; Caddy has no limit without a module, and the hotline its own
            assert int(headers["retry-after"]) > 0
            assert headers.keys() >= _STRICT


def test_no_address_of_a_visitor_is_in_any_log(proxy: Proxy, hotline_log: Path) -> None:
    own = {"Origin": _ORIGIN, "X-Forwarded-For": "127.0.0.78"}
    proxy.ask("GET /", own, source=_VISITOR)
    proxy.ask("POST /begin", {**own, "Content-Length": "0"}, source=_VISITOR)
    large = {**own, "Content-Length": str(1 << 20)}
    proxy.ask("POST /begin", large, bytes(1 << 20), source=_VISITOR)
    proxy.ask("GET /%FF%FE", own, source=_VISITOR)
    proxy.ask(f"GET /{'a' * 7000}", own, source=_VISITOR)
    proxy.ask("GET /", {**own, "Cookie": "c" * 20_000}, source=_VISITOR)
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01garbage", b""):
        from_visitor(proxy, garbage)
    with proxy.connect(_VISITOR) as halfway:
        halfway.sendall(b"POST /begin HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    with proxy.connect(_VISITOR) as stream:  # hangs up in the middle of an answer
        stream.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    # The hotline hangs up on the proxy, and then is away.
    for _ in range(3):
        proxy.ask("GET /", own, source=_VISITOR)
    everything = proxy.written() + hotline_log.read_bytes()
    for address in (_VISITOR, "127.0.0.78"):
        assert address.encode() not in everything


def test_no_address_of_a_visitor_is_logged_while_the_hotline_is_away(proxy: Proxy) -> None:
    for _ in range(3):
        assert proxy.ask("GET /", {"X-Forwarded-For": "127.0.0.78"}, source=_VISITOR)[0] == 503
    for address in (_VISITOR, "127.0.0.78"):
        assert address.encode() not in proxy.written()


def from_visitor(proxy: Proxy, data: bytes) -> None:
    """Bytes that are no TLS, or no whole of it."""
    with socket.create_connection(
        ("127.0.0.1", proxy.port), timeout=10, source_address=(_VISITOR, 0)
    ) as plain:
        plain.sendall(data)
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(4096):
            pass


def test_the_hotline_knows_each_visitor_for_its_limits(proxy: Proxy, hotline_log: Path) -> None:
    """One source is told to wait; another one, behind the same proxy, is not."""
    statuses = [looked_up(proxy, _VISITOR) for _ in range(40)]
    assert 429 in statuses
    assert looked_up(proxy, "127.0.0.79") != 429
    assert _VISITOR.encode() not in hotline_log.read_bytes()


def looked_up(proxy: Proxy, source: str) -> int:
    """Somebody tries a code that leads nowhere."""
    form = b"lookup=" + b"0" * 64
    fields = {
        "Origin": _ORIGIN,
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(form)),
    }
    return proxy.ask("POST /open", fields, form, source)[0]
