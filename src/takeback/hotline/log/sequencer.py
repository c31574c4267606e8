"""Sequences whenever something is pending: PostgreSQL says so when a transaction has committed."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from django.db import connection as django_connection
from psycopg import sql

from takeback.hotline.foundation.database import connection_options
from takeback.hotline.log.actions import PENDING_CHANNEL
from takeback.hotline.log.sequencing import sequence_everything

_LOOK_FOR_THE_END_SECONDS: Final = 1.0
_TRY_AGAIN_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


@contextmanager
def sequencing_as_asked() -> Iterator[None]:
    """Sequence while the context lasts, in a thread of its own, so that the log waits for no job.

    What was left pending is sequenced first. If it is stopped in the middle of a batch, nothing of
    it is done, and the next worker does it.
    """
    ended = threading.Event()
    # A daemon: the process may end in the middle of a batch.
    thread = threading.Thread(target=_sequence_until, args=(ended,), name="sequencer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(2 * _LOOK_FOR_THE_END_SECONDS)


def _sequence_until(ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            _listen(ended)
        except Exception:  # whatever it was, the list must not stand still for good
            _log.exception("Sequencing failed. It is tried again.")
            django_connection.close()
            ended.wait(_TRY_AGAIN_SECONDS)


def _listen(ended: threading.Event) -> None:
    """Listen first, then sequence what is pending: so nothing is missed in between."""
    with psycopg.connect(**connection_options(), autocommit=True) as listener:
        listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(PENDING_CHANNEL)))
        announced = True
        while not ended.is_set():
            if announced:
                sequence_everything()
            # All that has been announced while sequencing counts as one.
            heard = listener.notifies(timeout=_LOOK_FOR_THE_END_SECONDS, stop_after=1)
            announced = any(True for _ in heard)
