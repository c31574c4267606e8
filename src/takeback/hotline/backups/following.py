"""Follows the embedded server's write-ahead log into a folder, one follower at a time.

`pg_receivewal` writes the folder; we watch beside it that it does, hold a lock so that nobody else
follows meanwhile, and see to it that commits never wait for a follower that has given up. Every
follower has a name of its own for commits to wait for, so it can end its own promise and no other.
"""

import re
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from takeback.hotline.backups.domain import BackupError
from takeback.hotline.backups.programs import connection_environment, embedded_programs
from takeback.hotline.backups.wal import WAL_SETTING
from takeback.hotline.foundation.advisory import lock_number

FOLLOWER: Final = "takeback_follow"
"""Name of the replication slot, and how the name of each follower begins."""
# So much WAL the server keeps for a follower that is away, before its disk would fill.
_MOST_KEPT: Final = "4GB"
_WHOSE: Final = "log-of"  # server and timeline that a folder follows
_ONLY_ONE: Final = lock_number("takeback follow")
_CHANGING: Final = lock_number("takeback follow setting")
_POLL_SECONDS: Final = 0.1
_LOOK_SECONDS: Final = 1.0
_TRY_AGAIN_SECONDS: Final = 1.0
_PREDECESSOR_SECONDS: Final = 5.0
"""So long we wait for one that was just killed to be gone for the server, too."""
_STUCK_SECONDS: Final = 30.0
"""Without an answer of `pg_receivewal`, which gives one every second: its disk hangs."""
_LOST: Final = re.compile(
    "could not receive data from WAL stream|could not send (?!replication command)"
    "|replication stream was terminated|unexpected termination of replication stream"
    "|connection to server|could not connect"
)
"""What `pg_receivewal` says (pg_receivewal.c, receivelog.c, streamutil.c) when it is the server
that went away, not the folder that takes no more."""

_LEFT_WAITING: Final = (
    "The database did not answer at the end, so commits may wait for this follower when it comes "
    "back. Start it again, or say `backup follow FOLDER --release`."
)


class _AwayError(Exception):
    """The server went away while it was followed."""


