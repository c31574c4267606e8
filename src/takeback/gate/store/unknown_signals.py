"""Signals of kinds that this program does not know, kept as the hotline wrote them.

They can't be matched. They are kept so that they can be counted, and so that a newer program finds
them in the store that an older one has made. Every function works inside a transaction.
"""

import sqlite3

from takeback.hashlist.events import EntryId
from takeback.hashlist.signals import SIGNAL_MODELS, UnknownSignal

UNKNOWN_SCHEMA = """
CREATE TABLE IF NOT EXISTS unknown_signal (
    entry TEXT NOT NULL,
    place INTEGER NOT NULL,
    kind TEXT NOT NULL,
    written TEXT NOT NULL,
    PRIMARY KEY (entry, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unknown_kind (
    kind TEXT PRIMARY KEY,
    signals INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS unknown_signal_put AFTER INSERT ON unknown_signal BEGIN
    INSERT INTO unknown_kind VALUES (new.kind, 1)
        ON CONFLICT (kind) DO UPDATE SET signals = signals + 1;
END;
CREATE TRIGGER IF NOT EXISTS unknown_signal_gone AFTER DELETE ON unknown_signal BEGIN
    UPDATE unknown_kind SET signals = signals - 1 WHERE kind = old.kind;
END;
"""


def put_unknown(
    connection: sqlite3.Connection, entry: EntryId, unknown: tuple[UnknownSignal, ...]
) -> None:
    """Keep the unknown signals of an entry that had none, or whose own were forgotten."""
    connection.executemany(
        "INSERT INTO unknown_signal VALUES (?, ?, ?, ?)",
        [(entry, signal.place, signal.kind, signal.written) for signal in unknown],
    )


def forget_unknown(connection: sqlite3.Connection, entry: EntryId) -> None:
    """Forget the unknown signals of an entry that changes or leaves the list."""
    connection.execute("DELETE FROM unknown_signal WHERE entry = ?", (entry,))


def read_unknown(connection: sqlite3.Connection, entry: EntryId) -> tuple[UnknownSignal, ...]:
    """Return the unknown signals of an entry, in the order of its event."""
    rows = connection.execute(
        "SELECT kind, place, written FROM unknown_signal WHERE entry = ? ORDER BY place", (entry,)
    )
    return tuple(UnknownSignal(*row) for row in rows)


def count_unknown(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many signals there are of each unknown kind, by its name."""
    counts = connection.execute("SELECT kind, signals FROM unknown_kind WHERE signals > 0")
    return dict(counts.fetchall())


def entries_known_by_now(connection: sqlite3.Connection) -> set[EntryId]:
    """Return the entries with a signal that was unknown when it came, and is known by now."""
    found: set[EntryId] = set()
    for kind in count_unknown(connection).keys() & SIGNAL_MODELS.keys():
        rows = connection.execute("SELECT entry FROM unknown_signal WHERE kind = ?", (kind,))
        found.update(EntryId(entry) for (entry,) in rows)
    return found
