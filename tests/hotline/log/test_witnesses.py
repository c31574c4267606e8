"""Nobody gets a checkpoint before enough witnesses have cosigned it; witnesses are processes."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from pytest_django import Settings
from typer.testing import CliRunner

from takeback.cli.main import app
from takeback.hotline.entries.actions import withdraw_entries
from takeback.hotline.log import access as log_access
from takeback.hotline.log.models import LogEntry, PendingEvent
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.log.signing import log_signer
from takeback.hotline.log.witnesses.submission import log_status, submit_newest, witness_policy
from takeback.signals.lanes import ALL_LANES
from takeback.tlog.bundles import EventRange
from takeback.tlog.cosignature import CosignatureKind, Cosigner
from takeback.tlog.trust import TrustPolicy
from tests.support.followers import follow_database, some_signals
from tests.support.listing import list_picture
from tests.support.running import await_truth, running
from tests.support.waiting_for_locks import wait_until_held_up
from tests.support.witnesses import GrowingLog, RunningWitness, keys_of, witness

_SUBMIT = """
import django
django.setup()
from takeback.hotline.log.witnesses.submission import submit_newest
submit_newest()
"""


@pytest.fixture
def witnesses(tmp_path: Path, settings: Settings) -> Iterator[list[RunningWitness]]:
    """Three witnesses, of which the hotline's policy asks for two; the second one is ML-DSA."""
    kinds = [CosignatureKind.ED25519, CosignatureKind.ML_DSA_44, CosignatureKind.ED25519]
    folders = [tmp_path / f"w{number}" for number in range(3)]
    with ExitStack() as stack:
        started = [
            stack.enter_context(witness(folder, log_access.verifier_key_line(), name=folder.name))
            for folder in folders
        ]
        lines = [
            f"witness {folder.name} {keys_of(folder, folder.name)[kind].line} {started_witness.url}"
            for folder, kind, started_witness in zip(folders, kinds, started, strict=True)
        ]
        policy = tmp_path / "policy"
        policy.write_text("\n".join([*lines, "group two 2 w0 w1 w2", "quorum two", ""]))
        settings.WITNESSES = policy
        yield started


def sequence_one_picture() -> None:
    list_picture(some_signals())
    sequence_pending()


def policy() -> TrustPolicy:
    found = witness_policy()
    assert found is not None
    return found


def cosigned() -> frozenset[str]:
    return policy().witnessed_by(log_access.current_checkpoint()[1])


@pytest.mark.django_db
def test_a_checkpoint_is_published_once_two_of_three_witnesses_have_cosigned(
    witnesses: list[RunningWitness],
) -> None:
    sequence_one_picture()
    assert log_access.current_checkpoint()[0] == 0
    assert log_access.openings(EventRange(0, 2), ALL_LANES) is None
    assert follow_database() == {}
    witnesses[2].kill()
    submit_newest()
    assert log_access.current_checkpoint()[0] == 2
    assert cosigned() == {"w0", "w1"}
    assert len(follow_database()) == 1
    status = log_status()
    assert (status.sequenced_size, status.published_size) == (2, 2)
    assert [(seen.name, seen.size) for seen in status.witnesses] == [
        ("w0", 2),
        ("w1", 2),
        ("w2", 0),
    ]
    assert "reached" in status.witnesses[2].problem


