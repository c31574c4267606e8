"""The outbox: what the gate did, kept until the hotline has it."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from takeback.gate.store import Store


class FeedbackValue(StrEnum):
    """What a platform says of an upload that matched."""

    BLOCKED = "blocked"
    PENDING_REVIEW = "pending_review"
    NOT_BLOCKED = "not_blocked"
    NOT_THE_SAME = "not_the_same"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One thing said about one entry; `id` is a UUID, so that saying it twice changes nothing."""

    id: str
    entry: str
    value: FeedbackValue
    time: datetime


class Outbox:
    """Feedback on its way: on the disk before `add` returns, gone once the hotline has it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, entries: Iterable[str], value: FeedbackValue) -> list[Feedback]:
        """Say the same of every entry, in one transaction; the sync process delivers it."""
        now = datetime.now(UTC).replace(microsecond=0)
        said = [Feedback(str(uuid.uuid4()), entry, value, now) for entry in entries]
        if said:
            with self._store.transaction() as connection:
                connection.executemany(
                    "INSERT INTO outbox (id, entry, value, time) VALUES (?, ?, ?, ?)",
                    [(f.id, f.entry, f.value.value, f.time.isoformat()) for f in said],
                )
        return said

    def waiting(self, most: int = 500) -> list[Feedback]:
        """Return what still has to be delivered, oldest first, at most so many."""
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT id, entry, value, time FROM outbox WHERE NOT refused ORDER BY rowid"
                " LIMIT ?",
                (most,),
            )
            return [
                Feedback(id_, entry, FeedbackValue(value), datetime.fromisoformat(time))
                for id_, entry, value, time in rows
            ]

    def delivered(self, said: Sequence[Feedback]) -> None:
        """Forget what the hotline has."""
        with self._store.transaction() as connection:
            connection.executemany("DELETE FROM outbox WHERE id = ?", [(f.id,) for f in said])

    def refused(self, said: Feedback) -> None:
        """Set aside what the hotline will never take, so that it holds nothing else up."""
        with self._store.transaction() as connection:
            connection.execute("UPDATE outbox SET refused = 1 WHERE id = ?", (said.id,))

    def counts(self) -> tuple[int, int]:
        """Return how many wait, and how many the hotline refused."""
        with self._store.reading() as connection:
            waiting, refused = connection.execute(
                "SELECT count(*) FILTER (WHERE NOT refused), count(*) FILTER (WHERE refused)"
                " FROM outbox"
            ).fetchone()
        return int(waiting), int(refused)
