"""The gate's HTTP service as a process on a real socket, beside a real `sync --follow`."""

import gzip
import os
import re
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import requests

from takeback.fingerprints import fingerprint_picture
from takeback.gate.service.request_bodies import MAX_UPLOAD_BYTES
from takeback.gate.store.outbox import Outbox
from takeback.gate.store.store import Store
from takeback.gate.sync.list_sync import ListSync
from takeback.media import Decoder
from tests.support.costly_pictures import flat_gif
from tests.support.gate_service import SERVE, RunningGate, status_of, wait_until
from tests.support.log_server import Log
from tests.support.scenes import encoded, scene

JPEG = {"Content-Type": "image/jpeg"}
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nGIF89a\r\n--b--'


def multipart(parameters: str) -> dict[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary=b{parameters}"}


def test_the_service_goes_from_no_list_to_delivered_feedback(
    log: Log, hotline: str, store: Store, service: str, tmp_path: Path
) -> None:
    picture = encoded(scene(1), "JPEG", quality=90)
    with Decoder() as decoder:
        code = fingerprint_picture(picture, decoder).pdq.hex
    assert requests.get(f"{service}/healthz", timeout=20).json()["status"] == "no_list"
    assert requests.post(f"{service}/v1/match", json={"pdq": code}, timeout=20).status_code == 503
    environment = os.environ | {"TAKEBACK_GATE_TOKEN": log.token}
    follow = ["gate", "sync", "--hotline", hotline, "--store", str(store.folder), "--follow"]
    with subprocess.Popen(
        [sys.executable, "-m", "takeback", *follow],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as following:
        wait_until(lambda: status_of(f"{service}/healthz") == 200)
        entry = log.add(bytes.fromhex(code))
        body = {"pdq": code}
        wait_until(
            lambda: (
                requests.post(f"{service}/v1/match?report=false", json=body, timeout=20).json()[
                    "decision"
                ]
                == "review"
            )
        )
        files = {"file": ("name-of-a-person.jpg", encoded(scene(1), "WEBP"), "image/webp")}
        answer = requests.post(f"{service}/v1/match", files=files, timeout=20).json()
        assert (answer["decision"], answer["lane"]) == ("review", "self_reported")
        assert (answer["entry"], answer["checked_against"][0]["size"]) == (entry, 2)
        assert answer["distance"] <= 10
        assert [match["entry"] for match in answer["matches"]] == [entry]
        other = requests.post(
            f"{service}/v1/match", files={"file": encoded(scene(2))}, timeout=20
        ).json()
        assert (other["decision"], other["entry"], other["matches"]) == ("allow", None, [])
        feedback = {"entries": [entry], "value": "not_the_same"}
        assert requests.post(f"{service}/v1/feedback", json=feedback, timeout=20).status_code == 202
        wait_until(lambda: len(log.feedback) == 2)
        following.terminate()
        assert following.wait(10) == 0
    assert sorted(log.feedback.values()) == [(entry, "not_the_same"), (entry, "pending_review")]
    assert Outbox(store).counts() == (0, 0)
    health = requests.get(f"{service}/healthz", timeout=20).json()
    assert (health["status"], health["can_check"]) == ("ok", True)
    (of_list,) = health["lists"]
    assert (of_list["entries"], of_list["feedback_waiting"]) == (1, 0)
    text = requests.get(f"{service}/metrics", timeout=20).text
    assert 'takeback_gate_checks_total{decision="review",lane="self_reported"} ' in text
    assert 'takeback_gate_list_entries{list="gate"} 1.0' in text
    written = (tmp_path / "service.log").read_text().replace(service, "")
    assert not any(secret in written for secret in (code, "127.0.0.1:", "name-of-a-person"))


def pieces(length: int) -> Iterator[bytes]:
    """A body whose length is not said before."""
    piece = bytes(1 << 20)
    yield from (piece for _ in range(length // len(piece)))
    yield piece[: length % len(piece)]


def test_an_upload_can_be_the_body_itself(log: Log, sync: ListSync, service: str) -> None:
    picture = encoded(scene(1), "JPEG", quality=90)
    entry = log.add(b"", sha256=sha256(picture).digest())
    sync.sync()
    for content_type in ("image/jpeg", "application/octet-stream", "IMAGE/heic; x=y"):
        headers = {"Content-Type": content_type}
        for body in (picture, iter([picture[:70_000], picture[70_000:]])):
            answer = requests.post(f"{service}/v1/match", data=body, headers=headers, timeout=20)
            assert answer.status_code == 200, content_type
            assert (answer.json()["entry"], answer.json()["distance"]) == (entry, 0), content_type
        other = requests.post(
            f"{service}/v1/match", data=encoded(scene(2)), headers=headers, timeout=20
        )
        assert other.json()["matches"] == [], content_type


def test_uploads_that_are_only_announced_take_no_place(sync: ListSync, service: str) -> None:
    sync.sync()
    with ExitStack() as opened:
        for _ in range(100):
            send_part(opened, service, MAX_UPLOAD_BYTES, b"abc")
        for _ in range(3):
            assert post_small(service).status_code == 200


def test_the_largest_of_the_uploads_that_do_not_end_gives_way(sync: ListSync, service: str) -> None:
    sync.sync()
    most = MAX_UPLOAD_BYTES - 1
    with ExitStack() as opened:
        held = [send_part(opened, service, MAX_UPLOAD_BYTES, bytes(most)) for _ in range(4)]
        busy, _ = split_answer(first_answer(held))
        assert busy.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: 1\r\n" in busy.lower()
        for in_pieces in (False, True):
            assert post_small(service, in_pieces=in_pieces).status_code == 200
        looked_up = requests.post(f"{service}/v1/match", json={"pdq": "0" * 64}, timeout=20)
        assert looked_up.status_code == 200
    text = requests.get(f"{service}/metrics", timeout=20).text
    assert re.search(r'takeback_gate_busy_total\{bound="bytes"\} [1-9]', text)


def test_costly_uploads_do_not_keep_quick_ones_waiting(sync: ListSync, service: str) -> None:
    sync.sync()
    costly = flat_gif()
    with ThreadPoolExecutor(40) as threads:
        flood = [
            threads.submit(requests.post, f"{service}/v1/match", data=costly, headers=JPEG)
            for _ in range(40)
        ]
        for _ in range(10):
            assert post_small(service).status_code == 200
        answers = [future.result() for future in flood]
    assert {answer.status_code for answer in answers} == {422, 503}  # nothing of it was there
    for busy in (answer for answer in answers if answer.status_code == 503):
        assert busy.json()["error"] == "busy"
        assert 1 <= int(busy.headers["Retry-After"]) <= 30
    text = requests.get(f"{service}/metrics", timeout=20).text
    assert "takeback_gate_waiting 0.0" in text
    assert re.search(r'takeback_gate_decodings_total\{cost="quick"\} 1\d\.0', text)
    assert re.search(r'takeback_gate_decodings_total\{cost="costly"\} \d', text)
    assert re.search(r'takeback_gate_busy_total\{bound="(work|seconds)"\} \d', text)


def send_part(opened: ExitStack, service: str, length: int, part: bytes) -> socket.socket:
    """Announce an upload, send a part of it and leave the rest out."""
    host, port = service.removeprefix("http://").split(":")
    head = "POST /v1/match HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: "
    upload = opened.enter_context(socket.create_connection((host, int(port))))
    with suppress(OSError):  # it may have been given up for another
        upload.sendall(f"{head}{length}\r\n\r\n".encode() + part)
    return upload


def first_answer(uploads: list[socket.socket]) -> bytes:
    """What the first says that hears anything."""
    heard, _, _ = select.select(uploads, [], [], 30)
    return bytes(heard[0].recv(65536))


def split_answer(answer: bytes) -> tuple[bytes, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return head + b"\r\n", body


def test_many_uploads_of_unsaid_length_go_in_side_by_side(sync: ListSync, service: str) -> None:
    sync.sync()
    host, port = service.removeprefix("http://").split(":")
    head = "POST /v1/match HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
    with ExitStack() as opened:
        for _ in range(20):
            upload = opened.enter_context(socket.create_connection((host, int(port))))
            upload.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n".encode())
        for _ in range(3):
            assert post_small(service, in_pieces=True).status_code == 200


def post_small(service: str, *, in_pieces: bool = False) -> requests.Response:
    picture = encoded(scene(2))
    body = iter([picture[:1000], picture[1000:]]) if in_pieces else picture
    return requests.post(f"{service}/v1/match", data=body, headers=JPEG, timeout=20)


def test_a_port_that_is_taken_is_named(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*SERVE, "--store", str(store.folder), "--port", port],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": b"x", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"data": b"x"}, 415),
        ({"data": gzip.compress(b"x"), "headers": JPEG | {"Content-Encoding": "gzip"}}, 415),
        ({"data": b"", "headers": JPEG}, 400),
        ({"files": {"file": b""}}, 400),
        ({"data": b"no picture", "headers": JPEG}, 422),
        ({"data": bytes(MAX_UPLOAD_BYTES + 1), "headers": JPEG}, 413),
        ({"data": pieces(MAX_UPLOAD_BYTES + 1), "headers": JPEG}, 413),
        ({"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400),
        ({"data": FORM, "headers": multipart("; charset=undefined")}, 400),
        ({"files": {"other": b"x"}}, 400),
        ({"json": {}}, 422),
        ({"json": {"pdq": "00"}}, 422),
        ({"json": {"pdq": "0" * 64, "name": "somebody"}}, 422),
        ({"files": {"file": b"no picture"}}, 422),
        ({"data": b"[" * 300_000, "headers": {"Content-Type": "application/json"}}, 413),
        ({"files": {"file": bytes(MAX_UPLOAD_BYTES + 100_000)}}, 413),
    ],
)
def test_requests_that_can_not_be_answered_have_their_status(
    shared_gate: RunningGate, sent: dict[str, Any], status: int
) -> None:
    answer = requests.post(f"{shared_gate.url}/v1/match", timeout=60, **sent)
    assert answer.status_code == status
    problem = answer.json()
    assert set(problem) == {"error", "message"}
    assert problem["message"]
    assert "somebody" not in answer.text


FILE_PART = b'Content-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'


@pytest.mark.parametrize(
    "preamble",
    [
        b"",
        b"\r\n",
        b"This is a multi-part message in MIME format.\r\n",
        b"two lines\r\nof it\r\n\r\n",
        b"--another\r\n--a b\r\n -- b\r\n",
        b"--boundary0\r\n--boundaryry\r\n--boundary--0\r\n --boundary\r\n--boundary \t x\r\n",
        b" " * (16 * 1024 - 2) + b"\r\n",
        b"\n\r\r\n" + bytes(10_000) + b"\r\n",
    ],
)
@pytest.mark.parametrize("in_pieces", [False, True])
def test_what_stands_before_the_first_part_is_passed_over(
    shared_gate: RunningGate, preamble: bytes, in_pieces: bool
) -> None:
    body = preamble + b"--boundary\r\n" + FILE_PART + encoded(scene(2)) + b"\r\n--boundary--\r\n"
    assert decision(shared_gate.url, body, 67 if in_pieces else len(body)) == "allow"
    # Where it answers, and no more.
    assert shared_gate.log.read_text().count("\n") == 1


def test_blanks_after_a_boundary_are_passed_over(log: Log, sync: ListSync, service: str) -> None:
    # Listed byte for byte: what is read of it must begin and end where it does.
    file = b"GIF89a \r\n--boundary0\r\n--boundar \r\r\n--bound"
    log.add(b"", sha256=sha256(file).digest())
    sync.sync()
    other = b'Content-Disposition: form-data; name="other"\r\n\r\n1\r\n'
    for blanks in (b" ", b" \t \t", b" " * 900):
        line = b"--boundary" + blanks + b"\r\n"
        parts = (line + other, line + FILE_PART + file + b"\r\n", line + other)
        body = b"".join(parts) + b"--boundary--" + blanks + b"\r\n"
        for size in (1, 67, len(body)):
            assert decision(service, body, size) == "review", (blanks, size)


def decision(service: str, body: bytes, size: int) -> object:
    """What is answered to a body that is sent in pieces of so many bytes."""
    headers = {"Content-Type": "multipart/form-data; boundary=boundary"}
    pieces = iter([body[at : at + size] for at in range(0, len(body), size)])
    sent = pieces if size < len(body) else body
    answer = requests.post(f"{service}/v1/match", data=sent, headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()["decision"]


def test_no_byte_of_a_body_that_can_not_be_read_reaches_the_log(
    shared_gate: RunningGate,
) -> None:
    part = FILE_PART + encoded(scene(2))
    for body in (
        *(b"SECRET", b"SECRET\r\n", b"S" * 40_000 + b"\r\n--b\r\n" + part, b"--bSECRET\r\n" + part),
        *(b"--b\r\nS E: x\r\n\r\nx\r\n--b--", b"--b\r\nSECRET", b"--b\r\n" + part + b"\r\n--bS"),
        *(b"--b\rSECRET", b"--b\r\nA: b\rSECRET\r\n\r\n", b"--b\r\n" + part + b"\r\n--b--SECRET"),
    ):
        answer = requests.post(
            f"{shared_gate.url}/v1/match", data=body, headers=multipart(""), timeout=20
        )
        assert answer.status_code in (200, 400), answer.text
    # Where it answers, and no more.
    assert shared_gate.log.read_text().count("\n") == 1


@pytest.mark.parametrize(
    "body",
    [b"[" * 200_000, b'{"entries":[' + b"9" * 9_000 + b'],"value":"blocked"}', b"\xff", b"{"],
)
def test_feedback_that_is_no_feedback_is_refused(shared_gate: RunningGate, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{shared_gate.url}/v1/feedback", data=body, headers=headers, timeout=20)
    assert answer.status_code in (400, 413, 422)
    assert answer.json()["message"]


@pytest.mark.parametrize("path", ["/v1/feedback", "/v1/match"])
def test_bytes_of_json_that_came_lie_in_the_budget(shared_gate: RunningGate, path: str) -> None:
    """Nobody holds bytes outside it, however many connections they open."""
    service = shared_gate.url
    wait_until(lambda: bytes_in_memory(service) == 0)
    address = ("127.0.0.1", int(service.rpartition(":")[2]))
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with ExitStack() as opened:
        for _ in range(4):
            connection = opened.enter_context(socket.create_connection(address))
            connection.sendall(f"{head}Content-Length: 250000\r\n\r\n".encode() + bytes(200_000))
        wait_until(lambda: bytes_in_memory(service) == 800_000)
    wait_until(lambda: bytes_in_memory(service) == 0)


def bytes_in_memory(service: str) -> int:
    text = requests.get(f"{service}/metrics", timeout=20).text
    (line,) = (line for line in text.splitlines() if line.startswith("takeback_gate_upload_bytes "))
    return int(float(line.split()[1]))


def test_the_service_describes_itself(shared_gate: RunningGate) -> None:
    service = shared_gate.url
    paths = requests.get(f"{service}/openapi.json", timeout=20).json()["paths"]
    assert set(paths) == {"/v1/match", "/v1/feedback", "/healthz", "/metrics"}
    kinds = paths["/v1/match"]["post"]["requestBody"]["content"]
    assert set(kinds) == {
        *("image/*", "application/octet-stream"),
        *("multipart/form-data", "application/json"),
    }
    assert requests.get(f"{service}/docs", timeout=20).status_code == 404
