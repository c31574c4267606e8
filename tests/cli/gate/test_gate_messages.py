"""What the gate's commands say to whoever set something up wrong: what it is, and what to do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner, Result

from takeback.cli.main import app
from takeback.gate.store.store import Store
from takeback.shell.typed_commands import typed
from tests.support.gate_service import started_service
from tests.support.log_server import Log


def run(*arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(app, ["gate", *map(str, arguments)], env=environment)


def sentence_of(done: Result) -> str:
    assert isinstance(done.exception, SystemExit), done.exception
    (sentence,) = done.stderr.strip().splitlines()
    return sentence


@contextmanager
def website(status: int, content_type: str, body: bytes, **headers: str) -> Iterator[str]:
    """A server that gives the same answer to everything; yields its address."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": content_type, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_token_file_that_can_not_be_used_is_named(hotline: str, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "other").write_bytes(b"\xff a picture")
    (tmp_path / "folder").mkdir()
    for name, why in (
        ("missing", "There is no token file"),
        ("empty", "is empty"),
        ("other", "holds something else"),
        ("folder", "can't be read: Is a directory"),
        ("x" * 300, "can't be read: File name too long"),
    ):
        options = ("--hotline", hotline, "--store", tmp_path / "gate")
        done = run("sync", *options, "--token-file", tmp_path / name)
        assert done.exit_code == 2
        sentence = sentence_of(done)
        assert str(tmp_path / name) in sentence
        assert why in sentence
        assert not (tmp_path / "gate").exists()


def test_in_a_lists_file_too(log: Log, hotline: str, tmp_path: Path) -> None:
    lists = tmp_path / "lists.toml"
    lists.write_text(f'[[list]]\nname = "uk"\nhotline = "{hotline}"\ntoken_file = "uk.token"\n')
    done = run("sync", "--lists", lists)
    assert done.exit_code == 2
    assert f"uk: There is no token file {tmp_path / 'uk.token'}." in sentence_of(done)


@pytest.mark.parametrize(
    ("status", "content_type", "body", "why"),
    [
        (404, "text/html", b"<h1>Not found</h1>", "There is no hotline at {url}: it answers with"),
        (404, "application/json", b'{"detail": "Not Found"}', "There is no hotline at {url}: it"),
        (
            200,
            "text/html; charset=utf-8",
            b"<h1>Hi</h1>",
            "There is no hotline at {url}: a website",
        ),
        (200, "text/plain", b"hello", "There is no hotline at {url}: what it calls its log's key"),
        (301, "text/html", b"", "{url} sends on to another address (status 301)"),
    ],
)
def test_an_address_without_a_hotline_is_named(
    status: int, content_type: str, body: bytes, why: str, log: Log, tmp_path: Path
) -> None:
    with website(status, content_type, body, Location="https://elsewhere.example/") as url:
        options = ("--hotline", url, "--store", tmp_path / "gate")
        done = run("sync", *options, TAKEBACK_GATE_TOKEN=log.token)
    assert done.exit_code == 1
    sentence = sentence_of(done)
    assert why.format(url=url) in sentence
    assert "operator gave" in sentence
    assert "Try again later" not in sentence


def test_a_website_in_the_place_of_a_hotline_leaves_the_list_in_force(
    log: Log, hotline: str, tmp_path: Path
) -> None:
    store = tmp_path / "gate"
    options = ("--store", store)
    run("sync", "--hotline", hotline, *options, TAKEBACK_GATE_TOKEN=log.token)
    with website(200, "text/html", b"<h1>We are being repaired</h1>") as url:
        done = run("sync", "--hotline", url, *options, TAKEBACK_GATE_TOKEN=log.token)
    assert done.exit_code == 1
    status = run("status", *options)
    assert status.exit_code == 0
    assert "trouble: –" in status.stdout


def test_a_service_whose_list_nobody_syncs_says_so_and_checks_nothing(tmp_path: Path) -> None:
    with started_service(tmp_path / "gate") as (url, log):
        store = tmp_path / "gate"
        options = f"--hotline https://… --token-file token --store {store} --follow"
        command = typed(f"gate sync {options}")
        assert f"{tmp_path / 'gate'} has never been synced" in log.read_text()
        assert command in log.read_text()
        answer = requests.post(f"{url}/v1/match", json={"pdq": "0" * 64}, timeout=20)
        assert (answer.status_code, answer.json()["error"]) == (503, "no_list")


def test_a_service_whose_list_is_old_says_since_when(
    log: Log, hotline: str, tmp_path: Path
) -> None:
    store = Store(tmp_path / "gate")
    run("sync", "--hotline", hotline, "--store", store.folder, TAKEBACK_GATE_TOKEN=log.token)
    with started_service(store.folder) as (_, printed):
        assert "synced" not in printed.read_text()
    before = (datetime.now(UTC) - timedelta(hours=3)).isoformat(timespec="seconds")
    with store.change_list() as connection:
        connection.execute("UPDATE followed_log SET contacted_at = ?", (before,))
    with started_service(store.folder) as (url, printed):
        assert "was synced 3 hours ago" in printed.read_text()
        answer = requests.post(f"{url}/v1/match", json={"pdq": "0" * 64}, timeout=20)
        assert answer.status_code == 200
