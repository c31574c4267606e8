"""The live entries in the store's tables: one by one, as changes since a checkpoint, and as arrays.

Every function works inside a transaction of its caller.
"""

import sqlite3
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from takeback.hashlist.additions import AdditionRun
from takeback.hashlist.events import EntryId, Provenance, canonical_json
from takeback.hashlist.fold import LiveEntry, Statement, adds_known_entry
from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal, Signal
from takeback.matching.delta_file import EntryChange
from takeback.matching.index import PDQ_BYTES
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

# A row's `listed`: the place of the lane in LANES in a byte, then the signals as an `Addition` has
# them.
_HEAD_BYTES = 4
_WIDTHS = (_CODE_BYTES, SHA256_BYTES, MD5_BYTES)
_PLACE = {lane.value: bytes([place]) for place, lane in enumerate(LANES)}


_WHOLE = (
    "SELECT entry, added_at, stated, listed, at, commitment FROM live_entry"
    " JOIN provenance ON id = provenance LEFT JOIN statement USING (entry)"
)


def read_live_entry(connection: sqlite3.Connection, entry: EntryId) -> LiveEntry | None:
    """Read an entry, or None if it is not on the list."""
    row = connection.execute(f"{_WHOLE} WHERE entry = ?", (entry,)).fetchone()
    return _live(row) if row is not None else None


def read_live_entries(connection: sqlite3.Connection) -> Iterator[LiveEntry]:
    """Yield all entries, in the order in which they were added."""
    for row in connection.execute(f"{_WHOLE} ORDER BY added_at"):
        yield _live(row)


def is_known(connection: sqlite3.Connection, entry: str) -> bool:
    """Say whether an entry is on the list, be it suspended."""
    known = (
        "SELECT 1 FROM live_entry WHERE entry = :entry"
        " UNION ALL SELECT 1 FROM suspended_entry WHERE entry = :entry"
    )
    return connection.execute(known, {"entry": entry}).fetchone() is not None


def _live(row: tuple[EntryId, int, str, bytes, int | None, bytes | None]) -> LiveEntry:
    entry, added_at, provenance, packed, at, commitment = row
    listed = _listed(entry, packed)
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
        Statement(at, commitment) if at is not None and commitment is not None else None,
    )


def put_live_entry(connection: sqlite3.Connection, live: LiveEntry, at: int | None) -> None:
    """Add an entry, or put it in the place of the one with its id.

    `at`: size of the checkpoint at which that is so; None if no snapshot can stand before it.
    """
    connection.execute("DELETE FROM live_entry WHERE entry = ?", (live.entry,))
    connection.execute(
        "INSERT INTO live_entry VALUES (?, ?, ?, ?)",
        (
            live.added_at,
            live.entry,
            _provenance_id(connection, canonical_json(live.provenance).decode()),
            _packed(live),
        ),
    )
    if live.stated is not None:
        connection.execute(
            "INSERT OR REPLACE INTO statement VALUES (?, ?, ?)",
            (live.entry, live.stated.index, live.stated.commitment),
        )
    _note_change(connection, live.entry, at)


def put_additions(connection: sqlite3.Connection, run: AdditionRun, at: int | None) -> None:
    """Add entries in bulk; `at` as in `put_live_entry`. Where they are stated is not kept.

    Raises EventOutOfPlaceError if one of them is there already, or suspended.
    """
    provenances = {
        stated: _provenance_id(connection, stated)
        for stated in {provenance for _, _, provenance, _, _ in run.additions}
    }
    rows = [
        (index, entry, provenances[provenance], _PLACE[lane] + signals)
        for index, (entry, lane, provenance, _, signals) in enumerate(run.additions, run.start)
    ]
    try:
        connection.executemany("INSERT INTO live_entry VALUES (?, ?, ?, ?)", rows)
    except sqlite3.IntegrityError as error:
        raise adds_known_entry(_first_known(connection, run)) from error
    # Nearly always nothing is suspended.
    if connection.execute("SELECT 1 FROM suspended_entry LIMIT 1").fetchone() is not None:
        for index, entry in enumerate(run.entries(), run.start):
            if suspended_at(connection, EntryId(entry)) is not None:
                raise adds_known_entry(index)
    if at is not None:
        connection.executemany(
            "INSERT OR REPLACE INTO changed_entry VALUES (?, ?)",
            [(entry, at) for entry in run.entries()],
        )


def _first_known(connection: sqlite3.Connection, run: AdditionRun) -> int:
    """Return the log index of the first addition that some of the run's own could not follow."""
    for index, entry in enumerate(run.entries(), run.start):
        found = connection.execute("SELECT added_at FROM live_entry WHERE entry = ?", (entry,))
        if found.fetchone() != (index,):
            return index
    return run.start


def drop_live_entry(connection: sqlite3.Connection, entry: EntryId, at: int | None) -> None:
    """Remove an entry, if it is there; `at` as in `put_live_entry`."""
    connection.execute("DELETE FROM live_entry WHERE entry = ?", (entry,))
    connection.execute("DELETE FROM statement WHERE entry = ?", (entry,))
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
        "SELECT entry, listed FROM changed_entry LEFT JOIN live_entry USING (entry)"
        " WHERE at > ? LIMIT ?",
        (since, most + 1),
    ).fetchall()
    if len(rows) > most:
        return None
    return [
        EntryChange(entry, _listed(entry, packed) if packed is not None else None)
        for entry, packed in rows
    ]


