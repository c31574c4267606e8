"""Connections to a store's SQLite files, kept open between transactions while a log is followed.

To open one takes longer than most transactions; and when the last one of a file is closed, SQLite
writes the whole write-ahead log back and removes it.

Only a sync keeps them: a process that has a file open in SQLite must not open and close it in any
other way, which would drop SQLite's locks (sqlite.org/howtocorrupt.html, 2.2). A platform's own
program might do just that with the files.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

_BUSY_SECONDS = 30.0
_CACHE_KIB = 256 * 1024


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection whose commits are on the disk; raises sqlite3.Error."""
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous=FULL")
    # The first sync of a million entries puts them in by random ids: the tree must fit in memory.
    connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    return connection


class Connections:
    """The connections of one store; safe to use from many threads, each has its own at a time."""

    def __init__(self) -> None:
        """Keep none open yet."""
        self._lock = threading.Lock()
        self._keeps = False
        self._idle: dict[Path, list[sqlite3.Connection]] = {}

    @contextlib.contextmanager
    def kept_open(self) -> Iterator[None]:
        """Keep connections open between transactions until the block ends."""
        self._keeps = True
        try:
            yield
        finally:
            with self._lock:
                self._keeps = False
                idle = [
                    connection for connections in self._idle.values() for connection in connections
                ]
                self._idle.clear()
            for connection in idle:
                connection.close()

    @contextlib.contextmanager
    def transaction(self, path: Path, begin: str) -> Iterator[sqlite3.Connection]:
        """Run one transaction on the file at `path`, begun with `begin`.

        Rolled back if the body raises. Raises sqlite3.Error.
        """
        connection = self._taken(path)
        try:
            connection.execute(begin)
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        self._give_back(path, connection)

    def _taken(self, path: Path) -> sqlite3.Connection:
        with self._lock:
            idle = self._idle.get(path)
            if idle:
                return idle.pop()
        return connect(path)

    def _give_back(self, path: Path, connection: sqlite3.Connection) -> None:
        if self._keeps:
            connection.execute("PRAGMA shrink_memory")  # a first sync fills it to the brim
            with self._lock:
                if self._keeps:
                    self._idle.setdefault(path, []).append(connection)
                    return
        connection.close()
