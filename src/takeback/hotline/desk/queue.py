"""The queue as it is read: what waits in sections, each line in words, the oldest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from takeback.hotline.appeals.access import AppealInReview
from takeback.hotline.desk.access import MOST_SHOWN, InReview
from takeback.hotline.desk.texts import HOLD_REASONS, LANES, counted
from takeback.hotline.desk.waiting import days_left, waited, waited_days


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One thing that waits. `code`: the id of the entry, for whoever has to name it."""

    path: str
    title: str
    waiting: str
    since: date
    facts: tuple[str, ...]
    code: str


@dataclass(frozen=True, slots=True)
class QueueSection:
    """Things of one kind that wait, the oldest first. `empty`: what is said if there are none."""

    key: str
    heading: str
    empty: str
    rows: tuple[QueueRow, ...]

    @property
    def count(self) -> str:
        """How many there are, as far as is known: no more than `MOST_SHOWN` are shown."""
        return f"{MOST_SHOWN} or more" if len(self.rows) >= MOST_SHOWN else str(len(self.rows))


def queue_sections(
    held: Iterable[InReview],
    suspended: Iterable[InReview],
    appeals: Iterable[AppealInReview],
    *,
    now: datetime,
    today: date,
    appeal_days: int,
) -> list[QueueSection]:
    """Put what waits into words. `appeal_days`: within how many days an answer is hoped for."""
    return [
        QueueSection(
            "held",
            "Before they go out",
            "Nothing waits to go out.",
            tuple(_held_row(entry, now) for entry in held),
        ),
        QueueSection(
            "suspended",
            "Out of force",
            "Nothing is out of force.",
            tuple(_suspended_row(entry, now) for entry in suspended),
        ),
        QueueSection(
            "appeals",
            "Appeals",
            "No appeal waits for an answer.",
            tuple(_appeal_row(appeal, today, appeal_days) for appeal in appeals),
        ),
    ]


def _held_row(entry: InReview, now: datetime) -> QueueRow:
    since = entry.held_at or entry.listed_at
    facts = [LANES[entry.lane]]
    if entry.of_amendment:
        facts.insert(0, "A change of an entry in force")
    if entry.close_to:
        nearest = entry.close_to[0].distance
        facts.append(f"{entry.close_count} near; the nearest differs in {nearest} of 256 bits")
    title = HOLD_REASONS[entry.hold_reason]
    return _entry_row(entry, title, waited(since, now), since, facts)


def _suspended_row(entry: InReview, now: datetime) -> QueueRow:
    since = entry.suspended_at or entry.listed_at
    doubting = entry.doubting_platforms
    title = (
        f"{counted(doubting, 'platform')} said that it is not the same picture"
        if doubting
        else "The hotline took it out of force"
    )
    return _entry_row(entry, title, waited(since, now), since, [LANES[entry.lane]])


def _entry_row(
    entry: InReview, title: str, waiting: str, since: datetime, facts: list[str]
) -> QueueRow:
    path = reverse("desk-entry", args=[entry.entry])
    return QueueRow(path, title, waiting, since, tuple(facts), entry.entry)


def _appeal_row(appeal: AppealInReview, today: date, days: int) -> QueueRow:
    facts = [] if appeal.entry else ["The number leads to no entry so far"]
    waiting = f"{waited_days(appeal.sent_on, today)}, {days_left(appeal.sent_on, today, days)}"
    path = reverse("desk-appeal", args=[appeal.id])
    return QueueRow(
        path, f"Stopped by {appeal.platform}", waiting, appeal.sent_on, tuple(facts), ""
    )
