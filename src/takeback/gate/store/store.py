"""The store: the folder in which a platform keeps its copy of the list and its outbox.

list.db      SQLite: which log is followed and how far, and the live entries
outbox.db    SQLite: feedback on its way, apart, so that a long sync never holds it up
snapshots/   the live entries as files that matchers map, and what changed since
CURRENT      the name of the snapshot in force; replaced as a whole
sync.lock    held by the one process that syncs
"""

import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from takeback.gate.store.connections import Connections, connect
from takeback.gate.store.live_entries import (
    changes_known_since,
    forget_changes,
    read_changes,
    read_tables,
)
from takeback.gate.store.sync_command import sync_command
from takeback.gate.store.unknown_signals import UNKNOWN_SCHEMA
from takeback.hashlist.rules import LogRules
from takeback.matching.delta_file import EntryChange
from takeback.matching.snapshot import ListTables, SnapshotSource
from takeback.shell.state_folders import State, look_into
from takeback.signals.packing import UnknownKindError
from takeback.tlog.merkle import Frontier
from takeback.tlog.signed_note import VerifierKey

# Raised with every change of the tables below. A store is only a copy of the list: one of another
# version is fetched anew, not converted.
_SCHEMA_VERSION = 7

_LIST_SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS followed_log (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    verifier_key TEXT NOT NULL,
    origin TEXT NOT NULL,
    frontier BLOB NOT NULL,
    checkpoint BLOB NOT NULL,
    rules TEXT NOT NULL,
    contacted_at TEXT,
    hotline TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS list_trust (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    policy BLOB,
    grace_seconds REAL NOT NULL,
    refused_since TEXT,
    refused_why TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS changed_entry (
    entry TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS changed_entry_at ON changed_entry (at);
CREATE TABLE IF NOT EXISTS changes_known (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    since INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS suspended_entry (
    entry TEXT PRIMARY KEY,
    added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS statement (
    entry TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    commitment BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS confirmation (
    origin TEXT NOT NULL,
    entry TEXT NOT NULL,
    at INTEGER NOT NULL,
    commitment BLOB NOT NULL,
    PRIMARY KEY (origin, entry)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS provenance (
    id INTEGER PRIMARY KEY,
    stated TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS live_entry (
    added_at INTEGER PRIMARY KEY,
    entry TEXT NOT NULL UNIQUE,
    provenance INTEGER NOT NULL REFERENCES provenance,
    listed BLOB NOT NULL
) STRICT;
"""
    + UNKNOWN_SCHEMA
)

_OUTBOX_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    id TEXT PRIMARY KEY,
    item TEXT NOT NULL,
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

    `verifier_key`: the key line that was pinned; `frontier`: the right edge of the Merkle tree;
    `checkpoint`: the signed note that vouches for it; `rules`: what the log has said of itself;
    `contacted_at`: when the hotline last answered as it should; `hotline`: the address at which.
    """

    verifier_key: str
    origin: str
    frontier: Frontier
    checkpoint: bytes
    rules: LogRules
    contacted_at: datetime | None = None
    hotline: str | None = None

    @property
    def key_in_force(self) -> VerifierKey:
        """The key that signs the log now: the one pinned, or the one it was handed over to."""
        return self.rules.key or VerifierKey.parse(self.verifier_key)

    @property
    def source(self) -> SnapshotSource:
        """The state as a snapshot names it."""
        return SnapshotSource(self.origin, self.frontier.size, self.frontier.root())


class Store:
    """The folder of one gate; safe to use from many threads and processes.

    Every change is one SQLite transaction in WAL mode with `synchronous=FULL`: what has returned
    is on the disk, and a process killed at any instant leaves the state before or after.
    """

    def __init__(self, folder: Path) -> None:
        """Open the store in `folder`, making it (private to this user) where there is none.

        Raises StoreError if the folder can't be used, or holds something else.
        """
        found = look_into(folder, State.STORE)
        if found.state is not State.STORE and not found.is_free:
            raise StoreError(found.refusal(State.STORE, "give the store a folder of its own"))
        self.folder = folder
        self._connections = Connections()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.snapshots.mkdir(mode=0o700, exist_ok=True)
            with _alone_in(folder):
                for path, schema in ((self._list, _LIST_SCHEMA), (self._outbox, _OUTBOX_SCHEMA)):
                    _make_private(path)
                    with contextlib.closing(connect(path)) as connection:
                        connection.execute("PRAGMA journal_mode=WAL")
                        _require_version(connection, folder)
                        connection.executescript(schema)
                        connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"The store {folder} can't be opened: {error}") from error

    @classmethod
    def existing(cls, folder: Path) -> "Store":
        """Open an existing store; raises StoreError if the folder holds none."""
        found = look_into(folder, State.STORE)
        if found.state is not State.STORE:
            begin = sync_command(folder if found.is_free else None)
            raise StoreError(
                found.refusal(State.STORE, f"name the folder of yours, or begin one with `{begin}`")
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

    def change_list(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """One transaction that changes the list: on the disk at its end, or not there at all."""
        return self._connections.transaction(self._list, "BEGIN IMMEDIATE")

    def read_list(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """One transaction that reads the list: everything read in it is of one state."""
        return self._connections.transaction(self._list, "BEGIN")

    def change_outbox(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """One transaction that changes the outbox: on the disk at its end."""
        return self._connections.transaction(self._outbox, "BEGIN IMMEDIATE")

    def read_outbox(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """One transaction that reads the outbox."""
        return self._connections.transaction(self._outbox, "BEGIN")

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
                    f"Another sync works on {self.folder}. One is enough: stop it, or leave it to "
                    "its work."
                ) from error
            with self._connections.kept_open():
                yield
        finally:
            os.close(descriptor)

    def followed_log(self) -> FollowedLog | None:
        """Return which log is followed, or None before the first sync."""
        with self.read_list() as connection:
            return read_followed_log(connection)

    def sync_command(self, *, follow: bool = False) -> str:
        """Return the command that brings the list up to date; an unreadable store knows less."""
        log = None
        with contextlib.suppress(sqlite3.Error, ValueError, StoreError):
            log = self.followed_log()
        return sync_command(self.folder, log.hotline if log else None, follow=follow)

    def state(self) -> tuple[SnapshotSource, ListTables] | None:
        """Return the verified state with all live entries, or None before the first sync.

        Raises StoreError if a newer program has put in kinds of fingerprint unknown to this one.
        """
        with self.read_list() as connection, _of_known_kinds(self.folder):
            log = read_followed_log(connection)
            return (log.source, read_tables(connection)) if log is not None else None

    def changes_since(
        self, known: SnapshotSource, most: int
    ) -> tuple[SnapshotSource, list[EntryChange]] | None:
        """Return the verified state and the entries that changed since `known`, a state before it.

        None if that can't be told, or if more than `most` entries changed.
        """
        with self.read_list() as connection, _of_known_kinds(self.folder):
            log = read_followed_log(connection)
            if log is None:
                return None
            source = log.source
            if known.origin != source.origin or known.checkpoint_size >= source.checkpoint_size:
                return (source, []) if known == source else None
            changes = read_changes(connection, known.checkpoint_size, most)
            return (source, changes) if changes is not None else None

    def forget_changes(self, until: int) -> None:
        """Forget which entries changed up to a checkpoint: no snapshot before it is of use."""
        with self.read_list() as connection:
            known = changes_known_since(connection)
        if known is not None and known < until:
            with self.change_list() as connection:
                forget_changes(connection, until)

    @property
    def _list(self) -> Path:
        return self.folder / "list.db"

    @property
    def _outbox(self) -> Path:
        return self.folder / "outbox.db"


def write_followed_log(connection: sqlite3.Connection, log: FollowedLog) -> None:
    """Write which log is followed and how far, inside a transaction; now counts as a contact."""
    connection.execute(
        "INSERT OR REPLACE INTO followed_log VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
        (
            log.verifier_key,
            log.origin,
            log.frontier.to_bytes(),
            log.checkpoint,
            json.dumps(log.rules.to_json()),
            _now(),
            log.hotline,
        ),
    )


def record_contact(connection: sqlite3.Connection, hotline: str) -> None:
    """Note, inside a transaction, that the hotline has just answered at this address."""
    connection.execute("UPDATE followed_log SET contacted_at = ?, hotline = ?", (_now(), hotline))


def read_followed_log(connection: sqlite3.Connection) -> FollowedLog | None:
    """Read, inside a transaction, which log is followed and how far; None before the first sync."""
    row = connection.execute(
        "SELECT verifier_key, origin, frontier, checkpoint, rules, contacted_at, hotline "
        "FROM followed_log"
    ).fetchone()
    if row is None:
        return None
    verifier_key, origin, frontier, checkpoint, rules, contacted_at, hotline = row
    return FollowedLog(
        verifier_key,
        origin,
        Frontier.from_bytes(frontier),
        checkpoint,
        LogRules.from_json(json.loads(rules)),
        datetime.fromisoformat(contacted_at) if contacted_at else None,
        hotline,
    )


@contextlib.contextmanager
def _of_known_kinds(folder: Path) -> Iterator[None]:
    try:
        yield
    except UnknownKindError as error:
        raise StoreError(
            f"The store {folder} holds fingerprints of a kind that this program does not know: a "
            "newer one has synced it. Use that, or give --store a new folder and sync."
        ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Be the only process that makes the tables: the switch to WAL waits for nobody."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _require_version(connection: sqlite3.Connection, folder: Path) -> None:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if tables and version != _SCHEMA_VERSION:
        raise StoreError(
            f"The store {folder} was written by another version of Takeback. Send what waits in "
            "its outbox with that version, then give --store a new folder and sync."
        )


def _make_private(path: Path) -> None:
    """Make the database file readable by this user only, in whatever folder it stands.

    SQLite gives the files beside it the same rights. One that is there is left alone: to open and
    close it here would drop the locks that SQLite may hold on it in this process.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
