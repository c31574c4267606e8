"""The folder of a gate: private wherever it stands, and made by many at once; and whom it asks."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from takeback.gate.client import HotlineClient, HotlineError, PlatformToken
from takeback.gate.store import Store

OPEN_AT_ONCE = """
import pathlib, sys
from takeback.gate.store import Store
sys.stdin.read(1)
Store(pathlib.Path(sys.argv[1]))
"""
TOKEN = PlatformToken.parse("tb1_" + "a" * 43 + "_" + "0" * 16)


def test_many_processes_make_one_store_at_once(tmp_path):
    for round_number in range(8):
        command = [sys.executable, "-c", OPEN_AT_ONCE, str(tmp_path / str(round_number))]
        openers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(4)
        ]
        for opener in openers:
            opener.stdin.write(b"!")
            opener.stdin.flush()
        for opener in openers:
            _, said = opener.communicate(timeout=60)
            assert (opener.returncode, said) == (0, b"")


def test_nobody_else_reads_a_store_in_a_folder_that_was_there(tmp_path):
    folder = tmp_path / "gate"
    folder.mkdir(mode=0o755)
    store = Store(folder)
    with store.change_outbox():
        files = [path for path in folder.iterdir() if path.is_file()]
        assert {path.name for path in files} >= {"list.db", "outbox.db", "outbox.db-wal"}
        assert [path.name for path in files if path.stat().st_mode & 0o077] == []


def test_a_proxy_never_sees_what_is_meant_for_this_machine(monkeypatch):
    seen = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_error(502)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever).start()
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with HotlineClient("http://127.0.0.1:1", TOKEN) as client, pytest.raises(HotlineError):
            client.checkpoint()
        proxy.shutdown()
    assert seen == []


def test_an_address_with_a_password_is_refused_and_not_repeated():
    with pytest.raises(ValueError, match="no password") as refused:
        HotlineClient("https://someone:hunter2@hotline.example", TOKEN)
    assert "hunter2" not in str(refused.value)
