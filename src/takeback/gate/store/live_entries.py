"""The live entries in the store's tables: one by one, as changes since a checkpoint, and as arrays.

Every function works inside a transaction of its caller.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from takeback.gate.store.unknown_signals import (
    entries_known_by_now,
    forget_unknown,
    put_unknown,
    read_unknown,
)
from takeback.hashlist.additions import AdditionRun
from takeback.hashlist.events import EntryId, Provenance, canonical_json
from takeback.hashlist.fold import LiveEntry, Statement, adds_known_entry
from takeback.hashlist.signals import known_by_now, pack_signals, unpack_signals
from takeback.matching.delta_file import EntryChange
from takeback.matching.snapshot import (
    ENTRY_CHARACTERS,
    LANES,
    ListedEntry,
    ListTables,
    SignalTable,
)
from takeback.signals.kinds import KINDS, SignalKind
from takeback.signals.packing import UnknownKindError

_ROWS_AT_A_TIME = 1 << 14

# A row's `listed`: the place of the lane in LANES in a byte, then the signals as an `Addition` has
# them (takeback.signals.packing).
_PLACE = {lane.value: bytes([place]) for place, lane in enumerate(LANES)}
_HEAD_BYTES = 2  # the lane, and how many kinds there are; then number and count of each kind


_WHOLE = (
    "SELECT entry, added_at, stated, listed, at, commitment,"
    " EXISTS (SELECT 1 FROM unknown_signal AS unknown WHERE unknown.entry = live_entry.entry)"
    " FROM live_entry JOIN provenance ON id = provenance LEFT JOIN statement USING (entry)"
)


def read_live_entry(connection: sqlite3.Connection, entry: EntryId) -> LiveEntry | None:
    """Read an entry, or None if it is not on the list."""
    row = connection.execute(f"{_WHOLE} WHERE entry = ?", (entry,)).fetchone()
    return _live(connection, row) if row is not None else None


def read_live_entries(connection: sqlite3.Connection) -> Iterator[LiveEntry]:
    """Yield all entries, in the order in which they were added."""
    for row in connection.execute(f"{_WHOLE} ORDER BY added_at"):
        yield _live(connection, row)


def is_known(connection: sqlite3.Connection, entry: str) -> bool:
    """Say whether an entry is on the list, suspended or not."""
    known = (
        "SELECT 1 FROM live_entry WHERE entry = :entry"
        " UNION ALL SELECT 1 FROM suspended_entry WHERE entry = :entry"
    )
    return connection.execute(known, {"entry": entry}).fetchone() is not None


def _live(
    connection: sqlite3.Connection,
    row: tuple[EntryId, int, str, bytes, int | None, bytes | None, bool],
) -> LiveEntry:
    entry, added_at, provenance, packed, at, commitment, has_unknown = row
    return LiveEntry(
        entry,
        LANES[packed[0]],
        Provenance.model_validate_json(provenance),
        unpack_signals(packed[1:]),
        added_at,
        Statement(at, commitment) if at is not None and commitment is not None else None,
        read_unknown(connection, entry) if has_unknown else (),
    )


def put_live_entry(connection: sqlite3.Connection, live: LiveEntry, at: int | None) -> None:
    """Add an entry, or put it in the place of the one with its id.

    `at`: size of the checkpoint at which that is so; None if no snapshot can stand before it.
    Unknown signals that were kept of the id have to be forgotten before (`forget_unknown`): nearly
    no entry has any, and to look would cost every change as much as a statement does.
    """
    connection.execute("DELETE FROM live_entry WHERE entry = ?", (live.entry,))
    connection.execute(
        "INSERT INTO live_entry VALUES (?, ?, ?, ?)",
        (
            live.added_at,
            live.entry,
            _provenance_id(connection, canonical_json(live.provenance).decode()),
            _PLACE[live.lane.value] + pack_signals(live.signals),
        ),
    )
    if live.stated is not None:
        connection.execute(
            "INSERT OR REPLACE INTO statement VALUES (?, ?, ?)",
            (live.entry, live.stated.index, live.stated.commitment),
        )
    if live.unknown:
        put_unknown(connection, live.entry, live.unknown)
    _note_change(connection, live.entry, at)


def take_up_known_by_now(connection: sqlite3.Connection) -> int:
    """Make signals of entries of what an older program kept as unknown; returns how many entries.

    Which entries change is not noted: a snapshot of fewer kinds has to be written anew.
    """
    changed = 0
    for entry in entries_known_by_now(connection):
        live = read_live_entry(connection, entry)
        known, rest = known_by_now(live.unknown if live is not None else ())
        if live is not None and known:
            forget_unknown(connection, entry)
            put_live_entry(
                connection, replace(live, signals=(*live.signals, *known), unknown=rest), None
            )
            changed += 1
    return changed


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
    """Remove an entry, if it is there; `at` and unknown signals as in `put_live_entry`."""
    connection.execute("DELETE FROM live_entry WHERE entry = ?", (entry,))
    connection.execute("DELETE FROM statement WHERE entry = ?", (entry,))
    _note_change(connection, entry, at)


def suspended_at(connection: sqlite3.Connection, entry: EntryId) -> int | None:
    """Return the log index of the event that added an entry, None if it is not suspended."""
    row = connection.execute(
        "SELECT added_at FROM suspended_entry WHERE entry = ?", (entry,)
    ).fetchone()
    return int(row[0]) if row is not None else None


def read_suspended(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the ids of all suspended entries."""
    rows = connection.execute("SELECT entry FROM suspended_entry")
    return frozenset(entry for (entry,) in rows)


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
        EntryChange(entry, ListedEntry(entry, LANES[packed[0]], packed[1:]) if packed else None)
        for entry, packed in rows
    ]


