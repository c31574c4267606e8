"""What may be said of a line now: "Open now" by its own page, read in the last twelve months."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.hotline.helplines.countries import all_countries, country
from takeback.hotline.helplines.domain.copies import CopyDate, Precision, read_copy_date
from takeback.hotline.helplines.domain.hours import ALWAYS, Hours, Span, Week
from takeback.hotline.helplines.domain.lines import Country, Helpline, Reading
from takeback.hotline.helplines.domain.openness import (
    Openness,
    Standing,
    best_first,
    seems_closed,
    standing,
)

BERLIN = ZoneInfo("Europe/Berlin")
AFTERNOONS = Week(BERLIN, (Span(frozenset(range(7)), time(14), time(20)),))
NOW = datetime(2026, 12, 1, 15, tzinfo=BERLIN)

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
copies = st.one_of(
    st.just("unknown"),
    days.map(lambda day: day.isoformat()),
    days.map(lambda day: day.isoformat()[:7]),
    days.map(lambda day: day.isoformat()[:4]),
)
moments = st.integers(0, 11 * 365 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def a_line(
    copied: str = "2026-11-20", *, own_page: bool = True, hours: Hours | None = ALWAYS
) -> Helpline:
    read = Reading("https://line.example/", read_copy_date(copied), own_page)
    return Helpline(
        name="A line",
        read=read,
        checked=date(2026, 11, 30),
        languages=("de",),
        number="116 111",
        hours=hours,
        hours_read=None if hours is None else read,
    )


def a_country(line: Helpline, holidays: tuple[str, ...] | None = ("12-25",)) -> Country:
    return Country("DE", ("112",), (line,), time_zones=("Europe/Berlin",), public_holidays=holidays)


def what_is_said(
    line: Helpline, moment: datetime, holidays: tuple[str, ...] | None = ("12-25",)
) -> Standing:
    return standing(line, a_country(line, holidays), moment)


@given(copies, moments, st.sampled_from([ALWAYS, AFTERNOONS]))
def test_open_now_is_never_said_by_a_page_of_somebody_else(
    copied: str, moment: datetime, hours: Hours
) -> None:
    assert what_is_said(a_line(copied, own_page=False, hours=hours), moment) == Standing(
        Openness.UNSAID
    )


@given(copies, moments, st.sampled_from([ALWAYS, AFTERNOONS]))
def test_open_now_is_never_said_by_a_copy_that_may_be_older_than_twelve_months(
    copied: str, moment: datetime, hours: Hours
) -> None:
    earliest = read_copy_date(copied).earliest
    if what_is_said(a_line(copied, hours=hours), moment).openness is not Openness.UNSAID:
        assert earliest is not None
        assert timedelta(0) <= moment.date() - earliest < timedelta(days=366)


@pytest.mark.parametrize(
    ("copied", "moment", "openness"),
    [
        ("2025-12-02", NOW, Openness.OPEN),
        ("2025-12-01", NOW, Openness.UNSAID),
        ("2026", NOW, Openness.OPEN),
        ("2025-12", NOW, Openness.UNSAID),
        ("2026-12-02", NOW, Openness.UNSAID),
        ("unknown", NOW, Openness.UNSAID),
        ("2024-02-29", datetime(2025, 2, 27, tzinfo=UTC), Openness.OPEN),
        ("2024-02-29", datetime(2025, 2, 28, tzinfo=UTC), Openness.UNSAID),
    ],
)
def test_twelve_months_are_counted_to_the_day(
    copied: str, moment: datetime, openness: Openness
) -> None:
    assert what_is_said(a_line(copied), moment).openness is openness


def test_a_line_of_unknown_hours_says_nothing() -> None:
    assert what_is_said(a_line(hours=None), NOW) == Standing(Openness.UNSAID)


def test_hours_of_a_week_are_open_closed_or_open_later_today() -> None:
    line = a_line("2026", hours=AFTERNOONS)
    assert what_is_said(line, NOW).openness is Openness.OPEN
    assert what_is_said(line, NOW.replace(hour=20)).openness is Openness.CLOSED
    assert what_is_said(line, NOW.replace(hour=9)) == Standing(Openness.OPENS, NOW.replace(hour=14))


def test_a_public_holiday_makes_open_usual_and_promises_no_opening() -> None:
    line = a_line("2026", hours=AFTERNOONS)
    christmas = NOW.replace(day=25)
    assert what_is_said(line, christmas).openness is Openness.USUALLY_OPEN
    assert what_is_said(line, christmas.replace(hour=9)).openness is Openness.CLOSED
    assert what_is_said(a_line("2026"), christmas).openness is Openness.OPEN, "it never closes"


def test_where_nobody_wrote_down_the_holidays_every_day_may_be_one() -> None:
    line = a_line("2026", hours=AFTERNOONS)
    assert what_is_said(line, NOW, None).openness is Openness.USUALLY_OPEN
    assert what_is_said(line, NOW.replace(hour=9), None).openness is Openness.CLOSED


def test_no_time_is_told_where_clocks_of_the_country_differ() -> None:
    line = a_line("2026", hours=AFTERNOONS)
    two_clocks = replace(a_country(line), time_zones=("Europe/Berlin", "Europe/Lisbon"))
    assert standing(line, two_clocks, NOW.replace(hour=9)).openness is Openness.CLOSED


def test_no_country_says_open_now_by_hours_that_may_not_say_it() -> None:
    moment = datetime(2026, 11, 30, 15, tzinfo=UTC)
    for place in all_countries():
        for line in place.helplines:
            read = line.hours_read
            allowed = (
                read is not None and read.own_page and read.copied.within_a_year(moment.date())
            )
            openness = standing(line, place, moment).openness
            assert allowed or openness is Openness.UNSAID, (place.code, line.name)


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        ("unknown", CopyDate(None, Precision.UNKNOWN)),
        ("2026", CopyDate(date(2026, 1, 1), Precision.YEAR)),
        ("2026-03", CopyDate(date(2026, 3, 1), Precision.MONTH)),
        ("2026-03-05", CopyDate(date(2026, 3, 5), Precision.DAY)),
    ],
)
def test_a_copy_is_dated_as_exactly_as_is_known(text: str, copy: CopyDate) -> None:
    assert read_copy_date(text) == copy


@given(st.lists(st.sampled_from([ALWAYS, AFTERNOONS, None])), moments)
def test_lines_where_somebody_answers_come_first_and_those_that_are_closed_last(
    hours: list[Hours | None], moment: datetime
) -> None:
    lines = [replace(a_line(hours=each), name=str(number)) for number, each in enumerate(hours)]
    ordered = best_first(lines, moment)
    assert sorted(ordered, key=lines.index) == lines
    surely_open = [line for line in lines if line.hours and not seems_closed(line, moment)]
    unknown = [line for line in lines if line.hours is None]
    assert list(ordered[: len(surely_open)]) == surely_open
    assert list(ordered[len(surely_open) :][: len(unknown)]) == unknown
    assert all(seems_closed(line, moment) for line in ordered[len(surely_open) + len(unknown) :])


def test_a_line_that_cannot_be_called_or_texted_is_never_named_first() -> None:
    chat = replace(a_line(), number="", chat="https://line.example/chat")
    closed = a_line(hours=AFTERNOONS)
    assert best_first([chat, closed], NOW.replace(hour=3)) == (closed, chat)


def test_at_night_france_names_the_line_that_is_open() -> None:
    lines = country("FR").for_young_people
    paris = ZoneInfo("Europe/Paris")
    assert best_first(lines, datetime(2026, 12, 1, 12, tzinfo=paris))[0].name == "3018"
    assert best_first(lines, datetime(2026, 12, 1, 3, tzinfo=paris))[0].name == "119"
