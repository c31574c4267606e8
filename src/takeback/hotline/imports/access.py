"""Reads which lists are imported."""

from dataclasses import dataclass
from datetime import datetime

from takeback.hotline.entries.access import standing_count
from takeback.hotline.imports.models import Feed, ImportedEntry


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """A feed as an operator sees it; `entries`: how many of its entries stand on this list.

    `fetched_at`: when it was last read to the end, None if it never was.
    """

    name: str
    source: str
    entries: int
    fetched_at: datetime | None


def feeds() -> list[FeedSummary]:
    """Return all feeds by name."""
    return [
        FeedSummary(
            row.name,
            row.source,
            standing_count(ImportedEntry.objects.filter(feed=row).values("entry")),
            row.fetched_at,
        )
        for row in Feed.objects.exclude(source="").order_by("name")
    ]
