"""Reads what waits for a person: numbers only, for in hash-only mode there is no picture."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Q

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.appeals.access import AppealInReview
from takeback.hotline.appeals.domain import Answer
from takeback.hotline.audit.domain import Actor
from takeback.hotline.desk.domain import NEEDED, Decision, Reason, fitting_reasons
from takeback.hotline.entries.domain import Near
from takeback.hotline.entries.models import Entry, Hold
from takeback.hotline.feedback.models import Feedback
from takeback.hotline.log.access import stands_in_log
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import may, permissions_of

MOST_SHOWN: Final = 200
"""How many of each kind a queue shows, the oldest first."""


@dataclass(frozen=True, slots=True)
class Votes:
    """How often one thing was said of an entry, and by how many platforms that still follow."""

    value: FeedbackValue
    count: int
    platforms: int


@dataclass(frozen=True, slots=True)
class InReview:
    """An entry as the desk sees it.

    `of_amendment`: it stands as it was, and what it is to become is held. `possible`: what can be
    decided now, by somebody who may; `close_to`: the nearest of `close_count`, entries by their
    ids, known lawful pictures by their names. `recovered_at`: when it was listed again without the
    case that it belonged to.
    """

    entry: EntryId
    lane: str
    listed_at: datetime
    in_log: bool
    held_at: datetime | None
    hold_reason: str
    of_amendment: bool
    close_count: int
    close_to: tuple[Near, ...]
    suspended_at: datetime | None
    withdrawn_at: datetime | None
    recovered_at: datetime | None
    votes: tuple[Votes, ...]
    possible: frozenset[Decision]

    @property
    def doubting_platforms(self) -> int:
        """How many platforms that still follow said that it is not what they found."""
        return sum(v.platforms for v in self.votes if v.value is FeedbackValue.NOT_THE_SAME)

    def reasons_for(self, decision: Decision) -> tuple[Reason, ...]:
        """The reasons that there can be for a decision about it as it stands."""
        return fitting_reasons(
            decision,
            held_for=self.hold_reason if self.held_at else "",
            doubted=self.suspended_at is not None or self.doubting_platforms > 0,
            in_log=self.in_log,
        )


def held_entries() -> list[InReview]:
    """Return the entries that wait to go out, the oldest first."""
    held = Hold.objects.filter(decided_at=None).order_by("since", "entry_id")[:MOST_SHOWN]
    return [_in_review(hold.entry, hold) for hold in held.select_related("entry")]


def suspended_entries() -> list[InReview]:
    """Return the entries that are out of force until somebody has looked, the oldest first."""
    rows = Entry.objects.filter(suspended_at__isnull=False, withdrawn_at=None)
    return [_in_review(row, None) for row in rows.order_by("suspended_at", "id")[:MOST_SHOWN]]


def entries_without_case() -> tuple[int, list[InReview]]:
    """Return how many entries on the list have lost their case, and the newest of them.

    They were listed again from what gates held, after a backup had been restored.
    """
    rows = Entry.objects.filter(recovered_at__isnull=False, withdrawn_at=None)
    newest = rows.order_by("-recovered_at", "id")[:MOST_SHOWN]
    return rows.count(), [_in_review(row, Hold.objects.filter(entry=row).first()) for row in newest]


def entry_in_review(entry: EntryId) -> InReview | None:
    """Return all there is to know of one entry, or None if it was never listed."""
    row = Entry.objects.filter(id=entry).first()
    return _in_review(row, Hold.objects.filter(entry=row).first()) if row else None


def decisions_open_to(actor: Actor, entry: InReview) -> list[Decision]:
    """Return what somebody may decide about an entry as it stands now."""
    allowed = permissions_of(actor)
    return [
        decision
        for decision in Decision
        if decision in entry.possible and NEEDED[decision] in allowed
    ]


def answers_open_to(actor: Actor, appeal: AppealInReview) -> list[Answer]:
    """Return what somebody may answer to an appeal as it stands now."""
    return list(appeal.possible) if may(actor, Permission.ANSWER_APPEAL) else []


def _in_review(row: Entry, hold: Hold | None) -> InReview:
    held = hold is not None and hold.decided_at is None
    of_amendment = hold is not None and held and hold.of_amendment
    in_log = stands_in_log(row.id)
    possible = set[Decision]()
    if row.withdrawn_at is None:
        possible = {Decision.WITHDRAW} | ({Decision.RELEASE} if held else set())
        possible |= {Decision.REFUSE} if of_amendment else set()
        possible |= {Decision.RESUME} if row.suspended_at else set()
    return InReview(
        entry=EntryId(row.id),
        lane=row.lane,
        listed_at=row.listed_at,
        in_log=in_log,
        held_at=hold.since if hold and held else None,
        hold_reason=hold.reason if hold else "",
        of_amendment=of_amendment,
        close_count=hold.count if hold else 0,
        close_to=tuple(Near(name, distance) for name, distance in hold.close_to) if hold else (),
        suspended_at=row.suspended_at,
        withdrawn_at=row.withdrawn_at,
        recovered_at=row.recovered_at,
        votes=_votes(row),
        possible=frozenset(possible),
    )


def _votes(row: Entry) -> tuple[Votes, ...]:
    following = Q(platform__revoked_at=None)
    counted = (
        Feedback.objects.filter(entry=row)
        .values_list("value")
        .annotate(count=Count("id"), platforms=Count("platform", distinct=True, filter=following))
        .order_by("value")
    )
    return tuple(Votes(FeedbackValue(value), count, of) for value, count, of in counted)
