"""What hotlines say of each other's entries, kept with the list of the hotline that says it."""

import contextlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType

from takeback.gate.store.live_entries import read_live_entry
from takeback.gate.store.store import Store
from takeback.hashlist.events import ConfirmedEvent, EntryId, PurposeEvent, UnconfirmedEvent
from takeback.hashlist.fold import Statement
from takeback.hashlist.follow import Logged, LoggedEvent


@dataclass(frozen=True, slots=True)
class OneList:
    """A list in force: the origin of its log, and the store that holds it."""

    origin: str
    store: Store


def fold_confirmations(connection: sqlite3.Connection, logged: Iterable[Logged]) -> None:
    """Take in what events say of other hotlines' entries, inside a transaction."""
    for item in logged:
        match item.event if isinstance(item, LoggedEvent) else None:
            case ConfirmedEvent() as event:
                record = (event.index, bytes.fromhex(event.commitment))
                connection.execute(
                    "INSERT OR REPLACE INTO confirmation VALUES (?, ?, ?, ?)",
                    (event.origin, event.entry, *record),
                )
            case UnconfirmedEvent() as event:
                connection.execute(
                    "DELETE FROM confirmation WHERE origin = ? AND entry = ?",
                    (event.origin, event.entry),
                )
            case _:
                pass


class ConfirmationReader:
    """Reads which hotlines confirmed entries, for one check of an upload; opens each store once.

    Use it as a context manager; what it reads of a store is of one state.
    """

    def __init__(self) -> None:
        self._open = contextlib.ExitStack()
        self._connections: dict[Store, sqlite3.Connection] = {}

    def confirmed(
        self,
        listed: OneList,
        purpose: PurposeEvent,
        entries: Iterable[str],
        others: Sequence[OneList],
    ) -> set[str]:
        """Return those of a list's entries of the confirmed lane that enough have confirmed.

        `listed` holds the entries, and `purpose` is of its log; `others`: further lists in force.
        The hotline that put an entry into the lane counts if `purpose` names it a confirmer. Of
        the other confirmers, those count that confirmed the very event that says how the entry
        now is.
        """
        may_confirm = set(purpose.confirmers)
        confirmers = [other for other in others if other.origin in may_confirm - {listed.origin}]
        own = 1 if listed.origin in may_confirm else 0
        found = set()
        for entry in entries:
            live = read_live_entry(self._connection(listed.store), EntryId(entry))
            if live is None or live.stated is None:
                continue
            by = own + sum(
                self._stated_by(other, listed.origin, entry) == live.stated for other in confirmers
            )
            if by >= purpose.confirmations:
                found.add(entry)
        return found

    def __enter__(self) -> "ConfirmationReader":
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    def _stated_by(self, other: OneList, origin: str, entry: str) -> Statement | None:
        row = (
            self._connection(other.store)
            .execute(
                "SELECT at, commitment FROM confirmation WHERE origin = ? AND entry = ?",
                (origin, entry),
            )
            .fetchone()
        )
        return Statement(*row) if row is not None else None

    def _connection(self, store: Store) -> sqlite3.Connection:
        if store not in self._connections:
            self._connections[store] = self._open.enter_context(store.read_list())
        return self._connections[store]
