"""Keeps what a witness must never forget: the newest checkpoint it cosigned of each log."""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from takeback.shell.state_folders import State, look_into
from takeback.tlog.merkle import Frontier

_BUSY_SECONDS = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note BLOB NOT NULL
) STRICT;
"""


class WitnessStoreError(Exception):
    """The witness's folder can't be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class CosignedState:
    """What was cosigned last of a log: its size, its root, and the note with the cosignatures."""

    size: int = 0
    root: bytes = Frontier().root()
    note: bytes = b""


class WitnessStore:
    """The database of one witness; safe to use from many threads and processes.

    What has been written is on the disk (WAL, `synchronous=FULL`) before anybody hears of it.
    """

    def __init__(self, folder: Path) -> None:
        """Open the store in `folder`, making it, private to this user, where there is none.

        Raises WitnessStoreError if the folder can't be used, or holds something else.
        """
        found = look_into(folder, State.WITNESS)
        if found.state is not State.WITNESS and not found.is_free:
            raise WitnessStoreError(
                found.refusal(State.WITNESS, "give the witness a folder of its own")
            )
        self._path = folder / "witness.db"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.closing(self._connect()) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise WitnessStoreError(f"The store {folder} can't be opened: {error}") from error

    def newest(self, origin: str) -> CosignedState:
        """Return what was cosigned last of a log; of one never seen, the empty tree."""
        with contextlib.closing(self._connect()) as connection:
            return _read(connection, origin)

    @contextlib.contextmanager
    def advancing(self, origin: str) -> Iterator["Advance"]:
        """Decide on a log's next state alone: nobody else reads or writes it until the block ends.

        What was set is on the disk when the block is left; an exception leaves all as it was.
        """
        with contextlib.closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                advance = Advance(_read(connection, origin))
                yield advance
                if advance.after is not None:
                    after = advance.after
                    connection.execute(
                        "INSERT OR REPLACE INTO cosigned VALUES (?, ?, ?, ?)",
                        (origin, after.size, after.root, after.note),
                    )
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        return connection


@dataclass(slots=True)
class Advance:
    """A log's state before, and the one after, if there is to be another."""

    before: CosignedState
    after: CosignedState | None = None


def _read(connection: sqlite3.Connection, origin: str) -> CosignedState:
    row = connection.execute(
        "SELECT size, root, note FROM cosigned WHERE origin = ?", (origin,)
    ).fetchone()
    return CosignedState(*row) if row else CosignedState()
