"""The outbox: what the gate did, kept until the hotline has it."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pydantic import ValidationError

from takeback.gate.store.store import Store
from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import MAX_FEEDBACK_ITEMS, FeedbackItem, FeedbackValue


def feedback_about(entries: Iterable[str], value: FeedbackValue) -> list[FeedbackItem]:
    """Say the same of every entry, now; raises ValueError if an id can't be an entry's."""
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        return [
            FeedbackItem(id=uuid.uuid4(), entry=EntryId(entry), value=value, time=now)
            for entry in entries
        ]
    except ValidationError as error:
        raise ValueError("An entry's id has 26 letters and digits, as a match names it.") from error


class Outbox:
    """Feedback on its way: on the disk before `add` returns, gone once the hotline has it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, entries: Iterable[str], value: FeedbackValue) -> list[FeedbackItem]:
        """Say the same of every entry; the sync process delivers it.

        Raises ValueError if an id can't be an entry's.
        """
        items = feedback_about(entries, value)
        self.put(items)
        return items

    def put(self, items: Sequence[FeedbackItem]) -> None:
        """Keep feedback for delivery, in one transaction."""
        if items:
            with self._store.change_outbox() as connection:
                connection.executemany(
                    "INSERT INTO outbox (id, item) VALUES (?, ?)",
                    [(str(item.id), item.model_dump_json()) for item in items],
                )

    def waiting(self, most: int = MAX_FEEDBACK_ITEMS) -> list[FeedbackItem]:
        """Return what still has to be delivered, oldest first, at most so many."""
        with self._store.read_outbox() as connection:
            rows = connection.execute(
                "SELECT item FROM outbox WHERE NOT refused ORDER BY rowid LIMIT ?", (most,)
            )
            return [FeedbackItem.model_validate_json(item) for (item,) in rows]

    def delivered(self, items: Sequence[FeedbackItem]) -> None:
        """Forget what the hotline has."""
        with self._store.change_outbox() as connection:
            connection.executemany(
                "DELETE FROM outbox WHERE id = ?", [(str(item.id),) for item in items]
            )

    def refused(self, item: FeedbackItem) -> None:
        """Set aside what the hotline will never take, so that it holds nothing else up."""
        with self._store.change_outbox() as connection:
            connection.execute("UPDATE outbox SET refused = 1 WHERE id = ?", (str(item.id),))

    def counts(self) -> tuple[int, int]:
        """Return how many wait, and how many the hotline refused."""
        with self._store.read_outbox() as connection:
            waiting, refused = connection.execute(
                "SELECT count(*) FILTER (WHERE NOT refused), count(*) FILTER (WHERE refused)"
                " FROM outbox"
            ).fetchone()
        return int(waiting), int(refused)
