"""Waits until somebody is held up by a lock of the database."""

import subprocess
import time

import psycopg
import pytest


def wait_until_held_up(database: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a transaction in this database waits for a lock, while the process lives."""
    while process.poll() is None:
        if is_held_up(database):
            return
        time.sleep(0.01)
    pytest.fail("the process ended before it came to the table")


def is_held_up(database: str) -> bool:
    """Whether a transaction in this database waits for a lock."""
    with psycopg.connect(database, autocommit=True) as connection:
        held_up = connection.execute(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return held_up.fetchone() is not None
