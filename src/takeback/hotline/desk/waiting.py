"""How long something has waited, in words; the desk is in English only (docs/desk.md)."""

from datetime import date, datetime, timedelta
from typing import Final

from takeback.hotline.desk.texts import counted

_STEPS: Final = (
    (timedelta(days=2), timedelta(days=1), "day"),
    (timedelta(hours=1), timedelta(hours=1), "hour"),
    (timedelta(minutes=1), timedelta(minutes=1), "minute"),
)
"""From how long on it is counted in which unit; so "36 hours", and "2 days" from 48 on."""


def waited(since: datetime, now: datetime) -> str:
    """Return how long it is from one time to the other, as "waiting 2 hours"."""
    passed = now - since
    for least, unit, name in _STEPS:
        if passed >= least:
            return f"waiting {counted(passed // unit, name)}"
    return "waiting less than a minute"


def waited_days(since: date, today: date) -> str:
    """Return the same of something of which only the day is kept."""
    days = (today - since).days
    return f"waiting {counted(days, 'day')}" if days > 0 else "waiting since today"


def days_left(since: date, today: date, days: int) -> str:
    """Return how much is left of the days within which an answer is hoped for."""
    left = days - (today - since).days
    if left < 0:
        return f"{counted(-left, 'day')} late"
    return f"{counted(left, 'day')} left to answer" if left else "to be answered today"
