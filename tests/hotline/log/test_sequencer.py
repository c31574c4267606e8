"""The clock of sequencing: cases that come within a tick go together, and none starts a tick."""

import time
from pathlib import Path

import psycopg
import pytest
from pytest_django import Settings

from takeback.hotline.log import sequencing
from takeback.hotline.log.continuity.doubts import signing_stop
from takeback.hotline.log.continuity.mark import mark_path
from takeback.hotline.log.models import Checkpoint, PendingEvent
from takeback.hotline.log.sequencer import (
    SEQUENCER,
    seconds_since_sequencing,
    seconds_to_tick,
    sequencing_by_the_clock,
)
from takeback.hotline.log.sequencing import another_is_full, sequence_pending
from tests.support.followers import some_signals
from tests.support.listing import list_picture, sequenced_entry
from tests.support.running import await_truth, running

TICK = 2.0


def sequenced() -> bool:
    return not PendingEvent.objects.exists()


def sequencers(database: str) -> int:
    with psycopg.connect(database, autocommit=True) as looking:
        row = looking.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [SEQUENCER],
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    ("now", "seconds"), [(100.0, 2.0), (100.5, 1.5), (101.999, 0.001), (102.0, 2.0)]
)
def test_ticks_stand_on_the_clock(now: float, seconds: float) -> None:
    assert seconds_to_tick(now, TICK) == pytest.approx(seconds)


def test_no_two_batches_are_of_one_tick_however_reports_come(hotline_database: str) -> None:
    with running(hotline_database, "worker", TAKEBACK_SEQUENCING_SECONDS=f"{TICK:g}") as worker:
        await_truth(Checkpoint.objects.exists, worker)  # the log begins
        for _ in range(20):
            list_picture(some_signals())
            time.sleep(0.2)
        await_truth(sequenced, worker)
    ticks = [row.signed_at.timestamp() // TICK for row in Checkpoint.objects.all()]
    assert len(ticks) == len(set(ticks)) > 1


def test_of_two_workers_one_sequences_and_the_other_follows_on(hotline_database: str) -> None:
    with running(hotline_database, "worker") as first:
        await_truth(lambda: sequencers(hotline_database) == 1, first)
        list_picture(some_signals())
        await_truth(sequenced, first)
        with running(hotline_database, "worker") as second:
            await_truth(lambda: sequencers(hotline_database) == 2, second)
            with psycopg.connect(hotline_database, autocommit=True) as looking:
                holders = looking.execute(
                    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                    " WHERE locktype = 'advisory' AND application_name = %s AND granted",
                    [SEQUENCER],
                ).fetchone()
            assert holders == (1,)
            first.kill()
            first.wait()
            list_picture(some_signals())
            await_truth(sequenced, second)


def test_the_database_knows_when_a_worker_sequenced_last(hotline_database: str) -> None:
    def seconds() -> float | None:
        with psycopg.connect(hotline_database, autocommit=True) as looking:
            return seconds_since_sequencing(looking)

    assert seconds() is None
    with running(hotline_database, "worker") as worker:
        await_truth(lambda: seconds() is not None, worker)
        began = time.monotonic()
        await_truth(lambda: time.monotonic() > began + 0.5, worker)
        latest = seconds()
        assert latest is not None
        assert latest < time.monotonic() - began
    await_truth(lambda: seconds() is None)


def test_it_goes_on_at_the_next_tick_once_the_mark_can_be_written_again(
    hotline_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """The clock alone, without the job that looks every minute: nobody announces a disk's room."""
    sequenced_entry(*some_signals())
    settings.SEQUENCING_SECONDS = 0.2
    usual = mark_path("").parent
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TAKEBACK_MARK", str(tmp_path / "file" / "mark"))
    with sequencing_by_the_clock():
        await_truth(lambda: sequencers(hotline_database) == 1)
        list_picture(some_signals())
        await_truth(lambda: signing_stop() is not None)
        time.sleep(1)  # several ticks
        assert not sequenced()
        monkeypatch.setenv("TAKEBACK_MARK", str(usual))
        await_truth(sequenced)
    await_truth(lambda: sequencers(hotline_database) == 0)


@pytest.mark.django_db
def test_only_full_batches_follow_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencing, "_BATCH", 4)
    for _ in range(9):
        list_picture(some_signals())
    assert (first := sequence_pending()) == 4
    assert another_is_full(first)
    assert (second := sequence_pending()) == 4
    assert not another_is_full(second)  # one is left: it waits for company
    assert PendingEvent.objects.count() == 1
