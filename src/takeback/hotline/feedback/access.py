"""Reads what became of entries at platforms, and what these say of them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import (
    Count,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    QuerySet,
    SmallIntegerField,
    Subquery,
)

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.entries.models import Entry
from takeback.hotline.feedback.domain import (
    FeedbackSummary,
    LoggedEvent,
    LookingGate,
    Outcome,
    Removal,
    is_looked_for,
)
from takeback.hotline.feedback.models import Feedback, KeyAcknowledgement
from takeback.hotline.log.models import LogEntry, PendingEvent
from takeback.hotline.platforms.domain import FollowingPlatform, lanes_opened_by
from takeback.hotline.platforms.models import Platform, PlatformFetch

LOOKING_DAYS = timedelta(days=7)
"""A platform from which nothing came for so long is no longer said to look for copies."""


def outcomes(entries: Iterable[EntryId]) -> list[Outcome]:
    """Return how each entry stands with each platform, in order of entries, then of names.

    A platform whose token was revoked is named only where it had fetched the entry. Ids that were
    never listed are left out.
    """
    wanted = list(dict.fromkeys(entries))
    rows = Entry.objects.in_bulk(wanted)
    feedback = _feedback(wanted)
    events = _events(wanted)
    gates = _looking_gates(datetime.now(UTC))
    followers = list(Platform.objects.order_by("name"))
    fetched = {platform.id: _fetched(wanted, platform) for platform in followers}
    return [
        Outcome(
            entry,
            platform.name,
            row.listed_at,
            fetched[platform.id].get(entry),
            row.withdrawn_at,
            tuple(feedback.get((entry, platform.id), ())),
            is_looked_for(events.get(entry, ()), gates.get(platform.id, ())),
        )
        for entry in wanted
        if (row := rows.get(entry)) is not None
        for platform in followers
        if platform.revoked_at is None or entry in fetched[platform.id]
    ]


def entry_of_reference(platform: str, reference: str) -> EntryId | None:
    """Return the entry that a platform reported on under this id; None without such a report."""
    try:
        said_id = UUID(reference)
    except ValueError:
        return None
    feedback = Feedback.objects.filter(platform__name=platform, said_id=said_id)
    entry = feedback.values_list("entry", flat=True).first()
    return EntryId(entry) if entry else None


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
    newest = LogEntry.objects.filter(subject__in=wanted).aggregate(last=Max("index"))
    # An entry's last event is its withdrawal, unless that still waits to be sequenced.
    waits = PendingEvent.objects.filter(subject__in=wanted).exists()
    withdrawn_at = newest["last"]
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
    lanes = ExpressionWrapper(OuterRef("audience"), SmallIntegerField())
    shared = F("lanes").bitand(lanes)  # type: ignore[arg-type]  # the stubs know numbers only
    shown = enough.annotate(shared=shared).filter(shared__gt=0)
    events = LogEntry.objects.filter(subject__in=entries).annotate(
        fetched_at=Subquery(shown.order_by("fetched_at").values("fetched_at")[:1])
    )
    first = events.filter(fetched_at__isnull=False).values("subject").annotate(at=Min("fetched_at"))
    return {subject: at for subject, at in first.values_list("subject", "at") if subject}


def _events(entries: list[EntryId]) -> dict[str, list[LoggedEvent]]:
    """The events about each of the entries that the log has, by ascending index."""
    events = defaultdict[str, list[LoggedEvent]](list)
    rows = LogEntry.objects.filter(subject__in=entries).order_by("index")
    for subject, index, adds, audience in rows.values_list("subject", "index", "adds", "audience"):
        events[subject or ""].append(LoggedEvent(index, adds, audience or 0))
    return events


def _looking_gates(now: datetime) -> dict[int, list[LookingGate]]:
    """The gates that said lately what is in force there, by the number of their platform."""
    gates = defaultdict[int, list[LookingGate]](list)
    rows = _lately(now).values_list("key__platform", "size", "key__scopes")
    for platform, size, scopes in rows:
        gates[platform].append(LookingGate(size, lanes_opened_by(scopes)))
    return gates


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


def acknowledgements(
    platform: FollowingPlatform | Platform, now: datetime
) -> QuerySet[KeyAcknowledgement]:
    """Find what those gates of a platform whose keys are accepted now say is in force there."""
    return KeyAcknowledgement.objects.filter(
        key__platform=platform.id, key__revoked_at=None, key__expires_at__gt=now
    )


def platforms_looking(now: datetime) -> set[str]:
    """Return the names of the platforms of which it is known that they look for copies now.

    One of their gates said within the last `LOOKING_DAYS` what is in force there, as a gate does
    each day. A platform that only holds a key is not among them. Of one picture `outcomes` says it.
    """
    return set(_lately(now).values_list("key__platform__name", flat=True))


def _lately(now: datetime) -> QuerySet[KeyAcknowledgement]:
    """What gates whose keys are accepted said within the last `LOOKING_DAYS`."""
    return KeyAcknowledgement.objects.filter(
        acknowledged_at__gte=now - LOOKING_DAYS,
        key__platform__revoked_at=None,
        key__revoked_at=None,
        key__expires_at__gt=now,
    )


def newest_vote(entry: EntryId) -> int:
    """Return the number of the last thing that any platform said of an entry, 0 without any."""
    return Feedback.objects.filter(entry=entry).aggregate(newest=Max("id"))["newest"] or 0
