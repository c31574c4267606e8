"""The change feed: whoever asks by time misses nothing, and the table says what the log says."""

import random
import threading
import time

import pytest

from takeback.hashlist.events import EntryId
from takeback.hotline.entries.actions import withdraw_entries
from takeback.hotline.feeds import access as feeds_access
from takeback.hotline.feeds.changes import close_window
from takeback.hotline.feeds.models import LatestChange
from takeback.hotline.log.sequencing import sequence_pending
from takeback.signals.lanes import Lane
from tests.support.followers import follow_database, some_signals
from tests.support.listing import list_picture
from tests.support.threads import in_threads

LANES = (Lane.CONFIRMED, Lane.SELF_REPORTED)


def list_and_sequence(lane: Lane = Lane.SELF_REPORTED) -> EntryId:
    entry = list_picture(some_signals(), lane)
    sequence_pending()
    return entry


def test_a_reader_by_time_misses_nothing_while_others_sequence(hotline_database: str) -> None:
    done = threading.Event()
    known: set[EntryId] = set()
    chance = random.Random(1)

    def sequence() -> None:
        for number in range(24):
            entry = list_and_sequence()
            if number % 3 == 0:
                withdraw_entries([entry], "reporter")
                sequence_pending()

    def read() -> None:
        since = 0
        while True:
            last = done.is_set()
            # Some readers' clocks are a little ahead, and say so while others sequence.
            before = int(time.time()) + (60 if last else chance.randrange(3))
            if before <= since and not last:
                done.wait(0.05)
                continue
            assert close_window(before) >= before
            after, more = -1, True
            while more:
                page = feeds_access.changes(LANES, since, before, after=after, most=7)
                for change in page.changes:
                    (known.add if change.live else known.discard)(change.entry)
                    assert since <= change.stamp < before
                    after = change.index
                more = page.more
            since = before
            if last:
                return

    def sequence_then_stop() -> None:
        try:
            in_threads(sequence, sequence)
        finally:
            done.set()

    in_threads(read, sequence_then_stop)
    assert known == set(follow_database())
    assert len(known) == 32
    stamps = list(LatestChange.objects.order_by("index").values_list("stamp", flat=True))
    assert stamps == sorted(stamps)


@pytest.mark.django_db
def test_lanes_that_a_reader_may_not_have_are_withdrawn_or_unheard_of() -> None:
    confirmed, reported = list_and_sequence(Lane.CONFIRMED), list_and_sequence()
    page = feeds_access.changes([Lane.CONFIRMED], 0, most=10)
    assert [change.entry for change in page.changes] == [confirmed]
    assert (page.more, page.newest) == (False, True)
    (pdq,) = (
        change.pdq for change in feeds_access.changes([Lane.SELF_REPORTED], 0, most=10).changes
    )
    assert feeds_access.changes_of_pdqs([Lane.CONFIRMED], [str(pdq)]) == {}
    # Once it moves to a lane that the reader can't have, it leaves theirs.
    LatestChange.objects.filter(entry=confirmed).update(
        lane=Lane.SELF_REPORTED, lanes=[Lane.CONFIRMED, Lane.SELF_REPORTED]
    )
    (moved,) = feeds_access.changes([Lane.CONFIRMED], 0, most=10).changes
    assert (moved.entry, moved.live, moved.lanes) == (confirmed, False, (Lane.CONFIRMED,))
    assert {change.entry for change in feeds_access.changes(LANES, 0, most=10).changes} == {
        confirmed,
        reported,
    }
