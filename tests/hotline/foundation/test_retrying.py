"""A transaction that PostgreSQL ends for the sake of another is done again, and its person sees it.

Whoever takes a case back locks what is pending of it, as the sequencer does.
"""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from takeback.hotline.foundation.liveness.retrying import again_after_deadlock
from takeback.hotline.intake.models import Case
from takeback.hotline.log.models import PendingEvent
from tests.support.running import await_truth
from tests.support.visiting import Visitor, picture_record, report_from_browser

_HELD_UP = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def test_a_deadlock_does_not_keep_anybody_from_taking_back(hotline_database: str) -> None:
    reporter, _ = report_from_browser(pictures=[picture_record(), picture_record()])
    first, second = PendingEvent.objects.order_by("id").values_list("id", flat=True)
    reporter.read("/case/withdraw")

    def take_back(reporter: Visitor) -> int:
        try:
            return reporter.post("/case/withdraw").status_code
        finally:
            connection.close()

    lock = "SELECT 1 FROM log_pendingevent WHERE id = %s FOR UPDATE"
    with (
        psycopg.connect(hotline_database) as other,
        psycopg.connect(hotline_database, autocommit=True) as looking,
        ThreadPoolExecutor(1) as threads,
    ):
        other.execute("SET deadlock_timeout = '1min'")  # so that it is not the one that is ended
        other.execute(lock, [second])
        answer = threads.submit(take_back, reporter)
        await_truth(lambda: looking.execute(_HELD_UP).fetchone() == (1,))
        other.execute(lock, [first])
        other.rollback()
        assert answer.result(timeout=60) == 303
    assert not Case.objects.exists()
    assert not PendingEvent.objects.exists()


@pytest.mark.django_db
def test_nothing_is_done_again_inside_another_transaction_or_for_another_cause() -> None:
    times = 0

    @again_after_deadlock
    def lost(cause: Exception) -> None:
        nonlocal times
        times += 1
        raise OperationalError from cause

    for cause in (psycopg.errors.DeadlockDetected(), psycopg.errors.DiskFull()):
        with transaction.atomic(), pytest.raises(OperationalError):
            lost(cause)
    assert times == 2