@pytest.mark.django_db
def test_without_enough_witnesses_the_list_stands_still_and_goes_on_later(
    witnesses: list[RunningWitness],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sequence_one_picture()
    submit_newest()
    assert cosigned() == {"w0", "w1", "w2"}
    for away in witnesses[1:]:
        away.kill()
    for _ in range(300):  # the next proof goes over a tile's border
        list_picture(some_signals())
    sequence_pending()
    monkeypatch.setattr("takeback.hotline.log.witnesses.submission._LATE", timedelta(0))
    with caplog.at_level(logging.ERROR):
        submit_newest()
    assert log_access.current_checkpoint()[0] == 2
    assert "stands still" in caplog.text and "Missing: w1, w2" in caplog.text
    shown = CliRunner().invoke(app, ["hotline", "log", "status"])
    assert shown.exit_code == 1
    assert "Sequenced: 302 events. Published: 2." in shown.stdout
    sequence_one_picture()
    port = int(witnesses[1].url.rpartition(":")[2])
    with witness(tmp_path / "w1", log_access.verifier_key_line(), name="w1", port=port):
        submit_newest()
    assert log_access.current_checkpoint()[0] == 303
    assert cosigned() == {"w0", "w1"}


@pytest.mark.django_db
def test_a_witness_that_has_seen_another_history_is_named(
    witnesses: list[RunningWitness],
) -> None:
    """As when a thief signs with the log's key, or an old backup was restored."""
    thief = GrowingLog(log_signer())
    assert witnesses[1].add(thief.request(0, 9).encode()).status_code == 200
    assert witnesses[2].add(thief.request(0, 1).encode()).status_code == 200
    sequence_one_picture()
    submit_newest()
    assert log_access.current_checkpoint()[0] == 0
    problems = [seen.problem for seen in log_status().witnesses]
    assert problems[0] == ""
    assert "9 events, and the log has 2" in problems[1]
    assert "status 422" in problems[2]


@pytest.mark.django_db
def test_a_cosignature_of_another_key_is_not_taken(
    witnesses: list[RunningWitness], settings: Settings
) -> None:
    text = settings.WITNESSES.read_text()
    known = policy().witnesses[0].key.line
    other = Cosigner("w0", CosignatureKind.ED25519, bytes(32)).key.line
    settings.WITNESSES.write_text(text.replace(known, other))
    sequence_one_picture()
    submit_newest()
    assert cosigned() == {"w1", "w2"}
    assert "no cosignature of the key" in log_status().witnesses[0].problem


@pytest.mark.django_db
def test_a_policy_that_can_not_be_read_publishes_nothing_and_loses_nothing(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WITNESSES = tmp_path / "none"
    sequence_one_picture()
    assert log_access.current_checkpoint()[0] == 0
    assert "witness policy" in caplog.text
    assert not PendingEvent.objects.exists()
    settings.WITNESSES = None
    sequence_one_picture()
    assert log_access.current_checkpoint()[0] == 3


def test_the_worker_publishes_by_itself_while_a_witness_is_away(
    hotline_database: str,
    witnesses: list[RunningWitness],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TAKEBACK_WITNESSES", str(settings.WITNESSES))
    witnesses[0].kill()
    sequence_one_picture()
    assert log_access.current_checkpoint()[0] == 0
    with running(hotline_database, "worker") as process:
        await_truth(lambda: log_access.current_checkpoint()[0] == 2, process)
        list_picture(some_signals())
        await_truth(lambda: log_access.current_checkpoint()[0] == 3, process)


def test_publishing_that_is_killed_has_done_nothing(
    hotline_database: str, witnesses: list[RunningWitness], settings: Settings
) -> None:
    gone = list_picture(some_signals())
    sequence_pending()
    submit_newest()
    withdraw_entries([gone], "reporter")
    sequence_pending()
    for away in witnesses[1:]:
        away.kill()
    submit_newest()
    assert log_access.current_checkpoint()[0] == 2
    # The operator gives up on the two that are away: all that are left have cosigned.
    text = settings.WITNESSES.read_text()
    settings.WITNESSES.write_text(f"{text.splitlines()[0]}\nquorum w0\n")
    environment = {
        "DATABASE_URL": hotline_database,
        "TAKEBACK_WITNESSES": str(settings.WITNESSES),
    }
    with psycopg.connect(hotline_database) as another:
        another.execute("LOCK TABLE log_logentry IN SHARE MODE")
        with subprocess.Popen(
            [sys.executable, "-c", _SUBMIT], env={**os.environ, **environment}
        ) as process:
            try:
                wait_until_held_up(hotline_database, process)
            finally:
                process.send_signal(signal.SIGKILL)
    assert log_access.current_checkpoint()[0] == 2
    submit_newest()
    assert log_access.current_checkpoint()[0] == 3
    assert follow_database() == {}
    assert LogEntry.objects.filter(subject=gone, event=None).exists()
