"""Public holidays by two kinds of rule: a day of a month, or days from Easter Sunday."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

_RULE = re.compile(r"(?P<month>\d{2})-(?P<day>\d{2})|easter(?P<days>[+-]\d{1,2})?")


def is_public_holiday(rules: Iterable[str], day: date) -> bool:
    """Whether one of the rules (`05-01`, `easter`, `easter+39`) falls on this day.

    Raises ValueError for something that is no rule.
    """
    return any(_falls_on(rule, day) for rule in rules)


def easter_sunday(year: int) -> date:
    """Easter of the Gregorian calendar, by Butcher's method ("Anonymous", Nature, 1876)."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    correction = (century + 8) // 25
    moon = (century - correction + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon + 15) % 30
    leaps, year_rest = divmod(of_century, 4)
    to_sunday = (32 + 2 * century_rest + 2 * leaps - epact - year_rest) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, days = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, days + 1)


def _falls_on(rule: str, day: date) -> bool:
    match = _RULE.fullmatch(rule)
    if match is None:
        raise ValueError(f"A holiday is MM-DD, easter, easter+N or easter-N, not {rule!r}.")
    if match["month"]:
        return (day.month, day.day) == (int(match["month"]), int(match["day"]))
    return day == easter_sunday(day.year) + timedelta(days=int(match["days"] or 0))
