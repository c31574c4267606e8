"""Reads how entries stand here."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db.models import Max, QuerySet

from takeback.hashlist.events import AddedEvent, AmendedEvent, EntryId, ResumedEvent, parse_event
from takeback.hashlist.signals import Sha256Signal
from takeback.hotline.entries.domain import Standing
from takeback.hotline.entries.models import Entry, Hold
from takeback.hotline.log.access import contents_of
from takeback.signals.lanes import Lane

_AT_A_TIME = 20_000


def standings(entries: Iterable[EntryId]) -> dict[EntryId, Standing]:
    """Return which of these entries are held, suspended or withdrawn now, and since when."""
    wanted = sorted(set(entries))
    held = Hold.objects.filter(entry__in=wanted, of_amendment=False, decided_at=None)
    since = dict(held.values_list("entry", "since"))
    return {
        EntryId(row.id): Standing(since.get(row.id), row.suspended_at, row.withdrawn_at)
        for row in Entry.objects.filter(id__in=wanted)
    }


def standing_count(entries: QuerySet[Any]) -> int:
    """Count the entries that are not withdrawn among those whose ids a query finds."""
    return Entry.objects.filter(id__in=entries, withdrawn_at=None).count()


def standing_in_lane(lane: Lane) -> list[EntryId]:
    """Return the entries of a lane that are not withdrawn."""
    rows = Entry.objects.filter(lane=lane, withdrawn_at=None).order_by("listed_at", "id")
    return [EntryId(entry) for entry in rows.values_list("id", flat=True)]


def newest_check() -> int:
    """Return the number of the last batch in which entries were checked, 0 before the first."""
    return Entry.objects.aggregate(newest=Max("checked_in"))["newest"] or 0


def still_listed(entries: Collection[str]) -> set[EntryId]:
    """Return those of these entries that were not withdrawn."""
    rows = Entry.objects.filter(id__in=entries, withdrawn_at=None)
    return {EntryId(entry) for entry in rows.values_list("id", flat=True)}


def sha256_of(entries: Collection[str]) -> dict[EntryId, frozenset[str]]:
    """Return the SHA-256 (64 hex digits) of the files behind those entries that were not withdrawn.

    They are read from the signals that the list has, also of entries that still wait.
    """
    digests = {}
    for entry, content in contents_of(sorted(still_listed(entries))).items():
        event = parse_event(content)
        if isinstance(event, AddedEvent | AmendedEvent | ResumedEvent):
            exact = (signal for signal in event.signals if isinstance(signal, Sha256Signal))
            digests[EntryId(entry)] = frozenset(signal.value for signal in exact)
    return digests


def pdqs_checked_after(batch: int) -> Iterator[tuple[str, bytes, int]]:
    """Yield id, PDQ of the whole picture (32 bytes) and batch of what was checked after a batch.

    In the order of batches; what has no such PDQ, and what was withdrawn, is left out.
    """
    rows = Entry.objects.filter(checked_in__gt=batch, pdq__isnull=False).order_by("checked_in")
    for entry, pdq, checked_in in rows.values_list("id", "pdq", "checked_in").iterator(_AT_A_TIME):
        yield entry, bytes(pdq or b""), checked_in or 0