def forget_changes(connection: sqlite3.Connection, until: int) -> None:
    """Forget the changes up to a checkpoint."""
    connection.execute("DELETE FROM changed_entry WHERE at <= ?", (until,))
    connection.execute("UPDATE changes_known SET since = ? WHERE since < ?", (until, until))


def read_tables(connection: sqlite3.Connection) -> ListTables:
    """Return all live entries as arrays: a million takes about two seconds."""
    rows = connection.execute("SELECT entry, listed FROM live_entry")
    ids, lanes = bytearray(), bytearray()
    kinds = [_Column(width) for width in _WIDTHS]
    while some := rows.fetchmany(_ROWS_AT_A_TIME):
        entries, packed = zip(*some, strict=True)
        before = len(lanes)
        ids += "".join(entries).encode("ascii")
        table = np.frombuffer(b"".join(packed), np.uint8)
        starts = np.cumsum([0, *map(len, packed[:-1])])
        lanes += table[starts].tobytes()
        position = starts + _HEAD_BYTES
        for place, kind in enumerate(kinds):
            position = kind.take(table, position, table[starts + 1 + place], before)
    entry_ids = np.frombuffer(ids, f"S{ENTRY_CHARACTERS}")
    order = _ascending(entry_ids)
    row_of = np.empty(len(order), np.uint32)
    row_of[order] = np.arange(len(order), dtype=np.uint32)
    (codes, pdq_entry), (sha256, sha256_entry), (md5, md5_entry) = (
        kind.by_row(row_of) for kind in kinds
    )
    return ListTables(
        entry_ids[order],
        np.frombuffer(lanes, np.uint8)[order],
        np.ascontiguousarray(codes[:, :PDQ_BYTES]),
        np.ascontiguousarray(codes[:, PDQ_BYTES]),
        pdq_entry,
        sha256,
        sha256_entry,
        md5,
        md5_entry,
    )


class _Column:
    """The signals of one kind, `width` bytes each, and the entry of each in the order read."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._values = [np.empty((0, width), np.uint8)]
        self._owners = [np.empty(0, np.intp)]

    def take(
        self,
        table: npt.NDArray[np.uint8],
        start: npt.NDArray[np.intp],
        count: npt.NDArray[np.uint8],
        first_owner: int,
    ) -> npt.NDArray[np.intp]:
        """Take `count` signals of each row from `start` on; returns where they end."""
        owners = np.repeat(np.arange(len(count)), count)
        before = np.cumsum(count, dtype=np.intp) - count
        nth = np.arange(len(owners)) - before[owners]
        at = start[owners] + nth * self._width
        self._values.append(table[at[:, None] + np.arange(self._width)])
        self._owners.append(owners + first_owner)
        end: npt.NDArray[np.intp] = start + count.astype(np.intp) * self._width
        return end

    def by_row(
        self, row_of: npt.NDArray[np.uint32]
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint32]]:
        """Return the signals and the row of each, by row and within it as they were read."""
        rows = row_of[np.concatenate(self._owners)]
        order = np.argsort(rows, kind="stable")
        return np.concatenate(self._values)[order], rows[order]


def _ascending(entry_ids: npt.NDArray[np.bytes_]) -> npt.NDArray[np.intp]:
    """Return the order in which ids ascend: as four numbers they are sorted in half a second."""
    words = entry_ids.astype("S32").view(">u8").reshape(-1, 4).astype(np.uint64)
    order: npt.NDArray[np.intp] = np.lexsort(words.T[::-1])
    return order


def _note_change(connection: sqlite3.Connection, entry: EntryId, at: int | None) -> None:
    if at is not None:
        connection.execute("INSERT OR REPLACE INTO changed_entry VALUES (?, ?)", (entry, at))


def _provenance_id(connection: sqlite3.Connection, stated: str) -> int:
    connection.execute("INSERT OR IGNORE INTO provenance (stated) VALUES (?)", (stated,))
    found = connection.execute("SELECT id FROM provenance WHERE stated = ?", (stated,))
    return int(found.fetchone()[0])


def _packed(live: LiveEntry) -> bytes:
    kinds: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])
    for signal in live.signals:
        match signal:
            case PdqSignal():
                kinds[0].append(bytes.fromhex(signal.value) + bytes([signal.quality]))
            case Sha256Signal():
                kinds[1].append(bytes.fromhex(signal.value))
            case Md5Signal():
                kinds[2].append(bytes.fromhex(signal.value))
    signals = [value for kind in kinds for value in kind]
    return b"".join((_PLACE[live.lane.value], bytes(map(len, kinds)), *signals))


def _listed(entry: str, packed: bytes) -> ListedEntry:
    found = []
    at = _HEAD_BYTES
    for count, width in zip(packed[1:_HEAD_BYTES], _WIDTHS, strict=True):
        found.append(tuple(packed[at + i * width : at + (i + 1) * width] for i in range(count)))
        at += count * width
    codes, sha256, md5 = found
    pdq = tuple(ListedPdq(code[:-1], code[-1]) for code in codes)
    return ListedEntry(entry, LANES[packed[0]], pdq, sha256, md5)
