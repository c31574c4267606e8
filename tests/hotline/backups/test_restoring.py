"""A backup of a server's database comes back whole, or nothing is replaced."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from takeback.hotline.audit.access import verify_chain
from takeback.hotline.log.access import log_origin, sequenced_size
from tests.hotline.backups.server_backups import Place, databases, filled, name_of, takeback
from tests.support.database import disconnect
from tests.support.running import await_truth


def test_a_dump_comes_back_as_the_same_hotline_elsewhere(
    hotline_database: str, another: str, place: Place, tmp_path: Path
) -> None:
    filled()
    backup = place.make(hotline_database)
    done = place.restore(backup, another, tmp_path / "there")
    assert done.returncode == 0, done.stderr
    note = json.loads((tmp_path / "there" / "restored").read_text())
    assert (note["origin"], note["size"]) == (log_origin(), sequenced_size())
    verified = takeback(another, tmp_path / "there", "audit", "verify")
    assert verify_chain().link.hex() in verified.stdout
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "there" / "secrets").iterdir()}
    assert modes == {0o600}

    again = place.restore(backup, another, tmp_path / "there")
    assert (again.returncode, again.stdout) == (1, "")
    assert "--replace" in again.stderr
    replaced = place.restore(backup, another, tmp_path / "there", "--replace", "--yes")
    assert replaced.returncode == 0, replaced.stderr
    assert "Delete it once all is well" in replaced.stdout
    kept = {name for name in databases(hotline_database) if name.startswith(name_of(another))}
    assert len(kept) == 2


def test_nothing_is_replaced_while_somebody_is_connected(
    hotline_database: str, place: Place, tmp_path: Path
) -> None:
    filled()
    backup = place.make(hotline_database)
    with psycopg.connect(hotline_database):
        done = place.restore(backup, hotline_database, tmp_path / "there", "--replace", "--yes")
    assert done.returncode == 1
    assert "connected" in done.stderr
    assert sequenced_size() > 0


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a byte short": lambda data: data[:-1],
    "half": lambda data: data[: len(data) // 2],
    "a byte changed": lambda data: data[: len(data) // 2] + b"\0" + data[len(data) // 2 + 1 :],
    "a few more": lambda data: data + b"more",
    "empty": lambda _data: b"",
    "another file": lambda _data: b"no backup at all",
}


def test_a_damaged_backup_changes_nothing(
    hotline_database: str, another: str, place: Place, tmp_path: Path
) -> None:
    filled()
    backup = place.make(hotline_database)
    whole = backup.read_bytes()
    for name, damage in DAMAGES.items():
        backup.write_bytes(damage(whole))
        there = tmp_path / name
        done = place.restore(backup, another, there)
        assert done.returncode == 1, name
        assert "Traceback" not in done.stderr, name
        made = {
            found for found in databases(hotline_database) if found.startswith(name_of(another))
        }
        assert made == set(), name
        left = {path.name for path in there.rglob("*") if path.is_file()}
        assert left <= {".postgres.restoring.lock"}, name


def test_another_key_opens_nothing(hotline_database: str, place: Place, tmp_path: Path) -> None:
    backup = place.make(hotline_database, "--only", "secrets")
    place.key.unlink()
    takeback(hotline_database, None, "backup", "key", str(place.key))
    done = place.restore(backup, hotline_database, tmp_path / "there")
    assert done.returncode == 1
    assert "this key" in done.stderr


def test_database_and_secrets_can_lie_apart(
    hotline_database: str, another: str, place: Place, tmp_path: Path
) -> None:
    filled()
    secrets = place.make(hotline_database, "--only", "secrets")
    database = place.make(hotline_database, "--only", "database")
    there = tmp_path / "there"
    refused = place.restore(database, another, there)
    assert refused.returncode == 1
    assert "secrets" in refused.stderr
    assert place.restore(secrets, another, there).returncode == 0
    assert place.restore(database, another, there).returncode == 0
    assert takeback(another, there, "audit", "verify").returncode == 0


def test_a_database_is_not_put_beside_the_secrets_of_another_hotline(
    hotline_database: str, another: str, place: Place, tmp_path: Path
) -> None:
    filled()
    database = place.make(hotline_database, "--only", "database")
    everything = place.make(hotline_database)
    secrets = tmp_path / "there" / "secrets"
    secrets.mkdir(parents=True)
    for name in ("audit", "django", "log-key"):
        (secrets / name).write_bytes(os.urandom(32))
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    assert place.restore(database, another, tmp_path / "there").returncode == 1
    assert place.restore(everything, another, tmp_path / "there").returncode == 1
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before
    done = place.restore(everything, another, tmp_path / "there", "--replace", "--yes")
    assert done.returncode == 0, done.stderr
    assert takeback(another, tmp_path / "there", "audit", "verify").returncode == 0
    (aside,) = secrets.glob("replaced-*")
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == before


def test_what_stands_in_the_state_folder_stays(
    hotline_database: str, another: str, place: Place, tmp_path: Path
) -> None:
    filled()
    here = Path(os.environ["TAKEBACK_STATE"])
    (here / "kept").mkdir()
    (here / "kept" / "older").write_text("older")
    (here / "kept" / "lost").write_text("lost")
    (here / "mark").mkdir(exist_ok=True)
    (here / "mark" / "old.json").write_text("how far the log was then")
    try:
        backup = place.make(hotline_database)
    finally:
        shutil.rmtree(here / "kept")
        (here / "mark" / "old.json").unlink()
    there = tmp_path / "there"
    (there / "kept").mkdir(parents=True)
    (there / "kept" / "older").write_text("newer")
    done = place.restore(backup, another, there)
    assert done.returncode == 0, done.stderr
    assert (there / "kept" / "older").read_text() == "newer"
    assert (there / "kept" / "lost").read_text() == "lost"
    assert not (there / "mark" / "old.json").exists()  # what it was at last is not in a backup


@contextmanager
def under_way(
    backup: Path, place: Place, database: str, state: Path
) -> Iterator[tuple["subprocess.Popen[str]", Callable[[], None]]]:
    """A restore over what is there that has read half of its backup; and what lets it go on."""
    slow, data, go_on = backup.with_name("slow"), backup.read_bytes(), threading.Event()
    os.mkfifo(slow)

    def feed() -> None:
        with suppress(BrokenPipeError), slow.open("wb", buffering=0) as pipe:
            pipe.write(data[: len(data) // 2])
            go_on.wait()
            pipe.write(data[len(data) // 2 :])

    threading.Thread(target=feed, daemon=True).start()
    command = ("restore", str(slow), "--key", str(place.key), "--replace", "--yes")
    with subprocess.Popen(
        [sys.executable, "-m", "takeback", "hotline", *command],
        env={**os.environ, "DATABASE_URL": database, "TAKEBACK_STATE": str(state)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        beside = f"{name_of(database)}_restoring"
        server = urlsplit(database)._replace(path="/postgres").geturl()
        try:
            await_truth(lambda: beside in databases(server), process)
            yield process, go_on.set
        finally:
            go_on.set()
            process.kill()
            slow.unlink()


@pytest.fixture
def long_backup(hotline_database: str, place: Place) -> Iterator[Path]:
    """A backup whose end comes long after its database; nobody is connected to that."""
    filled()
    padding = Path(os.environ["TAKEBACK_STATE"]) / f"padding-{os.urandom(4).hex()}"
    padding.write_bytes(os.urandom(8 << 20))  # more than what is read ahead
    try:
        backup = place.make(hotline_database)
    finally:
        padding.unlink()
    disconnect()
    yield backup


def test_secrets_stay_where_the_database_can_not_be_replaced(
    hotline_database: str, place: Place, long_backup: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    other = there / "secrets" / "fields"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"another hotline's")
    with under_way(long_backup, place, hotline_database, there) as (restoring, go_on):
        with psycopg.connect(hotline_database):
            go_on()
            assert restoring.wait(60) == 1
        assert restoring.stderr is not None
        assert "connected" in restoring.stderr.read()
    assert other.read_bytes() == b"another hotline's"
    assert [path.name for path in other.parent.iterdir()] == ["fields"]
    assert not (there / "restored").exists()


def test_two_restores_into_one_database_do_not_meet(
    hotline_database: str, place: Place, long_backup: Path, tmp_path: Path
) -> None:
    with under_way(long_backup, place, hotline_database, tmp_path / "there") as (restoring, go_on):
        for state in (tmp_path / "there", tmp_path / "elsewhere"):
            second = place.restore(long_backup, hotline_database, state, "--replace", "--yes")
            assert (second.returncode, second.stdout) == (1, "")
            assert second.stderr == "Another restore is under way. Wait until it has ended.\n"
        status = takeback(hotline_database, tmp_path / "there", "log", "status")
        assert status.returncode == 1
        assert "A restore is under way" in status.stderr
        go_on()
        assert restoring.wait(60) == 0


def test_what_is_wrong_with_a_file_is_said_in_plain_words(
    hotline_database: str, place: Place, tmp_path: Path
) -> None:
    backup = place.make(hotline_database, "--only", "secrets")
    whole = backup.read_bytes()
    for length in (100, 10, 0):
        backup.write_bytes(whole[:length])
        done = place.restore(backup, hotline_database, tmp_path / "there")
        assert "is no backup" in done.stderr, length


def test_a_key_file_that_is_not_there_is_named(
    hotline_database: str, place: Place, tmp_path: Path
) -> None:
    backup = place.make(hotline_database, "--only", "secrets")
    place.key.unlink()
    done = place.restore(backup, hotline_database, tmp_path / "there")
    assert done.returncode == 1
    assert f"The key file {place.key} can't be read" in done.stderr
    assert "Errno" not in done.stderr
