"""What may be said of a helpline at this moment: never more than its own page said lately."""

from collections.abc import Iterable
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


def best_first(lines: Iterable[Helpline], moment: datetime) -> tuple[Helpline, ...]:
    """Order lines by how likely somebody answers now; otherwise they stay in their order.

    First those that are open by what anybody said of their hours, however old; then those of which
    nobody said any; then those that are closed by it; last those that can be neither called nor
    texted. It only decides who is named first: what is *said* of a line is up to `standing`.
    """
    return tuple(sorted(lines, key=lambda line: _unlikelihood(line, moment)))


def seems_closed(line: Helpline, moment: datetime) -> bool:
    """Whether a line is closed at this moment by what anybody said of its hours."""
    return line.hours is not None and not is_open(line.hours, moment)


def _unlikelihood(line: Helpline, moment: datetime) -> int:
    if not line.number and not line.text_number:
        return 3
    if line.hours is None:
        return 1
    return 2 if seems_closed(line, moment) else 0


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