def forget_changes(connection: sqlite3.Connection, until: int) -> None:
    """Forget the changes up to a checkpoint."""
    connection.execute("DELETE FROM changed_entry WHERE at <= ?", (until,))
    connection.execute("UPDATE changes_known SET since = ? WHERE since < ?", (until, until))


def read_tables(connection: sqlite3.Connection) -> ListTables:
    """Return all live entries as arrays: a million takes about two seconds.

    Raises UnknownKindError if a newer program has put in a kind that this one does not know.
    """
    rows = connection.execute("SELECT entry, listed FROM live_entry")
    ids, lanes = bytearray(), bytearray()
    columns = {kind.number: _Column(kind) for kind in KINDS}
    while batch := rows.fetchmany(_ROWS_AT_A_TIME):
        entries, packed = zip(*batch, strict=True)
        before = len(lanes)
        ids += "".join(entries).encode("ascii")
        table = np.frombuffer(b"".join(packed), np.uint8)
        starts = np.cumsum([0, *map(len, packed[:-1])])
        lanes += table[starts].tobytes()
        _take_signals(columns, table, starts, before)
    entry_ids = np.frombuffer(ids, f"S{ENTRY_CHARACTERS}")
    order = _ascending(entry_ids)
    row_of = np.empty(len(order), np.uint32)
    row_of[order] = np.arange(len(order), dtype=np.uint32)
    signals = {column.kind.name: column.by_row(row_of) for column in columns.values() if column.any}
    return ListTables(entry_ids[order], np.frombuffer(lanes, np.uint8)[order], signals)


def _take_signals(
    columns: dict[int, "_Column"],
    table: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.intp],
    first_owner: int,
) -> None:
    """Take the signals of rows that begin at `starts`: the first kind of each, then the second."""
    kinds = table[starts + 1]
    position = starts + _HEAD_BYTES + 2 * kinds.astype(np.intp)
    rows = np.arange(len(starts))
    for nth in range(int(kinds.max(initial=0))):
        rows = rows[kinds[rows] > nth]
        heads = starts[rows] + _HEAD_BYTES + 2 * nth
        numbers, counts = table[heads], table[heads + 1]
        present = np.flatnonzero(np.bincount(numbers))
        for number in present.tolist():
            if number not in columns:
                raise UnknownKindError(f"there is no kind of fingerprint with the number {number}")
            if len(present) == 1:
                those, count = rows, counts
            else:
                which = numbers == number
                those, count = rows[which], counts[which]
            owners = those + first_owner
            position[those] = columns[number].take(table, position[those], count, owners)


class _Column:
    """The signals of one kind, packed, and the entry of each in the order read."""

    def __init__(self, kind: SignalKind) -> None:
        self.kind = kind
        self._packed: list[npt.NDArray[np.uint8]] = []
        self._owners: list[npt.NDArray[np.intp]] = []

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(self._packed)

    def take(
        self,
        table: npt.NDArray[np.uint8],
        start: npt.NDArray[np.intp],
        count: npt.NDArray[np.uint8],
        owner: npt.NDArray[np.intp],
    ) -> npt.NDArray[np.intp]:
        """Take `count` signals of each owner from `start` on; returns where they end."""
        width = self.kind.packed_bytes
        rows = np.repeat(np.arange(len(count)), count)
        before = np.cumsum(count, dtype=np.intp) - count
        nth = np.arange(len(rows)) - before[rows]
        at = start[rows] + nth * width
        self._packed.append(table[at[:, None] + np.arange(width)])
        self._owners.append(owner[rows])
        end: npt.NDArray[np.intp] = start + count.astype(np.intp) * width
        return end

    def by_row(self, row_of: npt.NDArray[np.uint32]) -> SignalTable:
        """Return the signals and the row of each, by row and within it as they were read."""
        rows = row_of[np.concatenate(self._owners)]
        order = np.argsort(rows, kind="stable")
        return SignalTable.of(self.kind, np.concatenate(self._packed)[order], rows[order])


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
