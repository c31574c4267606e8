"""Sequencing killed in the middle: all of it is done, or nothing, and the next one goes on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from takeback.hotline.entries.actions import withdraw_entries
from takeback.hotline.log.models import LogEntry, PendingEvent, TileHash
from takeback.hotline.log.sequencing import sequence_pending
from tests.support.followers import follow_database, some_signals
from tests.support.listing import list_picture
from tests.support.waiting_for_locks import wait_until_held_up

_SEQUENCE = """
import django
django.setup()
from takeback.hotline.log.sequencing import sequence_pending
sequence_pending()
"""


@contextmanager
def sequencing_process(database: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own that sequences."""
    environment = {
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "takeback.hotline.config.settings",
    }
    process = subprocess.Popen([sys.executable, "-c", _SEQUENCE], env={**os.environ, **environment})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    "table",
    [
        "log_logentry",
        "log_tilehash",
        "log_pendingevent",
        "log_checkpoint",
    ],
)
def test_sequencing_killed_while_it_writes_a_table_has_done_nothing(
    hotline_database: str, table: str
) -> None:
    gone = list_picture(some_signals())
    sequence_pending()
    before = follow_database()
    withdraw_entries([gone], "reporter")
    entries = {list_picture(some_signals()) for _ in range(256)}
    with psycopg.connect(hotline_database) as connection:
        connection.execute(f"LOCK TABLE {table} IN SHARE MODE")
        with sequencing_process(hotline_database) as process:
            wait_until_held_up(hotline_database, process)
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert follow_database() == before
    assert LogEntry.objects.filter(event=None).count() == 0
    assert PendingEvent.objects.count() == 257
    assert sequence_pending() == 257
    assert set(follow_database()) == entries
    assert TileHash.objects.count() == 1
