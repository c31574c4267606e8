"""One at a time, over two connections: for a session, or to the end of a transaction."""

import threading

import psycopg
import pytest
from django.db import connection, transaction

from takeback.hotline.foundation.advisory import alone_with, hold_until_commit, lock_number

LOCK = lock_number("a lock of these tests")


def other_may(database: str) -> bool:
    """Whether another connection gets the lock, at once; it lets go of it again."""
    with psycopg.connect(database, autocommit=True) as another:
        got = another.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone() == (True,)
        if got:
            another.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        return got


def test_numbers_are_those_of_always() -> None:
    assert lock_number("import feed") == 5433886225388006562
    assert lock_number("import \udcff") == lock_number("import \\udcff")


def test_a_session_is_alone_across_its_transactions(hotline_database: str) -> None:
    with alone_with(LOCK) as is_alone:
        assert is_alone
        with transaction.atomic():
            transaction.set_rollback(True)
        assert not other_may(hotline_database)
    assert other_may(hotline_database)


def test_who_comes_second_is_told_and_takes_nothing_away(hotline_database: str) -> None:
    with psycopg.connect(hotline_database, autocommit=True) as another:
        another.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        with alone_with(LOCK) as is_alone:
            assert not is_alone
        assert not other_may(hotline_database)
        another.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def test_it_is_let_go_of_when_the_work_fails(hotline_database: str) -> None:
    with pytest.raises(ZeroDivisionError), alone_with(LOCK):
        raise ZeroDivisionError
    assert other_may(hotline_database)


def test_a_transaction_waits_for_the_one_before_it(hotline_database: str) -> None:
    held = threading.Event()

    def wait_for_it() -> None:
        try:
            with transaction.atomic():
                hold_until_commit(LOCK)
                held.set()
        finally:
            connection.close()

    second = threading.Thread(target=wait_for_it)
    with transaction.atomic():
        hold_until_commit(LOCK)
        second.start()
        assert not held.wait(0.3)
        assert not other_may(hotline_database)
    second.join(10)
    assert held.is_set()
    assert other_may(hotline_database)
