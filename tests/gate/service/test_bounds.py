"""What the gate's service refuses before it looks: each time a Problem, with every header."""

import json
import subprocess
from contextlib import ExitStack

import pytest

from takeback.gate.service.request_bodies import MAX_UPLOAD_BYTES
from takeback.gate.store.store import Store
from tests.support.bounded_server import answer_to, connected
from tests.support.gate_service import SERVE, RunningGate

JSON = "Content-Type: application/json"


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize(
    ("sent", "status", "kind"),
    [
        (request("POST", "/v1/feedback", JSON, "Content-Length: 400000000"), 413, "too_large"),
        (request("POST", "/v1/match", JSON, "Content-Length: 400000"), 413, "too_large"),
        (
            request("POST", "/v1/match", "Content-Type: image/png", f"Content-Length: {1 << 40}"),
            413,
            "too_large",
        ),
        (
            request("POST", "/v1/feedback", JSON, "Transfer-Encoding: chunked")
            + (b"10000\r\n" + b" " * 65536 + b"\r\n") * 50,
            413,
            "too_large",
        ),
        (request("GET", "/healthz", "X: " + "a" * 70_000), 431, "request"),
        (request("GET", "/healthz", *["X: a"] * 10_000), 431, "request"),
        (b"hello\r\n\r\n", 400, "request"),
    ],
    ids=["feedback", "json", "upload", "chunked", "header", "headers", "junk"],
)
def test_what_takes_too_much_is_a_problem(
    shared_gate: RunningGate, sent: bytes, status: int, kind: str
) -> None:
    head, _, body = answer_to(int(shared_gate.url.rpartition(":")[2]), sent).partition(b"\r\n\r\n")
    assert int(head[9:12]) == status
    problem = json.loads(body)
    assert problem["error"] == kind
    assert problem["message"].endswith(".")
    for header in (b"cache-control: no-store", b"x-content-type-options: nosniff"):
        assert header in head.lower()
    assert b"content-type: application/json" in head.lower()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request("PUT", "/v1/match", f"Content-Length: {MAX_UPLOAD_BYTES}"), 405),
        (request("POST", "/v1/nothing", f"Content-Length: {MAX_UPLOAD_BYTES}"), 404),
        (request("GET", "/metrics", "Content-Length: 1000"), 200),
    ],
)
def test_what_reads_no_body_answers_without_it(
    shared_gate: RunningGate, sent: bytes, status: int
) -> None:
    answer = answer_to(int(shared_gate.url.rpartition(":")[2]), sent)
    assert int(answer[9:12]) == status


@pytest.mark.parametrize("most_files", [400, 4096])
def test_silent_connections_block_nobody_however_few_files_may_be_open(
    store: Store, most_files: int
) -> None:
    limits = f'ulimit -Sn 256 && ulimit -Hn {most_files} && exec "$0" "$@"'
    command = ["sh", "-c", limits, *SERVE, "--store", str(store.folder), "--port", "0"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
        ExitStack() as stack,
    ):
        stack.callback(process.terminate)
        assert process.stdout is not None
        port = int(process.stdout.readline().partition(". ")[0].rpartition(":")[2])
        for _ in range(500):
            stack.enter_context(connected(port, data=b"GET /"))
        assert answer_to(port, request("GET", "/healthz")).startswith(b"HTTP/1.1 503 ")
