"""The store: the folder in which a platform keeps its copy of the list and its outbox.

gate.db      SQLite: which log is followed and how far, the live entries, the outbox
snapshots/   the live entries as files that matchers map
CURRENT      the name of the snapshot in force; replaced as a whole
sync.lock    held by the one process that syncs
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from takeback.matching.policy import Lane
from takeback.matching.snapshot import ListedEntry, ListedPdq, SnapshotSource

_BUSY_SECONDS = 30.0
_CODE_BYTES = 33  # a PDQ of 32 bytes and its quality in one
_SHA256_BYTES = 32
_MD5_BYTES = 16

_SCHEMA = """
CREATE TABLE IF NOT EXISTS followed_log (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    hotline TEXT NOT NULL,
    verifier_key TEXT NOT NULL,
    origin TEXT NOT NULL,
    size INTEGER NOT NULL CHECK (size >= 0),
    root_hash BLOB NOT NULL,
    checkpoint BLOB NOT NULL,
    frontier BLOB NOT NULL,
    contacted_at TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS live_entry (
    entry TEXT PRIMARY KEY,
    added_at INTEGER NOT NULL,
    lane TEXT NOT NULL,
    pdq BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    md5 BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    id TEXT PRIMARY KEY,
    entry TEXT NOT NULL,
    value TEXT NOT NULL,
    time TEXT NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0
) STRICT;
"""


class StoreError(Exception):
    """The store can't be used; the message says what to do."""


class SyncRunningError(StoreError):
    """Another process syncs this store."""


@dataclass(frozen=True)
class FollowedLog:
    """Which log the store follows and what of it has been verified.

    `frontier`: the right edge of the Merkle tree at `size`; `contacted_at`: when the hotline last
    answered as it should.
    """

    hotline: str
    verifier_key: str
    origin: str
    size: int
    root_hash: bytes
    checkpoint: bytes
    frontier: bytes
    contacted_at: datetime | None


@dataclass(frozen=True)
class LiveEntry:
    """An entry that is alive, and the log index of the event that added it."""

    added_at: int
    listed: ListedEntry


class Store:
    """The folder of one gate; safe to use from many threads and processes.

    Every change is one SQLite transaction in WAL mode with `synchronous=FULL`: what has returned
    is on the disk, and a process killed at any instant leaves the state before or after.
    """

    def __init__(self, folder: Path) -> None:
        """Open the store in `folder`, making it (private to this user) where there is none.

        Raises StoreError if the folder can't be used.
        """
        self.folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.snapshots.mkdir(mode=0o700, exist_ok=True)
            with contextlib.closing(self._connect()) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"The store {folder} can't be opened: {error}") from error

    @classmethod
    def existing(cls, folder: Path) -> "Store":
        """Open a store that is there already; raises StoreError if there is none."""
        if not (folder / "gate.db").is_file():
            raise StoreError(
                f"There is no store in {folder}. Make one: takeback gate sync --store {folder} …"
            )
        return cls(folder)

    @property
    def snapshots(self) -> Path:
        """The folder of the snapshot files."""
        return self.folder / "snapshots"

    @property
    def current(self) -> Path:
        """The file that names the snapshot in force."""
        return self.folder / "CURRENT"

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writing transaction: committed and on the disk at the end, or not there at all."""
        with contextlib.closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One reading transaction: everything read in it is of one state."""
        with contextlib.closing(self._connect()) as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def sync_lock(self) -> Iterator[None]:
        """Be the only process that syncs; raises SyncRunningError if another one does.

        The lock goes with the process that holds it, however that ends.
        """
        descriptor = os.open(self.folder / "sync.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise SyncRunningError(
                    f"Another `takeback gate sync` works on {self.folder}. One is enough: "
                    "stop it, or leave it to its work."
                ) from error
            yield
        finally:
            os.close(descriptor)

    def followed_log(self) -> FollowedLog | None:
        """Return which log is followed, or None before the first sync."""
        with self.reading() as connection:
            return read_followed_log(connection)

    def state(self) -> tuple[SnapshotSource, list[ListedEntry]] | None:
        """Return the verified state with all live entries, or None before the first sync."""
        with self.reading() as connection:
            log = read_followed_log(connection)
            if log is None:
                return None
            rows = connection.execute("SELECT entry, lane, pdq, sha256, md5 FROM live_entry")
            entries = [_listed(*row) for row in rows]
        return SnapshotSource(log.origin, log.size, log.root_hash), entries

    def record_contact(self) -> None:
        """Note that the hotline has just answered as it should."""
        with self.transaction() as connection:
            connection.execute("UPDATE followed_log SET contacted_at = ?", (_now(),))

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.folder / "gate.db", timeout=_BUSY_SECONDS, isolation_level=None
        )
        connection.execute("PRAGMA synchronous=FULL")
        return connection


def read_followed_log(connection: sqlite3.Connection) -> FollowedLog | None:
    """Read which log is followed, inside a transaction."""
    row = connection.execute(
        "SELECT hotline, verifier_key, origin, size, root_hash, checkpoint, frontier, contacted_at"
        " FROM followed_log"
    ).fetchone()
    if row is None:
        return None
    hotline, verifier_key, origin, size, root_hash, checkpoint, frontier, contacted_at = row
    contact = datetime.fromisoformat(contacted_at) if contacted_at else None
    return FollowedLog(
        hotline, verifier_key, origin, size, root_hash, checkpoint, frontier, contact
    )


def write_followed_log(connection: sqlite3.Connection, log: FollowedLog) -> None:
    """Write which log is followed and how far, inside a transaction; now counts as a contact."""
    connection.execute(
        "INSERT OR REPLACE INTO followed_log VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            log.hotline,
            log.verifier_key,
            log.origin,
            log.size,
            log.root_hash,
            log.checkpoint,
            log.frontier,
            _now(),
        ),
    )


def put_live_entry(connection: sqlite3.Connection, live: LiveEntry) -> None:
    """Add an entry, or put it in the place of the one with its id, inside a transaction."""
    listed = live.listed
    connection.execute(
        "INSERT OR REPLACE INTO live_entry VALUES (?, ?, ?, ?, ?, ?)",
        (
            listed.entry,
            live.added_at,
            listed.lane.value,
            b"".join(pdq.code + bytes([pdq.quality]) for pdq in listed.pdq),
            b"".join(listed.sha256),
            b"".join(listed.md5),
        ),
    )


def drop_live_entry(connection: sqlite3.Connection, entry: str) -> None:
    """Remove an entry, if it is there, inside a transaction."""
    connection.execute("DELETE FROM live_entry WHERE entry = ?", (entry,))


def _listed(entry: str, lane: str, pdq: bytes, sha256: bytes, md5: bytes) -> ListedEntry:
    codes = tuple(ListedPdq(code[:-1], code[-1]) for code in _cut(pdq, _CODE_BYTES))
    return ListedEntry(entry, Lane(lane), codes, _cut(sha256, _SHA256_BYTES), _cut(md5, _MD5_BYTES))


def _cut(joined: bytes, length: int) -> tuple[bytes, ...]:
    return tuple(joined[start : start + length] for start in range(0, len(joined), length))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
