"""Reads which lists are imported."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from takeback.hotline.imports.models import Feed


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
    standing = Count("importedentry", filter=Q(importedentry__entry__withdrawn_at=None))
    rows = Feed.objects.annotate(standing=standing).order_by("name")
    return [FeedSummary(row.name, row.source, row.standing, row.fetched_at) for row in rows]
