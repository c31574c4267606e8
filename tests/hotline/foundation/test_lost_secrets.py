"""Secret files that are missing: nothing starts, nothing is made in their place, and it is said."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from takeback.hotline.foundation.secrets import SECRETS_OF_A_HOTLINE, secrets_directory
from takeback.hotline.log.access import log_origin, verifier_key_line
from takeback.hotline.log.continuity.doubts import keep_mark, signing_stop
from takeback.hotline.log.continuity.mark import alone_with_mark, write_mark
from takeback.hotline.log.domain import DoubtKind
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.log.signing import log_signer
from takeback.tlog.checkpoint import Checkpoint as State
from takeback.tlog.signed_note import Signer
from tests.support.followers import some_signals
from tests.support.listing import list_picture
from tests.support.running import environment

pytestmark = pytest.mark.usefixtures("keys_of_its_own")


def takeback(
    database: str, *command: str, answer: str = "", **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of the hotline to its end; a server that starts is ended after a while."""
    return subprocess.run(
        ["timeout", "30", sys.executable, "-m", "takeback", "hotline", *command],
        env=environment(database, **changes),
        capture_output=True,
        text=True,
        check=False,
        input=answer,
    )


@pytest.fixture
def listed(hotline_database: str) -> str:
    """A database whose log has signed."""
    list_picture(some_signals())
    sequence_pending()
    return hotline_database


@pytest.fixture
def empty_database(hotline_database: str) -> Iterator[str]:
    """A database without tables."""
    name = f"takeback_{os.urandom(6).hex()}"
    usual = connections.settings["default"]["NAME"]
    with psycopg.connect(hotline_database, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield hotline_database.replace(usual, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.parametrize(
    "command",
    [
        ("serve", "--port", "0"),
        ("worker",),
        ("migrate",),
        ("log", "status"),
        ("log", "rotate-key"),
        ("audit", "verify"),
    ],
    ids=" ".join,
)
def test_without_its_secrets_nothing_starts_and_nothing_is_made(
    listed: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    unmounted = tmp_path / "unmounted"
    done = takeback(listed, *command, TAKEBACK_SECRETS=str(unmounted))
    assert done.returncode == 1, done.stderr
    assert str(unmounted) in done.stderr
    for name in SECRETS_OF_A_HOTLINE:
        assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert not unmounted.exists()


@pytest.mark.parametrize("name", ["fields", "pepper"])
def test_a_single_secret_is_missed_and_told_from_another(listed: str, name: str) -> None:
    path = secrets_directory() / name
    value = path.read_bytes()
    path.unlink()
    missing = takeback(listed, "log", "status")
    assert missing.returncode == 1
    assert f" {name} are missing" in missing.stderr
    assert not path.exists()
    path.write_bytes(os.urandom(32))
    other = takeback(listed, "log", "status")
    assert other.returncode == 1
    assert f" {name} are not those" in other.stderr
    path.write_bytes(value)
    assert takeback(listed, "log", "status").returncode == 0


def test_a_key_that_the_log_was_handed_over_to_is_missed_as_well(listed: str) -> None:
    assert takeback(listed, "log", "rotate-key").returncode == 0
    (secrets_directory() / "log-key-2").unlink()
    done = takeback(listed, "log", "status")
    assert done.returncode == 1
    assert "log-key-2" in done.stderr


def test_a_fresh_hotline_makes_its_own_secrets(empty_database: str, tmp_path: Path) -> None:
    own = tmp_path / "own"
    early = takeback(empty_database, "log", "status", TAKEBACK_SECRETS=str(own))
    assert early.returncode == 1
    assert "takeback hotline migrate" in early.stderr
    assert not own.exists()
    assert takeback(empty_database, "migrate", TAKEBACK_SECRETS=str(own)).returncode == 0
    assert {path.name for path in own.iterdir()} == set(SECRETS_OF_A_HOTLINE)
    again = takeback(empty_database, "migrate", TAKEBACK_SECRETS=str(own))
    assert again.returncode == 0, again.stderr
    assert takeback(empty_database, "log", "status", TAKEBACK_SECRETS=str(own)).returncode == 0


def test_a_fresh_database_beside_the_mark_of_a_log_gets_no_other_key(
    listed: str, empty_database: str, tmp_path: Path
) -> None:
    assert keep_mark()
    unmounted = tmp_path / "unmounted"
    done = takeback(empty_database, "migrate", TAKEBACK_SECRETS=str(unmounted))
    assert done.returncode == 1
    assert "log-key" in done.stderr
    assert "mark" in done.stderr
    for command in (("worker",), ("serve", "--port", "0")):
        started = takeback(empty_database, *command, TAKEBACK_SECRETS=str(unmounted))
        assert started.returncode == 1
        assert "takeback hotline migrate" in started.stderr
    assert not unmounted.exists()
    assert takeback(empty_database, "migrate").returncode == 0


def test_a_mark_that_none_of_our_keys_has_signed_stops_the_log(listed: str) -> None:
    assert keep_mark()
    stranger = Signer(log_origin(), os.urandom(32))
    with alone_with_mark():
        write_mark(log_origin(), State(log_origin(), 0, _EMPTY).sign(stranger), "")
    assert not keep_mark()
    stop = signing_stop()
    assert stop is not None
    assert stop.kind is DoubtKind.MARK
    assert "key" in stop.why


def test_what_is_gone_for_good_is_replaced_only_if_the_operator_says_so(
    listed: str, tmp_path: Path
) -> None:
    before = verifier_key_line()
    shutil.rmtree(secrets_directory())
    (secrets_directory()).mkdir()
    refused = takeback(listed, "replace-lost-secrets", answer="n\n")
    assert refused.returncode == 1
    assert list(secrets_directory().iterdir()) == []
    done = takeback(listed, "replace-lost-secrets", "--yes")
    assert done.returncode == 0, done.stderr
    there = {path.name for path in secrets_directory().iterdir()}
    assert there == set(SECRETS_OF_A_HOTLINE) - {"log-key"}
    assert "begin-anew" in done.stdout

    still = takeback(listed, "worker")
    assert still.returncode == 1
    assert "log-key" in still.stderr
    moved = {"TAKEBACK_PUBLIC_URL": "http://127.0.0.1:8099"}
    begun = takeback(listed, "log", "begin-anew", "--yes", **moved)
    assert begun.returncode == 0, begun.stderr
    assert "begins with 1 entries" in begun.stdout
    assert takeback(listed, "log", "status", **moved).returncode == 0
    assert log_signer().verifier_key.line != before


_EMPTY = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
"""The root of the tree without leaves: SHA-256 of nothing (RFC 6962, section 2.1)."""
