"""Sequences at each tick of the clock what has come since the one before, so that reports mix.

A report never starts a tick: it would go out alone, and its pictures would be known by standing
together. Decision 0027 has the numbers.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, LiteralString

import psycopg
from django.conf import settings
from django.db import connection as django_connection
from psycopg import sql

from takeback.hotline.foundation.advisory import lock_number
from takeback.hotline.foundation.database import connection_options
from takeback.hotline.foundation.liveness.trouble import trouble_of
from takeback.hotline.log.actions import PENDING_CHANNEL
from takeback.hotline.log.continuity.doubts import mark_is_in_trouble
from takeback.hotline.log.sequencing import another_is_full, sequence_pending

SEQUENCER: Final = "takeback sequencer"
"""Under this name the database knows the connection of whoever sequences."""

_DONE: Final[LiteralString] = "SELECT 'sequenced'"
"""Said after every batch and every tick: others see by it when it was, and we that the connection
is not lost."""
_ONLY_ONE: Final = lock_number("takeback sequencer")
_TRY_AGAIN_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 3.0

_log = logging.getLogger(__name__)


@contextmanager
def sequencing_by_the_clock() -> Iterator[None]:
    """Sequence while the context lasts, in a thread of its own, so that the log waits for no job.

    What was left pending is sequenced with the first tick. If it is stopped in the middle of a
    batch, nothing of it is done, and the next worker does it. Of several workers on one database
    one sequences, or what came between two of theirs would be a batch.
    """
    ended = threading.Event()
    # A daemon: the process may end in the middle of a batch.
    thread = threading.Thread(target=_sequence_until, args=(ended,), name="sequencer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_STOP_SECONDS)


def seconds_to_tick(now: float, tick: float) -> float:
    """Return how long it is from `now` to the next tick: more than 0, at most `tick`.

    Ticks are the multiples of `tick` seconds since the epoch, whenever the worker began.
    """
    return tick - now % tick


def _sequence_until(ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            _tick(ended)
        except Exception as error:  # whatever it was, the list must not stand still for good
            trouble = trouble_of(error)
            if trouble is None:
                _log.exception("Sequencing failed. It is tried again.")
            else:
                _log.error("Nothing is sequenced: %s It is tried again every second.", trouble)
            django_connection.close()
            ended.wait(_TRY_AGAIN_SECONDS)


def _tick(ended: threading.Event) -> None:
    """Listen first, then sequence what is pending: so nothing is missed in between."""
    with psycopg.connect(
        **connection_options() | {"application_name": SEQUENCER}, autocommit=True
    ) as listener:
        listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(PENDING_CHANNEL)))
        is_ours, announced = False, True
        while not ended.is_set():
            wait = seconds_to_tick(time.time(), settings.SEQUENCING_SECONDS)
            # All that has been announced until the tick counts as one.
            announced |= len(list(listener.notifies(timeout=wait))) > 0
            is_ours = is_ours or _taken(listener)
            if is_ours and not ended.is_set():
                # After a batch it looks once more: what that had no room for waits for this tick.
                announced = announced and _sequence(listener)
                listener.execute(_DONE)


def _sequence(listener: psycopg.Connection) -> bool:
    """Sequence what has come, and say whether to look again at the next tick.

    So it is if there was anything, and while the mark can't be written: nobody would announce that
    its disk has room again.
    """
    batch = sequence_pending()
    again = batch > 0 or mark_is_in_trouble()
    while another_is_full(batch):
        listener.execute(_DONE)
        batch = sequence_pending()
    return again


def _taken(listener: psycopg.Connection) -> bool:
    """Whether nobody else sequences; as long as this connection lasts, nobody else will."""
    row = listener.execute("SELECT pg_try_advisory_lock(%s)", [_ONLY_ONE]).fetchone()
    return row is not None and bool(row[0])


_SINCE: Final[LiteralString] = """
    SELECT extract(epoch FROM clock_timestamp() - max(query_start))::float
    FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = %s AND query = %s
"""


def seconds_since_sequencing(connection: psycopg.Connection) -> float | None:
    """Return how long ago a worker looked last at what is pending; None if none is there.

    The database knows, for it keeps the last statement of each connection; no row is written.
    """
    row = connection.execute(_SINCE, [SEQUENCER, _DONE]).fetchone()
    return None if row is None or row[0] is None else max(0.0, float(row[0]))
