"""The change feed: whoever asks by time misses nothing, and the table says what the log says."""

import importlib
import random
import threading
import time
from typing import Any

import pytest
from django.apps import apps

from takeback.hashlist.events import EntryId
from takeback.hotline.publishing import access
from takeback.hotline.publishing.actions import (
    close_window,
    list_picture,
    note_hashes_read,
    resume_entry,
    suspend_entry,
    withdraw_entries,
)
from takeback.hotline.publishing.models import LatestChange, PublicationClock
from takeback.hotline.publishing.sealing import seal_pending
from takeback.signals.lanes import Lane
from tests.hotline.publishing.followers import follow_database, some_signals
from tests.hotline.publishing.test_sealing import in_threads

LANES = (Lane.CONFIRMED, Lane.SELF_REPORTED)


def list_and_seal(lane: Lane = Lane.SELF_REPORTED) -> EntryId:
    entry = list_picture(some_signals(), lane)
    seal_pending()
    return entry


def test_reader_by_time_misses_nothing_while_others_seal(hotline_database: str) -> None:
    done = threading.Event()
    known: set[EntryId] = set()
    chance = random.Random(1)

    def seal() -> None:
        for number in range(24):
            entry = list_and_seal()
            if number % 3 == 0:
                withdraw_entries([entry], "reporter")
                seal_pending()

    def read() -> None:
        since = 0
        while True:
            last = done.is_set()
            # Some readers' clocks are a little ahead, and say so while others seal.
            before = int(time.time()) + (60 if last else chance.randrange(3))
            if before <= since and not last:
                done.wait(0.05)
                continue
            assert close_window(before) >= before
            after, more = -1, True
            while more:
                page = access.changes(LANES, since, before, after=after, most=7)
                for change in page.changes:
                    (known.add if change.live else known.discard)(change.entry)
                    assert since <= change.stamp < before
                    after = change.index
                more = page.more
            since = before
            if last:
                return

    def seal_then_stop() -> None:
        try:
            in_threads(seal, seal)
        finally:
            done.set()

    in_threads(read, seal_then_stop)
    assert known == set(follow_database())
    assert len(known) == 32
    stamps = list(LatestChange.objects.order_by("index").values_list("stamp", flat=True))
    assert stamps == sorted(stamps)


@pytest.mark.django_db
def test_lanes_that_a_reader_may_not_have_are_withdrawn_or_unheard_of() -> None:
    confirmed, reported = list_and_seal(Lane.CONFIRMED), list_and_seal()
    page = access.changes([Lane.CONFIRMED], 0, most=10)
    assert [change.entry for change in page.changes] == [confirmed]
    assert (page.more, page.newest) == (False, True)
    (pdq,) = (change.pdq for change in access.changes([Lane.SELF_REPORTED], 0, most=10).changes)
    assert access.changes_of_pdqs([Lane.CONFIRMED], [str(pdq)]) == {}
    # Once it moves to a lane that the reader can't have, it leaves theirs.
    LatestChange.objects.filter(entry=confirmed).update(
        lane=Lane.SELF_REPORTED, lanes=[Lane.CONFIRMED, Lane.SELF_REPORTED]
    )
    (moved,) = access.changes([Lane.CONFIRMED], 0, most=10).changes
    assert (moved.entry, moved.live, moved.lanes) == (confirmed, False, (Lane.CONFIRMED,))
    assert {one.entry for one in access.changes(LANES, 0, most=10).changes} == {confirmed, reported}


@pytest.mark.django_db
def test_table_of_an_older_hotline_is_read_from_its_log() -> None:
    stays, suspended, resumed, gone = (list_and_seal() for _ in range(4))
    list_and_seal(Lane.CONFIRMED)
    suspend_entry(suspended, "hotline", "staff")
    suspend_entry(resumed, "hotline", "staff")
    withdraw_entries([gone], "reporter")
    seal_pending()
    resume_entry(resumed, "staff")
    seal_pending()

    def rows() -> list[dict[str, Any]]:
        return [
            {**row, "pdq": bytes(row["pdq"] or b""), "md5": bytes(row["md5"] or b"")}
            for row in LatestChange.objects.order_by("index").values()
        ]

    before, clock = rows(), PublicationClock.objects.get().stamp
    assert stays in {row["entry_id"] for row in before}
    LatestChange.objects.all().delete()
    PublicationClock.objects.all().delete()
    migration = importlib.import_module(
        "takeback.hotline.publishing.migrations.0005_latest_changes"
    )
    migration._read_the_log(apps, None)
    assert rows() == before
    assert PublicationClock.objects.get().stamp == clock
    note_hashes_read()
    assert PublicationClock.objects.get().hashes_read_at is not None
