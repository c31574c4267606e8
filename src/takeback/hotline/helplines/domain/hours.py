"""When a helpline is open: always, or in a week of its own time zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WEEK = 7
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Always:
    """Open at any hour of any day."""


@dataclass(frozen=True)
class Span:
    """From `start` to before `end` by the clock on the wall, beginning on each of `days`.

    Days are numbered from Monday = 0. An `end` that is not after `start` is on the next day, so
    00:00 as an end is the midnight that closes the day.
    """

    days: frozenset[int]
    start: time
    end: time

    @property
    def passes_midnight(self) -> bool:
        """Whether it ends on the day after the one it began on."""
        return self.end <= self.start


@dataclass(frozen=True)
class Week:
    """What is the same every week, by the clocks of one time zone."""

    zone: ZoneInfo
    spans: tuple[Span, ...]


ALWAYS = Always()
Hours = Always | Week


def is_open(hours: Hours, moment: datetime) -> bool:
    """Whether a line with these hours is open at this moment, which knows its time zone."""
    if isinstance(hours, Always):
        return True
    local = moment.astimezone(hours.zone)
    return any(_covers(span, local.weekday(), local.time()) for span in hours.spans)


def next_opening(hours: Hours, moment: datetime) -> datetime | None:
    """When it opens next after `moment`, in the line's zone; None if it never closes or opens."""
    if isinstance(hours, Always):
        return None
    later = (opening for opening in _openings(hours, moment) if opening > moment)
    first = min(later, default=None)
    return None if first is None else first.astimezone(hours.zone)


def _covers(span: Span, weekday: int, clock: time) -> bool:
    if not span.passes_midnight:
        return weekday in span.days and span.start <= clock < span.end
    began_today = weekday in span.days and clock >= span.start
    began_yesterday = (weekday - 1) % _WEEK in span.days and clock < span.end
    return began_today or began_yesterday


def _openings(week: Week, moment: datetime) -> Iterator[datetime]:
    """Moments at which it turns open, from the day before `moment` to the same weekday again."""
    today = moment.astimezone(week.zone).date()
    for day in (today + timedelta(days=ahead) for ahead in range(-1, _WEEK + 1)):
        for span in week.spans:
            if day.weekday() not in span.days:
                continue
            wall = datetime.combine(day, span.start, week.zone)
            # Where clocks go back an hour is there twice; where they go forward it is missing,
            # and the two readings lie on both sides of the jump.
            readings = {wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
            yield from _turns(week, min(readings), max(readings))


def _turns(week: Week, first: datetime, last: datetime) -> Iterator[datetime]:
    """The moments from `first` to `last` at which it is open and was not a minute before."""
    moment = first
    while moment <= last:
        if is_open(week, moment) and not is_open(week, moment - _MINUTE):
            yield moment
        moment += _MINUTE
