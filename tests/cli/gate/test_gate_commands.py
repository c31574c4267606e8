"""The gate's commands: what they print, and how they end when something is wrong."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner, Result

from takeback.cli.main import app
from takeback.gate.store.outbox import Outbox
from takeback.gate.store.store import Store
from takeback.gate.sync import snapshot_publisher
from takeback.matching.snapshot_file import damaged
from tests.support.log_server import Log
from tests.support.match_lists import entry_id
from tests.support.scenes import encoded, scene

Synced = Callable[[], tuple[Path, str]]


def run(*arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(app, ["gate", *map(str, arguments)], env=environment)


@pytest.fixture
def synced(log: Log, hotline: str, tmp_path: Path) -> Synced:
    """Syncs, as often as it is called; gives the folder of the store and what was printed."""

    def again() -> tuple[Path, str]:
        folder = tmp_path / "gate"
        done = run("sync", "--hotline", hotline, "--store", folder, TAKEBACK_GATE_TOKEN=log.token)
        assert done.exit_code == 0, done.stderr
        return folder, done.stdout

    return again


def test_sync_says_what_is_in_force(log: Log, synced: Synced, codes: Iterator[bytes]) -> None:
    log.add(next(codes))
    assert synced()[1] == "In force: the list at 2 events (2 new).\n"
    assert synced()[1] == "In force: the list at 2 events (nothing new).\n"


def test_the_token_can_come_from_a_file(log: Log, hotline: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{log.token}\n")
    arguments = ["--hotline", hotline, "--store", tmp_path / "gate"]
    assert run("sync", *arguments, "--token-file", tmp_path / "token").exit_code == 0
    done = run("sync", *arguments)
    assert done.exit_code == 2
    assert "TAKEBACK_GATE_TOKEN" in done.stderr


def test_a_refused_list_has_its_own_exit_code(
    log: Log, hotline: str, synced: Synced, codes: Iterator[bytes]
) -> None:
    log.add(next(codes))
    folder, _ = synced()
    log.records.clear()
    done = run("sync", "--hotline", hotline, "--store", folder, TAKEBACK_GATE_TOKEN=log.token)
    assert done.exit_code == 4
    assert "refused" in done.stderr
    assert log.token not in done.stderr


def test_a_snapshot_that_reads_back_otherwise_is_one_sentence(
    log: Log, hotline: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(path: Path) -> NoReturn:
        raise damaged(path, "it is empty")

    monkeypatch.setattr(snapshot_publisher, "open_snapshot", unreadable)
    options = ("--hotline", hotline, "--store", tmp_path / "gate")
    done = run("sync", *options, TAKEBACK_GATE_TOKEN=log.token)
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "is damaged: it is empty. Sync once more, and it is written anew." in done.stderr


def test_match_prints_the_verdict_and_reports_nothing(
    log: Log, synced: Synced, tmp_path: Path
) -> None:
    folder, _ = synced()
    picture = tmp_path / "picture.png"
    picture.write_bytes(encoded(scene(1)))
    no_match = run("match", picture, "--store", folder)
    assert (no_match.exit_code, "allow" in no_match.stdout) == (0, True)
    entry = log.add(b"\0" * 32, sha256=sha256(picture.read_bytes()).digest())
    synced()
    printed = run("match", picture, "--store", folder, "--json").stdout
    found = json.loads(printed.splitlines()[0])
    assert (found["decision"], found["entry"], found["distance"]) == ("review", entry, 0)
    policy = tmp_path / "policy.toml"
    policy.write_text('[self_reported]\ndecision = "block"\n')
    blocked = run("match", picture, "--store", folder, "--policy", policy)
    assert f"{picture}: block." in blocked.stdout
    policy.write_text("[self_reported]\nthreshold = 300\n")
    wrong = run("match", picture, "--store", folder, "--policy", policy)
    assert (wrong.exit_code, "self_reported.threshold" in wrong.stderr) == (2, True)


def test_a_file_that_is_no_picture_is_named_and_the_others_are_done(
    synced: Synced, tmp_path: Path
) -> None:
    folder, _ = synced()
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    good.write_bytes(encoded(scene(1)))
    bad.write_bytes(b"x")
    done = run("match", bad, tmp_path / "none.png", good, "--store", folder)
    assert done.exit_code == 3
    assert f"{good}: allow" in done.stdout
    assert f"{bad}: " in done.stderr


def test_feedback_waits_for_the_next_sync(log: Log, synced: Synced) -> None:
    folder, _ = synced()
    done = run("feedback", "--store", folder, "--entry", entry_id(1), "--value", "not_the_same")
    assert done.exit_code == 0
    assert "1 feedback delivered." in synced()[1]
    assert list(log.feedback.values()) == [(entry_id(1), "not_the_same")]
    for entry, value in ((entry_id(1), "perhaps"), ("x", "blocked")):
        wrong = run("feedback", "--store", folder, "--entry", entry, "--value", value)
        assert wrong.exit_code == 2


def test_status_says_how_the_list_stands_and_makes_no_store(
    synced: Synced, tmp_path: Path, store: Store
) -> None:
    folder, _ = synced()
    assert "status: ok" in run("status", "--store", folder).stdout
    assert json.loads(run("status", "--store", folder, "--json").stdout)["lists"][0]["entries"] == 0
    assert run("status", "--store", tmp_path / "mistyped").exit_code == 1
    assert not (tmp_path / "mistyped").exists()
    assert Outbox(store).counts() == (0, 0)
    assert run("match", __file__, "--store", tmp_path / "mistyped").exit_code == 1
