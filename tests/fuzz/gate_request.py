"""Fuzzes what the gate's service makes of a request: whatever comes has a proper answer."""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator, MutableMapping
from typing import Any

from tests.fuzz.instrumented import instrumented

with instrumented("takeback.gate", "starlette", "python_multipart"):
    from takeback.gate.check.gate import Gate
    from takeback.gate.service.app import make_service

from tests.fuzz.session import fuzz

_PATHS = ("/v1/match", "/v1/match", "/v1/match", "/v1/feedback")
_KINDS = (b"application/json", b"multipart/form-data", b"image/jpeg", b"application/json")
# No list is in force, so that a body that could be read ends with 503 `no_list`.
_EXPECTED = {202, 400, 413, 415, 422, 503}
# The HTTP server refuses control characters (RFC 9110, 5.5).
_NEVER_IN_A_HEADER = bytes({*range(32), 127} - {ord("\t")})
_BOUNDARY = b"; boundary=b"
_store = tempfile.TemporaryDirectory()
_service = make_service(Gate.open(_store.name))
_loop = asyncio.Runner()


def entry(data: bytes) -> None:
    """Take path, kind, size of the pieces and headers from the head, the rest as the body."""
    head, _, body = data[2:].partition(b"\n")
    parameters, _, encoding = head.partition(b"\r")
    parameters, encoding = (
        word.translate(None, _NEVER_IN_A_HEADER) for word in (parameters, encoding)
    )
    choice, piece = (*data[:2], 0, 0)[:2]
    headers = [(b"content-type", _KINDS[choice % 4] + parameters)]
    if encoding:
        headers.append((b"content-encoding", encoding))
    if choice & 8:  # a length that need not be true
        headers.append((b"content-length", b"%d" % (len(body) + piece - 128)))
    pieces = [body[at : at + piece + 1] for at in range(0, len(body), piece + 1)] or [b""]
    status, answer = _loop.run(_asked(_PATHS[choice % 4], headers, pieces))
    assert status in _EXPECTED, status
    if status >= 400:
        assert json.loads(answer).keys() == {"error", "message"}


async def _asked(
    path: str, headers: list[tuple[bytes, bytes]], pieces: list[bytes]
) -> tuple[int, bytes]:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "client": None,
        "server": None,
    }
    left = iter(pieces)
    messages: list[MutableMapping[str, Any]] = []
    number = 0

    async def receive() -> dict[str, Any]:
        nonlocal number
        number += 1
        return {"type": "http.request", "body": next(left, b""), "more_body": number < len(pieces)}

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(message)

    await _service(scope, receive, send)
    return messages[0]["status"], b"".join(message.get("body", b"") for message in messages[1:])


def seeds(_: argparse.Namespace) -> Iterator[bytes]:
    """Yield requests of each kind, good and bad."""
    code = b"0f" * 32
    file = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\nGIF89a\r\n--b--\r\n'
    yield b"\x00\xff\n" + b'{"pdq":"%s","sha256":"%s","md5":null}' % (code, code)
    yield b"\x00\x03; charset=latin-1\n" + b'{"pdq":"%s"}' % code[:9]
    yield b"\x01\xff" + _BOUNDARY + b"\n" + file % (b"file", b'; filename="a"')
    yield b"\x01\x05" + _BOUNDARY + b"\n" + file % (b"file", b"")
    yield b"\x01\xff" + _BOUNDARY + b"\n" + file % (b"other", b"; filename*=utf-8''a%20b")
    yield b"\x01\xff; boundary=\n--"
    for charset in (b"=undefined", b"*=utf-8''%00"):
        yield b"\x01\xff; charset%s; boundary=b\n" % charset + file % (b"file", b"")
    yield b"\x02\xff\nGIF89a"
    yield b"\x0a\x80\nGIF89a"
    yield b"\x02\xff\rgzip\nGIF89a"
    yield b"\x03\xff\n" + b'{"entries":["018f"],"value":"blocked"}'


if __name__ == "__main__":
    fuzz(entry, seeds, __doc__ or "")
