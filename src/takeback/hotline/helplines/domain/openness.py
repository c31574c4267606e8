"""What may be said of a helpline at this moment: never more than its own page said lately."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from takeback.hotline.helplines.domain.hours import Hours, Week, is_open, next_opening
from takeback.hotline.helplines.domain.lines import Country, Helpline
from takeback.hotline.helplines.domain.public_holidays import is_public_holiday


class Openness(StrEnum):
    """What stands beside the name of a line."""

    OPEN = "open"
    """Its own page says so, and was read in the last twelve months."""
    USUALLY_OPEN = "usually_open"
    """So it is in other weeks; today is a public holiday, or may be."""
    OPENS = "opens"
    """It opens later today."""
    CLOSED = "closed"
    UNSAID = "unsaid"
    """Nobody may say: the hours are unknown, too old, or somebody else's words."""


@dataclass(frozen=True)
class Standing:
    """What may be said of a line now; `opens` is in the line's zone, for `Openness.OPENS`."""

    openness: Openness
    opens: datetime | None = None


def standing(line: Helpline, country: Country, moment: datetime) -> Standing:
    """What may be said of a line of this country at this moment, which knows its time zone."""
    hours = trusted_hours(line, moment)
    if hours is None:
        return Standing(Openness.UNSAID)
    usual_day = not isinstance(hours, Week) or _is_usual(country, hours, moment)
    if is_open(hours, moment):
        return Standing(Openness.OPEN if usual_day else Openness.USUALLY_OPEN)
    opens = next_opening(hours, moment)
    if usual_day and opens is not None and _reads_the_same_today(country, opens, moment):
        return Standing(Openness.OPENS, opens)
    return Standing(Openness.CLOSED)


def trusted_hours(line: Helpline, moment: datetime) -> Hours | None:
    """The hours, if the line's own page gave them in a copy under twelve months old."""
    read = line.hours_read
    if read is None or not read.own_page:
        return None
    return line.hours if read.copied.within_a_year(moment.astimezone(UTC).date()) else None


def _is_usual(country: Country, week: Week, moment: datetime) -> bool:
    rules = country.public_holidays
    day = moment.astimezone(week.zone).date()
    return rules is not None and not is_public_holiday(rules, day)


def _reads_the_same_today(country: Country, opens: datetime, moment: datetime) -> bool:
    """Whether it opens today, and every clock of the country then shows the same time.

    A reader in Vancouver must not take nine o'clock in Toronto for theirs.
    """
    if opens.date() != moment.astimezone(opens.tzinfo).date():
        return False
    zones = (ZoneInfo(name) for name in country.time_zones)
    return all(opens.astimezone(zone).utcoffset() == opens.utcoffset() for zone in zones)
