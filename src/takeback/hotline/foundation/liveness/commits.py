"""Whether commits wait for a standby that does not answer; who waits in vain is let go.

Where `synchronous_standby_names` is set, as `backup follow --every-commit` does, a commit waits for
the standby without end: no timeout of PostgreSQL counts there, and a wait that is *cancelled* ends
in success (SyncRepWaitForLSN in syncrep.c). Only the end of the connection tells the client what is
true: that nobody knows whether the commit will last. So that is how we end it.
"""

import logging
import time
from typing import Final, LiteralString

import psycopg

from takeback.hotline.foundation.database import connection_options
from takeback.shell.typed_commands import typed

SERVING: Final = "takeback serve"
"""Under this name the database knows the connections of those who answer people."""
MOST_WAITING_SECONDS: Final = 5.0
"""So long somebody's commit waits for a standby before they are told to come again."""

_NOBODY_ANSWERS: Final[LiteralString] = """
    SELECT current_setting('synchronous_standby_names') <> ''
        AND current_setting('synchronous_commit') NOT IN ('off', 'local')
        AND NOT EXISTS (
            SELECT FROM pg_stat_replication  -- its columns are NULL for whom it is no business of
            WHERE coalesce(sync_state, 'sync') IN ('sync', 'quorum')
                AND coalesce(state, 'streaming') = 'streaming'
        )
"""
_WAITING: Final[LiteralString] = """
    SELECT pid, query_start, application_name = %s AND usename = current_user,
        extract(epoch FROM clock_timestamp() - state_change)::float
    FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'SyncRep'
"""
_LET_GO: Final[LiteralString] = """
    SELECT pg_terminate_backend(pid)
    FROM pg_stat_activity
    WHERE pid = ANY(%s) AND wait_event = 'SyncRep'
"""

_log = logging.getLogger(__name__)


def commits_wait() -> bool:
    """Whether what is committed now would wait in vain, or something has waited for long.

    Asks over a connection of its own. Raises psycopg.Error.
    """
    with psycopg.connect(**connection_options(), autocommit=True) as connection:
        return _nobody_answers(connection) or any(
            seconds > MOST_WAITING_SECONDS
            for *_, seconds in connection.execute(_WAITING, [SERVING]).fetchall()
        )


class CommitsWatch:
    """Looked through once a second: says when commits begin to wait and when they go on again."""

    def __init__(self) -> None:
        self._wait = False
        self._seen: dict[tuple[object, object], float] = {}

    def look(self, connection: psycopg.Connection) -> bool:
        """Return whether commits wait in vain; end the connections that answer people and do.

        The wait of a worker is not ended: it would go on with what the standby does not have.
        """
        now = time.monotonic()
        rows = connection.execute(_WAITING, [SERVING]).fetchall()
        # A statement may have taken long before it began to wait, so the wait is counted here.
        self._seen = {(pid, began): self._seen.get((pid, began), now) for pid, began, *_ in rows}
        late = [
            (pid, answers_people)
            for pid, began, answers_people, _ in rows
            if now - self._seen[pid, began] >= MOST_WAITING_SECONDS
        ]
        if in_vain := [pid for pid, answers_people in late if answers_people]:
            connection.execute(_LET_GO, [in_vain])
        self._say(_nobody_answers(connection) or bool(late))
        return self._wait

    def _say(self, wait: bool) -> None:
        if wait and not self._wait:
            _log.error(
                "Commits wait for a follower that does not answer, so nothing is taken. %s",
                how_they_go_on(),
            )
        elif self._wait and not wait:
            _log.warning("Commits go on.")
        self._wait = wait


def how_they_go_on() -> str:
    """Say what an operator can do while commits wait for a follower."""
    follow = typed("hotline backup follow FOLDER --every-commit")
    release = typed("hotline backup follow FOLDER --release")
    return f"Start `{follow}` again, or end the wait: `{release}`."


def _nobody_answers(connection: psycopg.Connection) -> bool:
    row = connection.execute(_NOBODY_ANSWERS).fetchone()
    return row is not None and bool(row[0])
