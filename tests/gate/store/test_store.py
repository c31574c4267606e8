"""The folder of a gate: private wherever it stands, and made by many at once; and whom it asks."""

import contextlib
import sqlite3
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from takeback.gate.store.live_entries import put_live_entry, read_live_entry
from takeback.gate.store.store import FollowedLog, Store, StoreError, write_followed_log
from takeback.gate.sync.client import HotlineClient, HotlineError, PlatformToken
from takeback.hashlist.events import EntryId, Provenance
from takeback.hashlist.fold import LiveEntry
from takeback.hashlist.rules import LogRules
from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal, Signal
from takeback.matching.snapshot import ListTables, SnapshotSource
from takeback.signals.lanes import Lane
from takeback.tlog.merkle import Frontier, leaf_hash
from tests.support.match_lists import ListedPdq, PlainEntry, entry_id

OPEN_AT_ONCE = """
import pathlib, sys
from takeback.gate.store.store import Store
for number in sys.stdin.buffer:
    Store(pathlib.Path(sys.argv[1]) / number.decode().strip())
    print(flush=True)
"""
TOKEN = PlatformToken.parse("tb1_" + "a" * 43 + "_" + "0" * 16)


def test_many_processes_make_one_store_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN_AT_ONCE, str(tmp_path)]
    pipe = subprocess.PIPE
    openers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) for _ in range(4)]
    questions = [opener.stdin for opener in openers if opener.stdin is not None]
    answers = [opener.stdout for opener in openers if opener.stdout is not None]
    assert (len(questions), len(answers)) == (4, 4)
    for number in range(40):
        for numbers in questions:
            with contextlib.suppress(BrokenPipeError):  # why it ended, it says below
                numbers.write(b"%d\n" % number)
                numbers.flush()
        for lines in answers:
            lines.readline()
    for opener in openers:
        _, errors = opener.communicate(timeout=60)
        assert (opener.returncode, errors) == (0, b"")


def test_nobody_else_reads_a_store_in_a_folder_that_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "gate"
    folder.mkdir(mode=0o755)
    store = Store(folder)
    with store.change_outbox():
        files = [path for path in folder.iterdir() if path.is_file()]
        assert {path.name for path in files} >= {"list.db", "outbox.db", "outbox.db-wal"}
        assert [path.name for path in files if path.stat().st_mode & 0o077] == []


def test_the_state_as_arrays_is_the_state_entry_by_entry(store: Store) -> None:
    listed = [
        PlainEntry(
            entry_id(number * 7919 % 1000),
            Lane.CONFIRMED if number % 3 else Lane.SELF_REPORTED,
            tuple(ListedPdq(bytes([number % 256, at]) * 16, at) for at in range(number % 4)),
            tuple(bytes([number % 256, at]) * 16 for at in range(number % 3)),
            tuple(bytes([number % 256, at]) * 8 for at in range(number % 2)),
        )
        for number in range(300)
    ]
    with store.change_list() as connection:
        for added_at, entry in enumerate(listed):
            signals: list[Signal] = [
                PdqSignal(value=pdq.code.hex(), quality=pdq.quality) for pdq in entry.pdq
            ]
            signals += [Sha256Signal(value=value.hex()) for value in entry.sha256]
            signals += [Md5Signal(value=value.hex()) for value in entry.md5]
            provenance = Provenance(hotline="example")
            live = LiveEntry(EntryId(entry.entry), entry.lane, provenance, tuple(signals), added_at)
            put_live_entry(connection, live, None)
            assert read_live_entry(connection, EntryId(entry.entry)) == live
        frontier = Frontier().extended([leaf_hash(b"event")])
        write_followed_log(connection, FollowedLog("key", "example", frontier, b"note", LogRules()))
    state = store.state()
    assert state is not None
    source, tables = state
    assert source == SnapshotSource("example", 1, frontier.root())
    expected = ListTables.of(entry.listed for entry in listed)
    assert np.array_equal(tables.entry_ids, expected.entry_ids)
    assert np.array_equal(tables.entry_lane, expected.entry_lane)
    assert tables.signals.keys() == expected.signals.keys() == {"pdq", "sha256", "md5"}
    for kind, table in expected.signals.items():
        found = tables.signals[kind]
        assert np.array_equal(found.values, table.values)
        assert np.array_equal(found.entry, table.entry)
        assert [column.tolist() for column in found.numbers] == [
            column.tolist() for column in table.numbers
        ]


def test_a_proxy_never_sees_what_is_meant_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_error(502)

        def log_message(self, *_: object) -> None:
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


def test_an_address_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="no password") as refused:
        HotlineClient("https://someone:hunter2@hotline.example", TOKEN)
    assert "hunter2" not in str(refused.value)


def test_a_store_of_another_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = Store(tmp_path / "gate").folder
    with contextlib.closing(sqlite3.connect(folder / "list.db")) as connection:
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(StoreError, match="another version"):
        Store(folder)
    with contextlib.closing(sqlite3.connect(folder / "list.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


def test_whoever_syncs_keeps_its_locks_whatever_others_open_and_close(tmp_path: Path) -> None:
    """Connections stay open while syncing; SQLite's locks on the file must stay with them."""
    folder = tmp_path / "gate"
    store = Store(folder)
    reads = "from takeback.gate.store.store import Store; import pathlib, sys; " + (
        "print(Store(pathlib.Path(sys.argv[1])).followed_log())"
    )
    with store.sync_lock():
        for number in range(20):
            with store.change_list() as connection:
                connection.execute("INSERT INTO provenance (stated) VALUES (?)", (str(number),))
            Store(folder)  # in this process, too: it must not open the file beside SQLite
            if number % 5 == 0:  # another process that believes to be the last one to close it
                subprocess.run([sys.executable, "-c", reads, str(folder)], check=True)
        with store.read_list() as connection:
            (rows,) = connection.execute("SELECT count(*) FROM provenance").fetchone()
            (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
    assert (rows, sound) == (20, "ok")
