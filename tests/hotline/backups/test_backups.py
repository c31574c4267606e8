"""Backups of a server's database: made, restored, refused, and deleted in time."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from takeback.hotline.audit.access import verify_chain
from takeback.hotline.log.access import log_origin, sequenced_size
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import add_platform
from tests.support.database import disconnect
from tests.support.followers import some_signals
from tests.support.listing import list_picture
from tests.support.running import await_truth


def takeback(
    database: str, state: Path | None, *command: str, limit: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command. `state`: another hotline's folder; `limit`: no file may grow beyond it."""
    environment = {**os.environ, "DATABASE_URL": database}
    if state is not None:
        environment["TAKEBACK_STATE"] = str(state)

    def bounded() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "takeback", "hotline", *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=bounded,
    )


@dataclass
class Place:
    """Where a backup goes to, and a key for it."""

    folder: Path
    key: Path
    public: str

    def make(self, database: str, *options: str, limit: int | None = None) -> Path:
        before = set(self.files())
        command = ("backup", "make", str(self.folder), "--to", self.public)
        done = takeback(database, None, *command, *options, limit=limit)
        assert done.returncode == 0, done.stderr
        (made,) = set(self.files()) - before
        return made

    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.exists() else []

    def restore(
        self, backup: Path, database: str, state: Path, *options: str
    ) -> subprocess.CompletedProcess[str]:
        command = ("restore", str(backup), "--key", str(self.key))
        return takeback(database, state, *command, *options)


