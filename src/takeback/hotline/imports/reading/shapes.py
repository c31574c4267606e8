"""Which shape of server is read by what, and with which secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from takeback.hotline.imports.domain import (
    MOST_SECRET,
    Cursor,
    ImportingError,
    Page,
    Shape,
)
from takeback.hotline.imports.reading import graph, ncmec, stopncii

_READERS = {
    Shape.STOPNCII: stopncii.pages,
    Shape.NCMEC: ncmec.pages,
    Shape.GRAPH: graph.pages,
}
# After so many days without a fetch these servers may have forgotten what was taken off. The
# clients of python-threatexchange 1.2.17 begin anew then, too (`is_stale` of their checkpoints).
_MOST_DAYS_AWAY = {Shape.STOPNCII: 30, Shape.GRAPH: 85}


@dataclass(frozen=True, slots=True, repr=False)
class Remote:
    """A server to import from; the secret is written as its shape has it (docs/imports.md)."""

    shape: Shape
    address: str
    secret: str

    def pages(self, since: Cursor | None, quality: int) -> Iterator[Page]:
        """Read what has changed since a cursor, all of it if that is None.

        Raises ImportingError for a secret of another form, or when the server can't be asked.
        """
        secret = self.secret.strip()
        if not secret.isprintable() or not secret.isascii() or not 0 < len(secret) <= MOST_SECRET:
            raise ImportingError("The secret of the feed is missing, or is not plain characters.")
        return _READERS[self.shape](self.address, secret, since, quality)

    def too_long_ago(self, fetched_at: datetime) -> bool:
        """Whether the server may have forgotten by now what was taken off after `fetched_at`."""
        days = _MOST_DAYS_AWAY.get(self.shape)
        return days is not None and datetime.now(UTC) - fetched_at > timedelta(days=days)
