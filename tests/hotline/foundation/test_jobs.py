"""A job that is asked for by many at once is left for the worker once."""

import json
import threading
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from takeback.hotline.foundation.jobs import defer_once

TASK = "takeback.forget_ended_sessions"


def waiting() -> list[tuple[str, datetime | None, dict[str, object]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queueing_lock, scheduled_at, args FROM procrastinate_jobs "
            "WHERE task_name = %s ORDER BY id",
            [TASK],
        )
        return [(lock, at, json.loads(given)) for lock, at, given in cursor.fetchall()]


def test_two_at_once_leave_one_job(hotline_database: str) -> None:
    start = threading.Barrier(2)
    failed: list[Exception] = []

    def ask() -> None:
        try:
            start.wait()
            with transaction.atomic():
                defer_once(TASK, "same", timestamp=1)
                # What the caller does beside it stands, whoever came first.
                defer_once(TASK, f"own {threading.get_ident()}", timestamp=2)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    locks = [lock for lock, _, _ in waiting()]
    assert locks.count("same") == 1
    assert len(locks) == 3


def test_it_comes_when_it_was_asked_for_with_what_it_was_given(hotline_database: str) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    defer_once(TASK, "later", at, timestamp=7)
    defer_once(TASK, "later", timestamp=8)
    assert waiting() == [("later", at, {"timestamp": 7})]


def test_it_goes_with_the_transaction_that_asked(hotline_database: str) -> None:
    with transaction.atomic():
        defer_once(TASK, "never", timestamp=1)
        transaction.set_rollback(True)
    assert waiting() == []
