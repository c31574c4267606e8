"""The write-ahead log of the embedded server, followed as it is written, and taken up again.

A folder of it begins somewhere and goes on for ever; together with any backup begun later than its
beginning it holds every commit up to its end.
"""

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from takeback.hotline.backups.domain import BackupError
from takeback.hotline.backups.programs import connection_environment, embedded_programs

FOLLOWER: Final = "takeback_follow"
"""Name of the replication slot and of the standby that a follower is to the server."""
WAL_SETTING: Final = "synchronous_standby_names"
"""Whom commits wait for."""
# So much WAL the server keeps for a follower that is away, before its disk would fill.
_MOST_KEPT: Final = "4GB"
_SEGMENT: Final = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?")
_HISTORY: Final = re.compile(r"[0-9A-F]{8}\.history")
_SEGMENTS_OF_A_WORD: Final = 256  # of 16 MiB each, in the lower 4 GiB of a position
_START: Final = re.compile(rb"START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)")
_LOOK_SECONDS: Final = 0.1
_WHOSE: Final = "log-of"  # server and timeline that a folder follows
_CLOCK_MARGIN: Final = timedelta(hours=1)


class Follower:
    """Writes all that the embedded server commits into a folder, as it is committed.

    With `every_commit`, the server tells nobody that a transaction has committed before the folder
    has it, too. At its end, however it comes short of a kill, commits wait for nobody any more.
    """

    def __init__(self, url: str, folder: Path, *, every_commit: bool) -> None:
        self._url = url
        self._folder = folder
        self._every_commit = every_commit
        self._stopping = False

    def stop(self) -> None:
        """Let `run` end soon. A signal's handler may call it."""
        self._stopping = True

    def run(self, on_following: Callable[[], None]) -> None:
        """Follow until `stop`; `on_following` is called once it does. Raises BackupError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._prepare()
        try:
            with replace(embedded_programs(), user=None).running(
                "pg_receivewal",
                *(f"--directory={self._folder}", f"--slot={FOLLOWER}", "--synchronous"),
                *("--no-password", "--status-interval=1"),
                environment=connection_environment(self._url) | {"PGAPPNAME": FOLLOWER},
            ) as (process, _):
                self._await_streaming(process)
                if self._every_commit:
                    wait_for_follower(self._url)
                on_following()
                while not self._stopping and process.poll() is None:
                    time.sleep(_LOOK_SECONDS)
                if self._every_commit:
                    release(self._url)
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)
        finally:
            if self._every_commit:
                with suppress(psycopg.Error):
                    release(self._url)

    def _prepare(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            slot = connection.execute(
                "SELECT active, wal_status FROM pg_replication_slots WHERE slot_name = %s",
                [FOLLOWER],
            ).fetchone()
            if slot is not None and slot[0]:
                raise BackupError("Another `backup-follow` follows this database.")
            if slot is not None and slot[1] == "lost":
                raise BackupError(
                    f"The follower was away for more than {_MOST_KEPT} of changes. Follow into a "
                    "new folder, with --anew, and then make a backup."
                )
            self._refuse_other_log(connection)
            if slot is None:
                connection.execute(
                    "SELECT pg_create_physical_replication_slot(%s, true)", [FOLLOWER]
                )
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

    def _await_streaming(self, process: "subprocess.Popen[bytes]") -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while process.poll() is None and not self._stopping:
                if connection.execute(
                    "SELECT 1 FROM pg_stat_replication"
                    " WHERE application_name = %s AND state = 'streaming'",
                    [FOLLOWER],
                ).fetchone():
                    return
                time.sleep(_LOOK_SECONDS)


def begin_anew(url: str) -> None:
    """Forget how far a former follower was: the next one begins where the log is now."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
            " WHERE slot_name = %s AND NOT active",
            [FOLLOWER],
        )


def wait_for_follower(url: str) -> None:
    """From now on a commit is told only once the follower has it on its disk."""
    _set(url, f"ALTER SYSTEM SET {WAL_SETTING} = '{FOLLOWER}'")


def release(url: str) -> None:
    """Let commits wait for nobody, from now on and those that wait already."""
    _set(url, f"ALTER SYSTEM RESET {WAL_SETTING}")


def _set(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
        connection.execute("SELECT pg_reload_conf()")


def take_wal(source: Path, base: Path, target: Path) -> None:
    """Copy into the new folder `target` all that a base backup in `base` needs of a followed log.

    Raises BackupError if something is missing between the two, or is of another server.
    """
    started = _START.search((base / "backup_label").read_bytes())
    if started is None:
        raise BackupError("The backup does not say where its write-ahead log begins.")
    first = _number(started[1].decode())
    files = [path for path in sorted(source.iterdir()) if _SEGMENT.fullmatch(path.name)]
    needed = {_number(path.name): path for path in files if _number(path.name) >= first}
    if not needed:
        raise BackupError(f"{source} holds nothing that is newer than the backup.")
    own = {
        _number(path.name) for path in (base / "pg_wal").iterdir() if _SEGMENT.fullmatch(path.name)
    }
    missing = set(range(first, max(needed) + 1)) - own - set(needed)
    if missing:
        raise BackupError(
            f"{source} begins after this backup, or files are missing in it: {len(missing)} of "
            f"{max(needed) - first + 1}. Take a newer backup, or leave --wal out."
        )
    target.mkdir(mode=0o700)
    for path in needed.values():
        shutil.copyfile(path, target / path.name.removesuffix(".partial"))
    for path in source.iterdir():
        if _HISTORY.fullmatch(path.name):
            shutil.copyfile(path, target / path.name)


def newest_segment(folder: Path) -> int:
    """Return the number of the newest segment in a folder of segments."""
    return max(_number(path.name) for path in folder.iterdir() if _SEGMENT.fullmatch(path.name))


def segment_at(connection: psycopg.Connection[Any]) -> int:
    """Return the number of the segment that a server writes into now."""
    ((name,),) = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchall()
    return _number(str(name))


def prune(folder: Path, oldest_backup: datetime) -> int:
    """Remove segments that were whole before the oldest backup began; returns how many."""
    before = (oldest_backup - _CLOCK_MARGIN).timestamp()
    old = [
        path
        for path in folder.iterdir()
        if (match := _SEGMENT.fullmatch(path.name))
        and match[4] is None
        and path.stat().st_mtime < before
    ]
    for path in old:
        path.unlink()
    return len(old)


def _number(name: str) -> int:
    """Return the number of a segment from the name of its file, whatever its timeline."""
    return int(name[8:16], 16) * _SEGMENTS_OF_A_WORD + int(name[16:24], 16)
