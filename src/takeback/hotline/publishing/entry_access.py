"""Reads how entries stand: here, at each platform, and in numbers."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    Count,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    Subquery,
)

from takeback.hashlist.events import (
    EntryId,
)
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.audit.access import count_of
from takeback.hotline.publishing.domain import (
    FeedbackSummary,
    ListFigures,
    Outcome,
    Removal,
    Standing,
)
from takeback.hotline.publishing.models import (
    Entry,
    Feedback,
    Hold,
    LogEntry,
    PendingEvent,
    Platform,
    PlatformFetch,
)
from takeback.hotline.publishing.platform_access import acknowledgements
from takeback.signals.lanes import Lane


def outcomes(entries: Iterable[EntryId]) -> list[Outcome]:
    """Return how each entry stands with each platform, in order of entries, then of names.

    A platform whose token was revoked is named only where it had fetched the entry. Ids that were
    never listed are left out.
    """
    wanted = list(dict.fromkeys(entries))
    rows = Entry.objects.in_bulk(wanted)
    said = _feedback(wanted)
    followers = list(Platform.objects.order_by("name"))
    fetched = {platform.id: _fetched(wanted, platform) for platform in followers}
    return [
        Outcome(
            entry,
            platform.name,
            row.listed_at,
            fetched[platform.id].get(entry),
            row.withdrawn_at,
            tuple(said.get((entry, platform.id), ())),
        )
        for entry in wanted
        if (row := rows.get(entry)) is not None
        for platform in followers
        if platform.revoked_at is None or entry in fetched[platform.id]
    ]


def standings(entries: Iterable[EntryId]) -> dict[EntryId, Standing]:
    """Return which of these entries are held, suspended or withdrawn now, and since when."""
    wanted = sorted(set(entries))
    held = Hold.objects.filter(entry__in=wanted, decided_at=None).values_list("entry", "since")
    since = dict(held)
    return {
        EntryId(row.id): Standing(since.get(row.id), row.suspended_at, row.withdrawn_at)
        for row in Entry.objects.filter(id__in=wanted)
    }


def standing_count(entries: QuerySet[Any]) -> int:
    """Count those that are not withdrawn of the entries whose ids a query finds."""
    return Entry.objects.filter(id__in=entries, withdrawn_at=None).count()


def entry_of_reference(platform: str, reference: str) -> EntryId | None:
    """Return the entry of what a platform reported under this id; None if it reported no such."""
    try:
        said_id = UUID(reference)
    except ValueError:
        return None
    said = Feedback.objects.filter(platform__name=platform, said_id=said_id)
    entry = said.values_list("entry", flat=True).first()
    return EntryId(entry) if entry else None


def list_figures() -> ListFigures:
    """Count what this hotline lists, by how it stands now, and what it passes on from elsewhere.

    Canaries, and pictures that gates are tried with, are nobody's.
    """
    held = Q(hold__isnull=False, hold__decided_at=None)
    standing = Q(withdrawn_at=None)
    off = Q(suspended_at__isnull=False)
    own = Q(lane__in=(Lane.SELF_REPORTED, Lane.CONFIRMED), canary=None)
    counted = Entry.objects.aggregate(
        in_force=Count("pk", filter=own & standing & ~off & ~held),
        withdrawn=Count("pk", filter=own & ~standing),
        held=Count("pk", filter=own & standing & held),
        suspended=Count("pk", filter=own & standing & off),
        imported=Count("pk", filter=Q(lane=Lane.IMPORTED) & standing & ~off & ~held),
    )
    return ListFigures(**counted, resumed=count_of("entry.resumed"))


def doubting_platforms(entry: EntryId) -> int:
    """How many platforms that follow the list say that this entry is not what they found.

    What they said before a person last put it into force again does not count.
    """
    seen = Entry.objects.filter(id=entry).values("votes_seen")
    votes = Feedback.objects.filter(
        entry=entry,
        value=FeedbackValue.NOT_THE_SAME,
        platform__revoked_at=None,
        id__gt=Subquery(seen),
    )
    return votes.aggregate(platforms=Count("platform", distinct=True))["platforms"] or 0


def removal_of(entries: Iterable[EntryId]) -> Removal:
    """Return how far withdrawn entries are out of force at the platforms that had got them.

    A platform whose token was revoked gets nothing more and says nothing more: it does not count.
    One with several gates counts as done when all of them are.
    """
    wanted = sorted(set(entries))
    newest = LogEntry.objects.filter(entry__in=wanted).values("entry").annotate(last=Max("index"))
    # An entry's last event is its withdrawal, unless that still waits to be sealed.
    waits = PendingEvent.objects.filter(entry__in=wanted).exists()
    withdrawn_at = max((row["last"] for row in newest), default=None)
    done = of = silent = 0
    now = datetime.now(UTC)
    for platform in Platform.objects.filter(revoked_at=None):
        if not _fetched(wanted, platform):
            continue
        behind = acknowledgements(platform, now).aggregate(size=Min("size"))["size"]
        if behind is None:
            silent += 1
            continue
        of += 1
        if not waits and withdrawn_at is not None:
            done += behind > withdrawn_at
    return Removal(done, of, silent)


def _fetched(entries: list[EntryId], platform: Platform) -> dict[str, datetime]:
    """When the platform first fetched each of the entries that it has fetched."""
    enough = PlatformFetch.objects.filter(platform=platform, size__gt=OuterRef("index"))
    lanes = ExpressionWrapper(OuterRef("lanes"), SmallIntegerField())
    shared = F("lanes").bitand(lanes)  # type: ignore[arg-type]  # the stubs know numbers only
    shown = enough.annotate(shared=shared).filter(shared__gt=0)
    events = LogEntry.objects.filter(entry__in=entries).annotate(
        fetched_at=Subquery(shown.order_by("fetched_at").values("fetched_at")[:1])
    )
    first = events.filter(fetched_at__isnull=False).values("entry").annotate(at=Min("fetched_at"))
    return dict(first.values_list("entry", "at"))


def _feedback(entries: list[EntryId]) -> dict[tuple[str, int], list[FeedbackSummary]]:
    summaries: dict[tuple[str, int], list[FeedbackSummary]] = {}
    rows = (
        Feedback.objects.filter(entry__in=entries)
        .values_list("entry", "platform", "value")
        .annotate(count=Count("id"), first=Min("time"), last=Max("time"))
        .order_by("first", "value")
    )
    for entry, platform, value, count, first, last in rows:
        summary = FeedbackSummary(FeedbackValue(value), count, first, last)
        summaries.setdefault((entry, platform), []).append(summary)
    return summaries
