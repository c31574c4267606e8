"""Hours of a week in a zone: midnight, clocks that change, and the next opening."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback.hotline.helplines.domain.hours import ALWAYS, Span, Week, is_open, next_opening
from takeback.hotline.helplines.domain.public_holidays import easter_sunday, is_public_holiday

EVERY_DAY = frozenset(range(7))
# Clocks there jump at midnight, at two, by half an hour, or never.
ZONES = [
    "Europe/London",
    "America/Santiago",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Auckland",
]
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
spans = st.builds(Span, st.frozensets(st.integers(0, 6), min_size=1), start=clocks, end=clocks)
weeks = st.builds(
    Week,
    st.sampled_from(ZONES).map(ZoneInfo),
    st.lists(spans, min_size=1, max_size=3).map(tuple),
)
moments = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def week(zone: str, *rows: tuple[frozenset[int], str, str]) -> Week:
    return Week(
        ZoneInfo(zone),
        tuple(
            Span(days, time.fromisoformat(start), time.fromisoformat(end))
            for days, start, end in rows
        ),
    )


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@given(moments)
def test_a_line_that_never_closes_is_open_at_every_moment(moment: datetime) -> None:
    assert is_open(ALWAYS, moment)
    assert next_opening(ALWAYS, moment) is None


@given(weeks, moments, st.sampled_from(ZONES))
def test_the_zone_in_which_a_moment_is_told_changes_nothing(
    hours: Week, moment: datetime, zone: str
) -> None:
    elsewhere = moment.astimezone(ZoneInfo(zone))
    assert is_open(hours, elsewhere) == is_open(hours, moment)
    assert next_opening(hours, elsewhere) == next_opening(hours, moment)


@settings(max_examples=60)
@given(weeks, moments)
def test_until_the_next_opening_a_closed_line_stays_closed(hours: Week, moment: datetime) -> None:
    opens = next_opening(hours, moment)
    if opens is None:
        return
    assert moment < opens <= moment + timedelta(days=8)
    assert is_open(hours, opens)
    assert not is_open(hours, opens - timedelta(minutes=1))
    if not is_open(hours, moment):
        minutes = int((opens - moment).total_seconds()) // 60
        between = (moment + timedelta(minutes=minute) for minute in range(0, minutes, 7))
        assert not any(is_open(hours, then) for then in between)


@given(moments, st.sampled_from(ZONES))
def test_two_spans_that_meet_at_midnight_are_the_one_that_passes_it(
    moment: datetime, zone: str
) -> None:
    one_span = week(zone, (EVERY_DAY, "20:00", "02:00"))
    two_spans = week(zone, (EVERY_DAY, "20:00", "00:00"), (EVERY_DAY, "00:00", "02:00"))
    assert is_open(one_span, moment) == is_open(two_spans, moment)
    assert next_opening(one_span, moment) == next_opening(two_spans, moment)


def test_a_span_past_midnight_belongs_to_the_day_on_which_it_began() -> None:
    friday_night = week("Europe/London", (frozenset({4}), "22:00", "03:00"))
    assert is_open(friday_night, at("2026-12-04T22:00", "Europe/London"))
    assert is_open(friday_night, at("2026-12-05T02:59", "Europe/London"))
    assert not is_open(friday_night, at("2026-12-05T03:00", "Europe/London"))
    assert not is_open(friday_night, at("2026-12-04T02:00", "Europe/London"))


def test_several_spans_a_day_and_the_end_is_not_in_them() -> None:
    chat = week("Europe/Prague", (EVERY_DAY, "09:00", "13:00"), (EVERY_DAY, "15:00", "19:00"))
    assert is_open(chat, at("2026-12-01T12:59", "Europe/Prague"))
    assert not is_open(chat, at("2026-12-01T13:00", "Europe/Prague"))
    assert next_opening(chat, at("2026-12-01T13:00", "Europe/Prague")) == at(
        "2026-12-01T15:00", "Europe/Prague"
    )


def test_hours_follow_the_wall_clock_when_clocks_change() -> None:
    line = week("Europe/Berlin", (EVERY_DAY, "14:00", "20:00"))
    assert next_opening(line, at("2026-03-28T21:00")) == at("2026-03-29T12:00")
    assert next_opening(line, at("2026-03-27T21:00")) == at("2026-03-28T13:00")


def test_a_line_that_opens_in_the_missing_hour_opens_when_clocks_jump() -> None:
    line = week("Europe/London", (EVERY_DAY, "01:30", "04:00"))
    # On 29 March 2026 clocks go from 01:00 to 02:00, which is 01:00 UTC.
    assert next_opening(line, at("2026-03-29T00:00")) == at("2026-03-29T01:00")


def test_a_line_that_opens_in_the_hour_that_comes_twice_opens_the_first_time() -> None:
    line = week("Europe/London", (EVERY_DAY, "01:30", "04:00"))
    # On 25 October 2026 01:30 is there at 00:30 UTC and at 01:30 UTC.
    opens = next_opening(line, at("2026-10-25T00:00"))
    # Python calls no time of that hour equal to one of another zone (PEP 495).
    assert opens is not None
    assert opens.astimezone(UTC) == at("2026-10-25T00:30")


@pytest.mark.parametrize(
    "day",
    [date(1961, 4, 2), date(2000, 4, 23), date(2025, 4, 20), date(2026, 4, 5), date(2038, 4, 25)],
)
def test_easter(day: date) -> None:
    assert easter_sunday(day.year) == day


@given(st.integers(1900, 2200))
def test_easter_is_a_sunday_in_spring(year: int) -> None:
    easter = easter_sunday(year)
    assert easter.weekday() == 6
    assert date(year, 3, 22) <= easter <= date(year, 4, 25)


def test_holidays_by_date_and_from_easter() -> None:
    rules = ("12-25", "easter-2", "easter+39")
    found = [
        day
        for day in (date(2026, 1, 1) + timedelta(days=ahead) for ahead in range(365))
        if is_public_holiday(rules, day)
    ]
    assert found == [date(2026, 4, 3), date(2026, 5, 14), date(2026, 12, 25)]
    with pytest.raises(ValueError, match="easter"):
        is_public_holiday(("christmas",), date(2026, 12, 25))
