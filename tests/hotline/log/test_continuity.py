"""A log that was restored from a backup signs no other history than its key has signed before."""

import logging
from pathlib import Path

import psycopg
import pytest
from django.test import Client
from pytest_django import Settings
from typer.testing import CliRunner

from takeback.cli.main import app
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.log import access as log_access
from takeback.hotline.log import sequencing
from takeback.hotline.log.continuity.doubts import note_restored, signing_stop
from takeback.hotline.log.continuity.mark import mark_path, read_mark
from takeback.hotline.log.domain import DoubtKind
from takeback.hotline.log.key_rotation import rotate_log_key
from takeback.hotline.log.models import Checkpoint, PendingEvent
from takeback.hotline.log.sequencing import sequence_everything, sequence_pending
from takeback.hotline.log.signing import log_signer
from takeback.hotline.log.witnesses.submission import settle_restored_log, submit_newest
from takeback.hotline.platforms.actions import add_platform
from takeback.tlog.checkpoint import Checkpoint as SignedState
from tests.hotline.log.test_interrupted import sequencing_process
from tests.support.backups import restored_afterwards
from tests.support.followers import some_signals
from tests.support.listing import list_picture, sequenced_entry
from tests.support.waiting_for_locks import wait_until_held_up
from tests.support.witnesses import keys_of, witness


def marked_size() -> int:
    mark = read_mark(log_access.log_origin())
    return mark.state.size if mark is not None else 0


def stop_kind() -> DoubtKind | None:
    stop = signing_stop()
    return stop.kind if stop is not None else None


def show(token: str, note: bytes) -> tuple[int, object]:
    answer = Client().post(
        "/list/v1/checkpoint",
        note,
        content_type="text/plain; charset=utf-8",
        headers={"Authorization": f"Bearer {token}"},
    )
    return answer.status_code, answer.json()


