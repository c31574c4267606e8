"""How old the copy of a page is that a fact was read from, and how long it may be relied on."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_KNOWN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


class Precision(StrEnum):
    """How exactly the day of a copy is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class CopyDate:
    """When a page was copied: `earliest` is the first day that it can have been."""

    earliest: date | None
    precision: Precision

    def within_a_year(self, today: date) -> bool:
        """Whether the copy is surely under twelve months old on this day, and not of the future."""
        if self.earliest is None:
            return False
        return self.earliest <= today < _a_year_after(self.earliest)


UNKNOWN = CopyDate(None, Precision.UNKNOWN)


def read_copy_date(text: str) -> CopyDate:
    """`2026-03-05`, `2026-03`, `2026` or `unknown`. Raises ValueError for anything else."""
    if text == Precision.UNKNOWN:
        return UNKNOWN
    match = _KNOWN.fullmatch(text)
    if match is None:
        raise ValueError(f"A copy is of a day, a month, a year or unknown, not {text!r}.")
    year, month, day = match.groups()
    precision = Precision.DAY if day else Precision.MONTH if month else Precision.YEAR
    return CopyDate(date(int(year), int(month or 1), int(day or 1)), precision)


def _a_year_after(day: date) -> date:
    # A year after 29 February is the 28th: a day too soon rather than too late.
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + 1, day=28 if leap_day else day.day)
