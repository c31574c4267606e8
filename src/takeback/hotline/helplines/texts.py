"""What stands beside a helpline: its hours in words, and how old our copy of its page was."""

from collections.abc import Iterable
from datetime import time

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from takeback.hotline.helplines.domain.copies import Precision
from takeback.hotline.helplines.domain.hours import Always, Span
from takeback.hotline.helplines.domain.lines import Helpline

_FORMATS = {Precision.DAY: "DATE_FORMAT", Precision.MONTH: "YEAR_MONTH_FORMAT", Precision.YEAR: "Y"}
_WHOLE_WEEK = 7


def hours_in_words(line: Helpline) -> str:
    """When a line can be reached, by the clocks of its own zone; or where that is told."""
    if line.hours is None:
        return gettext("The website says when") if line.website else gettext("Try any time")
    if isinstance(line.hours, Always):
        return gettext("Any time, day or night")
    return joined(_span_in_words(span) for span in line.hours.spans)


def clock(moment: time) -> str:
    """A time of day on a clock of 24 hours."""
    return moment.strftime("%H:%M")


def read_in_words(line: Helpline) -> str:
    """When we read about a line, and how old that page was."""
    values = {"day": date_format(line.checked, "DATE_FORMAT")}
    copied = line.read.copied
    if copied.earliest is None:
        return gettext("We read about it on %(day)s. The page had no date.") % values
    values["copied"] = date_format(copied.earliest, _FORMATS[copied.precision])
    return gettext("We read about it on %(day)s. The page was from %(copied)s.") % values


def joined(parts: Iterable[str]) -> str:
    """Parts of a list in one line."""
    # Translators: what stands between two names in a list.
    return pgettext("list", ", ").join(parts)


def _span_in_words(span: Span) -> str:
    end = "24:00" if span.end == time(0) else clock(span.end)
    values = {"days": _days_in_words(span.days), "start": clock(span.start), "end": end}
    # Translators: "Monday to Friday, 10:00 to 16:00"
    return gettext("%(days)s, %(start)s to %(end)s") % values


def _days_in_words(days: frozenset[int]) -> str:
    if len(days) == _WHOLE_WEEK:
        return gettext("Every day")
    first = next(day for day in sorted(days) if (day - 1) % _WHOLE_WEEK not in days)
    run = [(first + ahead) % _WHOLE_WEEK for ahead in range(len(days))]
    if len(run) > 1 and days == set(run):
        values = {"first": WEEKDAYS[run[0]], "last": WEEKDAYS[run[-1]]}
        # Translators: days of the week: "Monday to Friday"
        return gettext("%(first)s to %(last)s") % values
    return joined(str(WEEKDAYS[day]) for day in sorted(days))