@pytest.fixture(scope="module")
def first_key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A key file as `backup key` makes it, and the public key that it prints."""
    key = tmp_path_factory.mktemp("first-key") / "key"
    return key, takeback("postgresql:///none", None, "backup", "key", str(key)).stdout.strip()


@pytest.fixture
def place(first_key: tuple[Path, str], tmp_path: Path) -> Place:
    made, public = first_key
    key = tmp_path / "key"
    shutil.copy(made, key)
    return Place(tmp_path / "backups", key, public)


@pytest.fixture
def another(hotline_database: str) -> Iterator[str]:
    """The URL of a database that is not there yet, on the same server."""
    parts = urlsplit(hotline_database)
    name = f"takeback_{os.urandom(6).hex()}"
    yield parts._replace(path=f"/{name}").geturl()
    with psycopg.connect(hotline_database, autocommit=True) as connection:
        for made in databases(hotline_database):
            if made.startswith(name):
                connection.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(made))
                )


def databases(database: str) -> set[str]:
    with psycopg.connect(database) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def aged(backup: Path) -> Path:
    """Let a backup have been made in the year 2020."""
    old = backup.with_name(re.sub(r"\d{4}-\d\d-\d\dT\d{6}Z", "2020-01-01T000000Z", backup.name))
    return backup.rename(old)


def name_of(database: str) -> str:
    return urlsplit(database).path[1:]


def filled() -> None:
    add_platform("Skylark")
    list_picture(some_signals())
    sequence_pending()


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


def test_no_key_is_written_over_another(hotline_database: str, place: Place) -> None:
    before = place.key.read_bytes()
    done = takeback(hotline_database, None, "backup", "key", str(place.key))
    assert done.returncode == 1
    assert place.key.read_bytes() == before


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


def test_a_mark_under_another_name_is_in_no_backup(
    hotline_database: str,
    another: str,
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled()
    here = Path(os.environ["TAKEBACK_STATE"])
    newest = here / "kept" / "newest"
    monkeypatch.setenv("TAKEBACK_MARK", str(newest))
    newest.mkdir(parents=True)
    (newest / "old.json").write_text("how far the log was then")
    (here / "kept" / "lost").write_text("lost")
    try:
        backup = place.make(hotline_database)
    finally:
        shutil.rmtree(here / "kept")
    there = tmp_path / "there"
    done = place.restore(backup, another, there)
    assert done.returncode == 0, done.stderr
    assert (there / "kept" / "lost").exists()
    assert not (there / "kept" / "newest").exists()
    assert (there / "restored").stat().st_mode & 0o777 == 0o600


def test_a_full_disk_leaves_no_backup_and_deletes_none(hotline_database: str, place: Place) -> None:
    old = aged(place.make(hotline_database))
    command = ("backup", "make", str(place.folder), "--to", place.public)
    done = takeback(hotline_database, None, *command, limit=20_000)
    assert done.returncode == 1
    assert "too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert place.files() == [old]


def test_backups_go_when_they_are_too_old_and_what_only_they_needed(
    hotline_database: str, place: Place, tmp_path: Path
) -> None:
    wal = tmp_path / "wal"
    wal.mkdir()
    aged(place.make(hotline_database))
    aged(place.make(hotline_database, "--only", "database"))
    stay = {
        "takeback-2020-01-01.age",
        "takeback-2020-01-01T000000Z.age",
        "takeback-00000000-2020-01-01T000000Z.age",
        "somebody's-2020-01-01T000000Z.age",
        "notes.txt",
    }
    for name in stay:
        (place.folder / name).write_bytes(b"")
    for name, seconds in (("000000010000000000000001", 0), ("000000010000000000000002", None)):
        (wal / name).write_bytes(b"")
        if seconds is not None:
            os.utime(wal / name, (seconds, seconds))
    (wal / "log-of").write_text("1 1")
    os.utime(wal / "log-of", (0, 0))
    made = place.make(hotline_database, "--keep-days", "14", "--wal", str(wal))
    assert {path.name for path in place.files()} == {made.name, *stay}
    assert {path.name for path in wal.iterdir()} == {"000000010000000000000002", "log-of"}


def test_what_no_newer_backup_holds_is_kept(hotline_database: str, place: Place) -> None:
    everything = aged(place.make(hotline_database))
    database = aged(place.make(hotline_database, "--only", "database"))
    secrets = place.make(hotline_database, "--only", "secrets")
    assert set(place.files()) == {database, everything, secrets}
    newer = place.make(hotline_database, "--only", "database")
    assert set(place.files()) == {secrets, newer}


def test_no_backup_is_made_or_deleted_where_no_hotline_is(
    hotline_database: str, another: str, place: Place, tmp_path: Path
) -> None:
    only = aged(place.make(hotline_database))
    elsewhere = tmp_path / "elsewhere"
    for part in ((), ("--only", "database"), ("--only", "secrets")):
        command = ("backup", "make", str(place.folder), "--to", place.public, *part)
        nowhere = takeback("", elsewhere, *command)
        assert nowhere.returncode == 1
        assert str(elsewhere) in nowhere.stderr
        assert not elsewhere.exists()
        with psycopg.connect(hotline_database, autocommit=True) as connection:
            empty = sql.Identifier(name_of(another))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(empty))
            without_tables = takeback(another, None, *command)
            connection.execute(sql.SQL("DROP DATABASE {}").format(empty))
        assert without_tables.returncode == 1
        assert "no tables" in without_tables.stderr
        if part != ("--only", "database"):
            without_secrets = takeback(hotline_database, elsewhere, *command)
            assert without_secrets.returncode == 1
            assert str(elsewhere / "secrets") in without_secrets.stderr
            assert "pepper" in without_secrets.stderr
        assert place.files() == [only]
    follow = takeback("", elsewhere, "backup", "follow", str(tmp_path / "wal"))
    assert follow.returncode == 1
    assert not elsewhere.exists()


@pytest.mark.parametrize(
    ("recipient", "why"),
    [
        ("", "age1"),
        ("age1xyz", "mistyped"),
        ("age1" + "q" * 58, "mistyped"),
        ("ssh-ed25519 AAAA", "begin with age1"),
    ],
)
def test_a_backup_is_for_somebody(
    hotline_database: str, place: Place, recipient: str, why: str
) -> None:
    command = ("backup", "make", str(place.folder), "--to", recipient)
    done = takeback(hotline_database, None, *command)
    assert done.returncode == 1
    assert why in done.stderr
    assert place.files() == []


@pytest.mark.parametrize("change", [str, str.lower, lambda key: f"key={key[:-1]}"])
def test_a_secret_key_is_never_repeated(
    hotline_database: str, place: Place, change: Callable[[str], str]
) -> None:
    key = change(place.key.read_text().splitlines()[-1])
    place.key.write_text(f"# a file\n{key}\n")
    for recipient in (("--to", key), ("--recipients", str(place.key))):
        done = takeback(hotline_database, None, "backup", "make", str(place.folder), *recipient)
        assert done.returncode == 1
        assert "does not belong on this machine" in done.stderr
        assert key[-30:].lower() not in (done.stdout + done.stderr).lower()
    assert place.files() == []


def test_a_server_by_url_is_not_followed(hotline_database: str, tmp_path: Path) -> None:
    done = takeback(hotline_database, None, "backup", "follow", str(tmp_path / "wal"))
    assert done.returncode == 1
    assert "its own manual" in done.stderr


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
