"""What hotlines say of each other's entries: kept with the list of the one that says it."""

import sqlite3
from collections.abc import Iterable

from takeback.gate.live_entries import read_live_entry
from takeback.gate.store import Store
from takeback.hashlist.events import ConfirmedEvent, EntryId, PurposeEvent, UnconfirmedEvent
from takeback.hashlist.fold import Statement
from takeback.hashlist.follow import Logged, LoggedEvent


def fold_confirmations(connection: sqlite3.Connection, logged: Iterable[Logged]) -> None:
    """Take in what events say of other hotlines' entries, inside a transaction."""
    for one in logged:
        match one.event if isinstance(one, LoggedEvent) else None:
            case ConfirmedEvent() as said:
                record = (said.index, bytes.fromhex(said.commitment))
                connection.execute(
                    "INSERT OR REPLACE INTO confirmation VALUES (?, ?, ?, ?)",
                    (said.origin, said.entry, *record),
                )
            case UnconfirmedEvent() as said:
                connection.execute(
                    "DELETE FROM confirmation WHERE origin = ? AND entry = ?",
                    (said.origin, said.entry),
                )
            case _:
                pass


def count_confirmers(
    store: Store,
    entry: str,
    purpose: PurposeEvent,
    origin: str,
    others: Iterable[tuple[str, Store]],
) -> int:
    """Count who has confirmed an entry of the confirmed lane, by its record.

    `store` and `origin`: of the list that holds the entry; `others`: origins and stores of further
    lists that are in force. Who put it into the lane counts, if `purpose` names it a confirmer; of
    the others those that confirmed the very event that says how the entry now is.
    """
    with store.read_list() as connection:
        live = read_live_entry(connection, EntryId(entry))
    if live is None or live.stated is None:
        return 0
    by = {origin} | {
        name for name, other in others if _confirmed_in(other, origin, entry) == live.stated
    }
    return len(by.intersection(purpose.confirmers))


def _confirmed_in(store: Store, origin: str, entry: str) -> Statement | None:
    with store.read_list() as connection:
        row = connection.execute(
            "SELECT at, commitment FROM confirmation WHERE origin = ? AND entry = ?",
            (origin, entry),
        ).fetchone()
    return Statement(*row) if row is not None else None