class Follower:
    """Writes all that the embedded server commits into a folder, as it is committed.

    With `every_commit`, the server tells nobody that a transaction has committed before the folder
    has it, too. At its end, however it comes short of a kill, commits don't wait for it any more.
    `anew`: forget how far a former follower was, and begin where the log is now.
    """

    def __init__(self, url: str, folder: Path, *, every_commit: bool, anew: bool = False) -> None:
        self._url = url
        self._folder = folder.absolute()  # PostgreSQL's programs run in another one than we
        self._every_commit = every_commit
        self._anew = anew
        self._name = f"{FOLLOWER}_{secrets.token_hex(4)}"
        self._outcome = ""
        self._has_followed = False
        self._stopping = False

    def stop(self) -> None:
        """Let `run` end soon. A signal's handler may call it."""
        self._stopping = True

    def run(self, on_following: Callable[[], None], on_away: Callable[[], None]) -> None:
        """Follow until `stop`, also beyond restarts of the server.

        `on_following` is called whenever it begins to write what is committed, and `on_away` when
        the server went away after that. Raises BackupError where it can't go on, such as when the
        folder's disk is full, and psycopg.Error where the server does not answer at first.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._follow_on(on_following, on_away)
        except BackupError as error:
            raise BackupError(f"{error} {self._let_go()}".strip()) from error
        except BaseException:
            self._let_go()
            raise
        if (left := self._let_go()) == _LEFT_WAITING:
            raise BackupError(left)

    def _follow_on(self, on_following: Callable[[], None], on_away: Callable[[], None]) -> None:
        is_away = False

        def following() -> None:
            nonlocal is_away
            is_away = False
            on_following()

        while not self._stopping:
            try:
                with self._alone() as connection:
                    self._follow(connection, following)
            except (psycopg.OperationalError, _AwayError):
                if not self._has_followed:
                    raise
                if not is_away and not self._stopping:
                    on_away()
                is_away = True
                time.sleep(_TRY_AGAIN_SECONDS)

    @contextmanager
    def _alone(self) -> Iterator[psycopg.Connection[Any]]:
        """Hold off all other followers as long as the connection lasts; prepare the server."""
        with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            self._await_end_of_others(connection)
            if self._anew:
                connection.execute(
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                    " WHERE slot_name = %s",
                    [FOLLOWER],
                )
                self._anew = False
            self._prepare(connection)
            if not self._has_followed:
                self._take_over()
            yield connection

    def _await_end_of_others(self, connection: psycopg.Connection[Any]) -> None:
        end = time.monotonic() + _PREDECESSOR_SECONDS
        while True:
            ((is_ours, is_active),) = connection.execute(
                "SELECT pg_try_advisory_lock(%s), EXISTS"
                " (SELECT FROM pg_replication_slots WHERE slot_name = %s AND active)",
                [_ONLY_ONE, FOLLOWER],
            ).fetchall()
            if is_ours and not is_active:
                return
            if is_ours:  # or it would be held twice
                connection.execute("SELECT pg_advisory_unlock(%s)", [_ONLY_ONE])
            if time.monotonic() > end or self._stopping:
                raise BackupError(
                    "Another `backup follow` follows this database. Stop that one first."
                )
            time.sleep(_POLL_SECONDS)

    def _prepare(self, connection: psycopg.Connection[Any]) -> None:
        slot = connection.execute(
            "SELECT wal_status FROM pg_replication_slots WHERE slot_name = %s", [FOLLOWER]
        ).fetchone()
        if slot is not None and slot[0] == "lost":
            raise BackupError(
                f"The follower was away for more than {_MOST_KEPT} of changes. Follow into a "
                "new folder, with --anew, and then make a backup."
            )
        self._refuse_other_log(connection)
        if slot is None:
            connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", [FOLLOWER])
        connection.execute(f"ALTER SYSTEM SET max_slot_wal_keep_size = '{_MOST_KEPT}'")
        connection.execute("SELECT pg_reload_conf()")

    def _refuse_other_log(self, connection: psycopg.Connection[Any]) -> None:
        """Two histories in one folder could not be told apart: a restored server begins another."""
        ((whose,),) = connection.execute(
            "SELECT system_identifier || ' ' || timeline_id"
            " FROM pg_control_system(), pg_control_checkpoint()"
        ).fetchall()
        mark = self._folder / _WHOSE
        if not mark.exists() and not any(self._folder.iterdir()):
            mark.write_text(f"{whose}\n")
        elif not mark.exists() or mark.read_text().strip() != whose:
            raise BackupError(f"{self._folder} holds something else. Follow into a new folder.")

    def _take_over(self) -> None:
        """What commits wait for is a follower that was killed: nobody else can follow now."""
        with _changing(self._url) as connection:
            if _awaited(connection):
                _await(connection, self._name if self._every_commit else None)

    def _follow(
        self, connection: psycopg.Connection[Any], on_following: Callable[[], None]
    ) -> None:
        try:
            with replace(embedded_programs(), user=None).running(
                "pg_receivewal",
                *(f"--directory={self._folder}", f"--slot={FOLLOWER}", "--synchronous"),
                *("--no-password", "--status-interval=1", "--no-loop"),
                environment=connection_environment(self._url)
                | {"PGAPPNAME": self._name, "LC_ALL": "C"},
            ) as (process, _):
                try:
                    self._watch(process, connection, on_following)
                except BackupError:
                    self._let_go()
                    process.kill()  # it may be stuck in a write
                    raise
                if self._stopping:
                    self._let_go()
                    if process.poll() is None:
                        process.send_signal(signal.SIGINT)
        except BackupError as error:
            if self._stopping:
                return
            if _LOST.search(str(error)):
                raise _AwayError from error
            raise

    def _watch(
        self,
        process: "subprocess.Popen[bytes]",
        connection: psycopg.Connection[Any],
        on_following: Callable[[], None],
    ) -> None:
        """Return when it has ended or shall; raises BackupError if it does not do its work."""
        answered_at: float | None = None
        next_look = 0.0
        while not self._stopping and process.poll() is None:
            if time.monotonic() >= next_look:
                if self._streams(connection):
                    if answered_at is None:
                        self._promise()
                        self._has_followed = True
                        on_following()
                    answered_at = time.monotonic()
                elif answered_at and time.monotonic() - answered_at > _STUCK_SECONDS:
                    raise BackupError(
                        f"Nothing could be written into {self._folder} for {_STUCK_SECONDS:.0f} s."
                    )
                if answered_at is not None:
                    self._refuse_broken_promise(connection)
                    next_look = time.monotonic() + _LOOK_SECONDS
            time.sleep(_POLL_SECONDS)

    def _streams(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether it has all that was committed, and has answered within the last seconds."""
        return (
            connection.execute(
                "SELECT FROM pg_stat_replication WHERE application_name = %s"
                " AND state = 'streaming'"
                " AND coalesce(reply_time, backend_start) > clock_timestamp() - interval '5 s'",
                [self._name],
            ).fetchone()
            is not None
        )

    def _promise(self) -> None:
        if self._every_commit and not self._has_followed:
            with _changing(self._url) as connection:
                _await(connection, self._name)

    def _refuse_broken_promise(self, connection: psycopg.Connection[Any]) -> None:
        if self._every_commit and _awaited(connection) != self._name:
            raise BackupError(
                "Commits don't wait for this follower: somebody has said --release, or has started "
                "another one."
            )

    def _let_go(self) -> str:
        """Let commits not wait for us; returns how that went, nothing if they never did."""
        if self._every_commit and not self._outcome:
            try:
                with _changing(self._url) as connection:
                    if _awaited(connection) == self._name:
                        _await(connection, None)
                        self._outcome = "Commits wait for nobody any more."
            except psycopg.Error:
                return _LEFT_WAITING
        return self._outcome


def release(url: str) -> None:
    """Let commits wait for nobody, from now on and those that wait already."""
    with _changing(url) as connection:
        _await(connection, None)


@contextmanager
def _changing(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection on which to look and change: nobody changes anything in between."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_CHANGING])
        yield connection


def _awaited(connection: psycopg.Connection[Any]) -> str:
    """Whom commits wait for, by the file: what the server has read of it may be older."""
    row = connection.execute(
        "SELECT setting FROM pg_file_settings WHERE name = %s ORDER BY seqno DESC LIMIT 1",
        [WAL_SETTING],
    ).fetchone()
    return "" if row is None else str(row[0] or "")


def _await(connection: psycopg.Connection[Any], name: str | None) -> None:
    setting = sql.SQL("ALTER SYSTEM SET {} = {}") if name else sql.SQL("ALTER SYSTEM RESET {}")
    connection.execute(setting.format(sql.Identifier(WAL_SETTING), sql.Literal(name)))
    connection.execute("SELECT pg_reload_conf()")
