"""Backups of a server's database are made, for somebody, and deleted in time."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.hotline.backups.server_backups import Place, aged, filled, name_of, takeback


def test_no_key_is_written_over_another(hotline_database: str, place: Place) -> None:
    before = place.key.read_bytes()
    done = takeback(hotline_database, None, "backup", "key", str(place.key))
    assert done.returncode == 1
    assert place.key.read_bytes() == before


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
