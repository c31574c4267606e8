"""What the hotline refuses before Django sees it, answer_to of a real process."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.conf import settings

from tests.support.bounded_server import answer_to, connected, until_closed
from tests.support.running import hotline

MOST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture
def port(hotline_database: str) -> Iterator[int]:
    with hotline(hotline_database) as (url, _):
        yield int(url.rpartition(":")[2])


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def parts(answer: bytes) -> tuple[int, str, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head[9:12]), head.decode().lower(), body.decode()


def test_a_body_is_refused_before_it_is_sent_on_every_surface(port: int) -> None:
    large = f"Content-Length: {1 << 30}"
    for path, language in (("/begin", "en"), ("/cy/begin", "cy"), ("/ar/appeal", "ar")):
        status, head, body = parts(answer_to(port, request("POST", path, FORM, large)))
        assert status == 413
        assert f'lang="{language}"' in body
        assert "default-src 'none'" in head
        assert "cache-control: no-store" in head
    status, head, _ = parts(answer_to(port, request("POST", "/desk/login", FORM, large)))
    assert status == 413
    assert "publickey-credentials-get=(self)" in head
    for path in ("/list/v1/feedback", "/log/v1/checkpoint", "/feeds/x", "/static/x"):
        status, head, body = parts(answer_to(port, request("POST", path, large)))
        assert (status, body) == (413, '{"error": "too large"}')
        assert "content-type: application/json" in head


def test_an_address_without_a_form_takes_no_body(port: int) -> None:
    for path in ("/", "/log/v1/key", "/list/v1/wait", "/robots.txt"):
        status, _, _ = parts(answer_to(port, request("GET", path, "Content-Length: 1", body=b"a")))
        assert status == 413


def test_no_more_than_the_bound_is_taken_in_chunks(port: int) -> None:
    chunk = b"10000\r\n" + bytes(1 << 16) + b"\r\n"
    head = request("POST", "/begin", FORM, "Transfer-Encoding: chunked")
    fits = chunk * (MOST >> 16) + b"0\r\n\r\n"
    assert parts(answer_to(port, head + fits))[0] != 413
    with connected(port, data=head) as connection:  # the last chunk never comes
        with suppress(BrokenPipeError, ConnectionResetError):
            for _ in range((MOST >> 16) + 1):
                connection.sendall(chunk)
        assert parts(until_closed(connection))[0] == 413


def test_heads_are_bounded_and_junk_is_answered_calmly(port: int) -> None:
    status, _, body = parts(answer_to(port, request("GET", "/", "X: " + "a" * 70_000)))
    assert status == 431
    assert "You did nothing wrong." in body
    status, head, body = parts(answer_to(port, b"hello\r\n\r\n"))
    assert status == 400
    assert "You did nothing wrong." in body
    assert "default-src 'none'" in head
