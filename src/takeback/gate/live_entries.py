"""The live entries in the store's tables: one by one, as changes since a checkpoint, and as arrays.

Every function works inside a transaction of its caller.
"""

import sqlite3

import numpy as np

from takeback.hashlist.events import EntryId, Provenance
from takeback.hashlist.fold import LiveEntry
from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal, Signal
from takeback.matching.delta_file import EntryChange
from takeback.matching.index import PDQ_BYTES
from takeback.matching.policy import Lane
from takeback.matching.snapshot import (
    ENTRY_CHARACTERS,
    LANES,
    MD5_BYTES,
    SHA256_BYTES,
    ListedEntry,
    ListedPdq,
    ListTables,
)

_CODE_BYTES = PDQ_BYTES + 1  # a PDQ and its quality in one
_ROWS_AT_A_TIME = 1 << 14


def read_live_entry(connection: sqlite3.Connection, entry: EntryId) -> LiveEntry | None:
    """Read an entry, or None if it is not on the list."""
    row = connection.execute(
        "SELECT added_at, provenance, lane, pdq, sha256, md5 FROM live_entry WHERE entry = ?",
        (entry,),
    ).fetchone()
    if row is None:
        return None
    added_at, provenance, *fields = row
    listed = _listed(entry, *fields)
    signals: list[Signal] = [
        PdqSignal(value=pdq.code.hex(), quality=pdq.quality) for pdq in listed.pdq
    ]
    signals += [Sha256Signal(value=digest.hex()) for digest in listed.sha256]
    signals += [Md5Signal(value=digest.hex()) for digest in listed.md5]
    return LiveEntry(
        entry,
        listed.lane,
        Provenance.model_validate_json(provenance),
        tuple(signals),
        added_at,
    )


def put_live_entry(connection: sqlite3.Connection, live: LiveEntry, at: int | None) -> None:
    """Add an entry, or put it in the place of the one with its id.

    `at`: size of the checkpoint at which that is so; None if no snapshot can stand before it.
    """
    pdq, sha256, md5 = bytearray(), bytearray(), bytearray()
    for signal in live.signals:
        match signal:
            case PdqSignal():
                pdq += bytes.fromhex(signal.value) + bytes([signal.quality])
            case Sha256Signal():
                sha256 += bytes.fromhex(signal.value)
            case Md5Signal():
                md5 += bytes.fromhex(signal.value)
    connection.execute(
        "INSERT OR REPLACE INTO live_entry VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            live.entry,
            live.added_at,
            live.provenance.model_dump_json(),
            live.lane.value,
            bytes(pdq),
            bytes(sha256),
            bytes(md5),
        ),
    )
    _note_change(connection, live.entry, at)


def drop_live_entry(connection: sqlite3.Connection, entry: EntryId, at: int | None) -> None:
    """Remove an entry, if it is there; `at` as in `put_live_entry`."""
    connection.execute("DELETE FROM live_entry WHERE entry = ?", (entry,))
    _note_change(connection, entry, at)


def suspended_at(connection: sqlite3.Connection, entry: EntryId) -> int | None:
    """Return the log index of the event that added a suspended entry, None if it is none."""
    row = connection.execute(
        "SELECT added_at FROM suspended_entry WHERE entry = ?", (entry,)
    ).fetchone()
    return int(row[0]) if row is not None else None


def put_suspended(connection: sqlite3.Connection, entry: EntryId, added_at: int | None) -> None:
    """Note that an entry is suspended; None: that it is so no more."""
    if added_at is None:
        connection.execute("DELETE FROM suspended_entry WHERE entry = ?", (entry,))
    else:
        connection.execute(
            "INSERT OR REPLACE INTO suspended_entry VALUES (?, ?)", (entry, added_at)
        )


def know_changes_since(connection: sqlite3.Connection, size: int) -> None:
    """Note that every change after a checkpoint is kept, unless that is noted already."""
    connection.execute("INSERT OR IGNORE INTO changes_known VALUES (1, ?)", (size,))


def changes_known_since(connection: sqlite3.Connection) -> int | None:
    """Return the size of the checkpoint from which on every change is known, None if none is."""
    row = connection.execute("SELECT since FROM changes_known").fetchone()
    return int(row[0]) if row is not None else None


def read_changes(connection: sqlite3.Connection, since: int, most: int) -> list[EntryChange] | None:
    """Return each entry that changed after a checkpoint, as it is now.

    None if not all of them are known, or if there are more than `most`.
    """
    known = changes_known_since(connection)
    if known is None or since < known:
        return None
    rows = connection.execute(
        "SELECT entry, lane, pdq, sha256, md5 FROM changed_entry LEFT JOIN live_entry USING (entry)"
        " WHERE at > ? LIMIT ?",
        (since, most + 1),
    ).fetchall()
    if len(rows) > most:
        return None
    return [
        EntryChange(entry, _listed(entry, *fields) if fields[0] is not None else None)
        for entry, *fields in rows
    ]


def forget_changes(connection: sqlite3.Connection, until: int) -> None:
    """Forget the changes up to a checkpoint."""
    connection.execute("DELETE FROM changed_entry WHERE at <= ?", (until,))
    connection.execute("UPDATE changes_known SET since = ? WHERE since < ?", (until, until))


def read_tables(connection: sqlite3.Connection) -> ListTables:
    """Return all live entries as arrays: a million takes about a second."""
    rows = connection.execute("SELECT entry, lane, pdq, sha256, md5 FROM live_entry ORDER BY entry")
    place_of = {lane.value: place for place, lane in enumerate(LANES)}
    ids, lanes = bytearray(), bytearray()
    signals: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])
    while some := rows.fetchmany(_ROWS_AT_A_TIME):
        entries, lane_names, *columns = zip(*some, strict=True)
        ids += "".join(entries).encode("ascii")
        lanes += bytes(map(place_of.__getitem__, lane_names))
        for column, values in zip(signals, columns, strict=True):
            column.extend(values)
    widths = (_CODE_BYTES, SHA256_BYTES, MD5_BYTES)
    codes, sha256, md5 = (
        np.frombuffer(b"".join(column), np.uint8).reshape(-1, width)
        for column, width in zip(signals, widths, strict=True)
    )
    pdq_entry, sha256_entry, md5_entry = (
        np.repeat(
            np.arange(len(column), dtype=np.uint32),
            np.fromiter(map(len, column), np.intp, len(column)) // width,
        )
        for column, width in zip(signals, widths, strict=True)
    )
    return ListTables(
        np.frombuffer(ids, f"S{ENTRY_CHARACTERS}"),
        np.frombuffer(lanes, np.uint8),
        np.ascontiguousarray(codes[:, :PDQ_BYTES]),
        np.ascontiguousarray(codes[:, PDQ_BYTES]),
        pdq_entry,
        sha256,
        sha256_entry,
        md5,
        md5_entry,
    )


def _note_change(connection: sqlite3.Connection, entry: EntryId, at: int | None) -> None:
    if at is not None:
        connection.execute("INSERT OR REPLACE INTO changed_entry VALUES (?, ?)", (entry, at))


def _listed(entry: str, lane: str, pdq: bytes, sha256: bytes, md5: bytes) -> ListedEntry:
    codes = tuple(ListedPdq(code[:-1], code[-1]) for code in _cut(pdq, _CODE_BYTES))
    return ListedEntry(entry, Lane(lane), codes, _cut(sha256, SHA256_BYTES), _cut(md5, MD5_BYTES))


def _cut(joined: bytes, length: int) -> tuple[bytes, ...]:
    return tuple(joined[start : start + length] for start in range(0, len(joined), length))