def test_an_old_backup_is_not_signed_on_and_it_is_said_once(
    hotline_database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sequenced_entry(*some_signals())
    before = log_access.current_checkpoint()
    with restored_afterwards(hotline_database, tmp_path):
        sequenced_entry(*some_signals())
        assert marked_size() == 3
    list_picture(some_signals())
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            sequence_everything()
    assert log_access.current_checkpoint() == before
    assert Checkpoint.objects.count() == 1
    assert PendingEvent.objects.count() == 1  # kept for the log that is signed again
    assert [record.getMessage() for record in caplog.records] == [
        "Nothing is signed: the mark outside the database says that 3 events were signed, and this "
        "database, with 2, does not contain them. Was an old backup restored? "
        'Read "When you restore" in docs/hotline.md.'
    ]
    shown = CliRunner().invoke(app, ["hotline", "log", "status"])
    assert shown.exit_code == 3
    assert "3 events were signed" in shown.stderr
    refused = CliRunner().invoke(app, ["hotline", "log", "restored", "--nobody-has-newer"])
    assert refused.exit_code == 1 and "3 events were signed" in refused.stderr


def test_the_newest_backup_is_signed_on_once_a_gate_stands_where_it_is(
    hotline_database: str, tmp_path: Path
) -> None:
    token = add_platform("Skylark")
    first = sequenced_entry(*some_signals())
    old = log_access.current_checkpoint()[1]
    sequenced_entry(*some_signals())
    newest = log_access.current_checkpoint()[1]
    with restored_afterwards(hotline_database, tmp_path):
        pass
    list_picture(some_signals())
    sequence_everything()
    assert stop_kind() is DoubtKind.RESTORED and Checkpoint.objects.count() == 2
    assert show(token, old) == (200, {"contained": True})  # a gate that was away says nothing
    sequence_everything()
    assert stop_kind() is DoubtKind.RESTORED
    assert show(token, newest) == (200, {"contained": True})
    sequence_everything()
    assert stop_kind() is None
    assert log_access.current_checkpoint()[0] == marked_size() == 4
    assert first


def test_where_the_mark_was_restored_too_a_gate_shows_what_was_lost(
    hotline_database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token = add_platform("Skylark")
    sequenced_entry(*some_signals())
    with restored_afterwards(hotline_database, tmp_path, with_mark=True):
        sequenced_entry(*some_signals())
        lost = log_access.current_checkpoint()[1]
    assert show(token, lost) == (200, {"contained": False})
    with caplog.at_level(logging.ERROR):
        sequence_everything()
    assert "a gate of Skylark holds a checkpoint of 3 events" in caplog.text
    assert stop_kind() is DoubtKind.SHOWN
    assert Checkpoint.objects.count() == 1


@pytest.mark.django_db
def test_a_fork_of_the_same_size_is_seen() -> None:
    """As where machine and mark went back together, and the worker signed before a gate came."""
    token = add_platform("Skylark")
    sequenced_entry(*some_signals())
    signer = log_signer()
    other = SignedState(signer.name, 2, bytes(32)).sign(signer)
    assert show(token, other) == (200, {"contained": False})
    list_picture(some_signals())
    sequence_everything()
    assert log_access.current_checkpoint()[0] == 2


@pytest.mark.django_db
def test_only_a_checkpoint_of_this_logs_key_counts() -> None:
    token = add_platform("Skylark")
    sequenced_entry(*some_signals())
    stranger = type(log_signer())(log_signer().name, bytes(32))
    forged = SignedState(stranger.name, 99, bytes(32)).sign(stranger)
    elsewhere = type(log_signer())("other.example/log/v1", log_signer().seed)
    for note in (forged, SignedState(elsewhere.name, 99, bytes(32)).sign(elsewhere), b"", b"\xff"):
        status, answer = show(token, note)
        assert status == 400 and isinstance(answer, dict) and answer["error"] == "bad_checkpoint"
    assert show(token, bytes(70_000))[0] == 413
    assert show("tb1_none", forged)[0] == 401
    assert signing_stop() is None


def test_a_key_that_the_backup_does_not_know_counts(hotline_database: str, tmp_path: Path) -> None:
    token = add_platform("Skylark")
    sequenced_entry(*some_signals())
    with restored_afterwards(hotline_database, tmp_path, with_mark=True):
        rotate_log_key()
        sequence_everything()
        signer = log_signer()
    alone = SignedState(signer.name, 9, bytes(32)).sign(signer)
    assert show(token, alone) == (200, {"contained": False})


def test_the_operator_says_that_nobody_has_newer(hotline_database: str, tmp_path: Path) -> None:
    sequenced_entry(*some_signals())
    with restored_afterwards(hotline_database, tmp_path, with_mark=True):
        pass
    assert CliRunner().invoke(app, ["hotline", "log", "restored"]).exit_code == 0
    list_picture(some_signals())
    sequence_everything()
    assert log_access.current_checkpoint()[0] == 2
    done = CliRunner().invoke(app, ["hotline", "log", "restored", "--nobody-has-newer"])
    assert "signs on" in done.stdout
    sequence_everything()
    assert log_access.current_checkpoint()[0] == marked_size() == 3
    assert AuditRecord.objects.filter(verb="log.backup_vouched_for").exists()


@pytest.mark.django_db
def test_a_lost_mark_of_a_log_that_others_know_stops_it() -> None:
    sequenced_entry(*some_signals())
    mark_path(log_access.log_origin()).unlink()
    list_picture(some_signals())
    sequence_everything()
    assert stop_kind() is DoubtKind.RESTORED
    assert log_access.current_checkpoint()[0] == 2


@pytest.mark.django_db
def test_a_mark_that_cannot_be_written_lets_nothing_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequenced_entry(*some_signals())
    usual = mark_path("").parent
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TAKEBACK_MARK", str(tmp_path / "file" / "mark"))
    list_picture(some_signals())
    sequence_everything()
    assert log_access.current_checkpoint()[0] == 2
    assert stop_kind() is DoubtKind.MARK
    monkeypatch.setenv("TAKEBACK_MARK", str(usual))
    sequence_everything()
    assert log_access.current_checkpoint()[0] == marked_size() == 3


def test_killed_between_mark_and_publication_it_goes_on(hotline_database: str) -> None:
    sequenced_entry(*some_signals())
    list_picture(some_signals())
    with psycopg.connect(hotline_database) as connection:
        connection.execute("LOCK TABLE log_publication IN SHARE MODE")
        with sequencing_process(hotline_database) as process:
            wait_until_held_up(hotline_database, process)
            process.kill()
            process.wait()
    assert (log_access.current_checkpoint()[0], marked_size()) == (2, 3)
    sequence_pending()
    assert log_access.current_checkpoint()[0] == 3


@pytest.mark.django_db
def test_killed_between_signing_and_the_mark_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    calls = iter([True])

    def killed_after_signing() -> bool:
        if next(calls, None) is None:
            raise Killed
        return True

    sequenced_entry(*some_signals())
    list_picture(some_signals())
    with monkeypatch.context() as killed:
        killed.setattr(sequencing, "keep_mark", killed_after_signing)
        with pytest.raises(Killed):
            sequence_pending()
    assert Checkpoint.objects.count() == 2  # signed, and on the disk
    assert (log_access.current_checkpoint()[0], marked_size()) == (2, 2)
    sequence_pending()
    assert log_access.current_checkpoint()[0] == marked_size() == 3


@pytest.mark.django_db
def test_after_a_restore_enough_witnesses_settle_it(tmp_path: Path, settings: Settings) -> None:
    key = log_access.verifier_key_line()
    with (
        witness(tmp_path / "w0", key, name="w0") as first,
        witness(tmp_path / "w1", key, name="w1") as second,
    ):
        lines = [
            f"witness {name} {next(iter(keys_of(tmp_path / name, name).values())).line} {url}"
            for name, url in (("w0", first.url), ("w1", second.url))
        ]
        settings.WITNESSES = tmp_path / "policy"
        settings.WITNESSES.write_text("\n".join([*lines, "group all all w0 w1", "quorum all", ""]))
        sequenced_entry(*some_signals())
        submit_newest()
        assert log_access.current_checkpoint()[0] == 2
        note_restored()
        list_picture(some_signals())
        sequence_everything()
        assert Checkpoint.objects.count() == 1
        second.kill()
        settle_restored_log()  # without the second nothing newer could have come out
        sequence_everything()
        assert Checkpoint.objects.count() == 2


def test_a_witness_that_has_seen_more_proves_it(
    hotline_database: str, tmp_path: Path, settings: Settings
) -> None:
    with witness(tmp_path / "w", log_access.verifier_key_line(), name="w") as running:
        line = next(iter(keys_of(tmp_path / "w", "w").values())).line
        settings.WITNESSES = tmp_path / "policy"
        settings.WITNESSES.write_text(f"witness w {line} {running.url}\nquorum w\n")
        sequenced_entry(*some_signals())
        submit_newest()
        with restored_afterwards(hotline_database, tmp_path, with_mark=True):
            sequenced_entry(*some_signals())
            submit_newest()
        sequence_everything()
        assert stop_kind() is DoubtKind.RESTORED
        settle_restored_log()
        stop = signing_stop()
        assert stop is not None and stop.kind is DoubtKind.SHOWN
        assert "the witness w holds a checkpoint of 3 events" in stop.why
