"""The data of every country: whom to call, where that was read, how old it was."""

import re
from datetime import date
from importlib.resources import files
from urllib.parse import urlsplit

import pytest

from takeback.hotline.helplines.countries import (
    UnknownCountryError,
    all_countries,
    country,
    read_country,
)
from takeback.hotline.helplines.domain.copies import Precision
from takeback.hotline.helplines.domain.hours import ALWAYS, Week
from takeback.hotline.helplines.domain.lines import Country, Helpline, Reading
from takeback.hotline.helplines.domain.public_holidays import is_public_holiday

LINES = [(place, line) for place in all_countries() for line in place.helplines]
TODAY = date(2026, 11, 30)


def is_web_address(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and "." in (parts.hostname or "")


def read_plausibly(read: Reading) -> bool:
    earliest = read.copied.earliest
    known = earliest is not None and date(2010, 1, 1) <= earliest <= date(2100, 1, 1)
    return is_web_address(read.source) and (known or read.copied.precision is Precision.UNKNOWN)


def test_there_are_many_countries_and_an_unknown_one_is_refused_by_name() -> None:
    assert len(all_countries()) >= 50
    assert {place.code for place in all_countries()} >= {"GB", "IE", "US", "CA", "AU", "NZ"}
    assert country("gb") is country("GB")
    with pytest.raises(UnknownCountryError, match="GB"):
        country("ZZ")


@pytest.mark.parametrize(
    ("place", "line"), LINES, ids=[f"{place.code} {line.name}" for place, line in LINES]
)
def test_a_helpline_can_be_reached_and_says_where_it_was_read(
    place: Country, line: Helpline
) -> None:
    assert line.number or line.text_number or line.chat or line.website
    assert re.fullmatch(r"(\d[\d -]*)?", line.number)
    assert re.fullmatch(r"(\d[\d -]*)?", line.text_number)
    assert bool(line.text_number) or not line.text_word
    # A national number fits into the fifteen digits of E.164; short codes have three or more.
    for dialled in filter(None, (line.dial, line.text_dial)):
        assert re.fullmatch(r"\d{3,15}", dialled)
    for address in filter(None, (line.website, line.chat)):
        assert is_web_address(address)
    assert line.languages
    assert read_plausibly(line.read)
    assert date(2026, 1, 1) <= line.checked <= date(2100, 1, 1)
    assert line.read.copied.earliest is None or line.read.copied.earliest <= line.checked
    assert (line.hours is None) == (line.hours_read is None)
    assert line.hours_read is None or read_plausibly(line.hours_read)
    assert line.nameless_read is None or read_plausibly(line.nameless_read)
    if isinstance(line.hours, Week):
        assert line.hours.zone.key in place.time_zones


@pytest.mark.parametrize("place", all_countries(), ids=lambda place: place.code)
def test_a_country_has_help_for_the_young_and_an_emergency_number(place: Country) -> None:
    assert place.for_young_people[0].number or place.for_young_people[0].text_number
    assert place.emergency
    assert all(re.fullmatch(r"\d{2,5}", number) for number in place.emergency)
    assert is_web_address(place.emergency_source)
    assert place.reporting is None or is_web_address(place.reporting.website)
    assert not is_public_holiday(place.public_holidays or (), TODAY)


def test_the_countries_that_the_program_began_with_have_help_at_any_hour_and_for_adults() -> None:
    for code in ("GB", "IE", "US", "CA", "AU", "NZ"):
        assert any(line.hours == ALWAYS for line in country(code).for_young_people)
        assert country(code).for_adults


@pytest.mark.parametrize("place", all_countries(), ids=lambda place: place.code)
def test_the_zones_of_a_country_are_those_of_the_time_zone_database(place: Country) -> None:
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text()
    rows = (row.split("\t") for row in table.splitlines() if not row.startswith("#"))
    assert {row[2] for row in rows if row[0] == place.code} <= set(place.time_zones)


@pytest.mark.parametrize(
    ("zone", "code"),
    [
        ("Asia/Calcutta", "IN"),
        ("Asia/Kolkata", "IN"),
        ("Europe/Kiev", "UA"),
        ("Europe/Kyiv", "UA"),
        ("Asia/Katmandu", "NP"),
        ("America/Buenos_Aires", "AR"),
        ("US/Eastern", "US"),
        ("America/Montreal", "CA"),
        ("Europe/Stockholm", "SE"),
        ("Europe/Oslo", "NO"),
        ("Europe/Belfast", "GB"),
    ],
)
def test_older_and_merged_names_of_zones_lead_to_their_own_country(zone: str, code: str) -> None:
    assert [place.code for place in all_countries() if zone in place.time_zones] == [code]


def test_no_zone_is_of_two_countries() -> None:
    zones = [zone for place in all_countries() for zone in place.time_zones]
    assert len(zones) == len(set(zones))


LINE = {
    "name": "A line",
    "number": "116 111",
    "languages": ["en"],
    "source": "https://line.example/",
    "copied": "unknown",
    "own_page": True,
    "checked": TODAY,
}
FILE = {
    "emergency": ["112"],
    "emergency_source": "https://police.example/",
    "emergency_copied": "2026",
    "helpline": [LINE],
}


def test_a_file_is_read() -> None:
    hours = {"zone": "Europe/Paris", "open": [{"days": "fri-mon", "from": "18:00", "to": "24:00"}]}
    read = {"hours_source": "https://h.example/", "hours_copied": "2026", "hours_on_own_page": True}
    line = LINE | read | {"hours": hours}
    found = read_country("FR", FILE | {"helpline": [line]}, ("Europe/Paris",)).for_young_people[0]
    assert isinstance(found.hours, Week)
    assert found.hours.spans[0].days == {4, 5, 6, 0}
    assert found.hours.spans[0].passes_midnight
    assert found.hours_read is not None
    assert found.hours_read.copied.precision is Precision.YEAR


@pytest.mark.parametrize(
    "change",
    [
        {"nameless": True},
        {"copied": "last week"},
        {"copied": "2026-13"},
        {"hours": "always"},
        {"hours": "mostly", "hours_source": "", "hours_copied": "2026", "hours_on_own_page": True},
        {"telephone": "1"},
    ],
    ids=[
        "nameless by nobody",
        "no date",
        "no month",
        "hours of nobody",
        "no hours",
        "no such field",
    ],
)
def test_a_file_that_is_not_as_the_others_is_refused(change: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_country("FR", FILE | {"helpline": [LINE | change]})


@pytest.mark.parametrize("missing", ["source", "copied", "own_page", "checked", "languages"])
def test_a_line_that_leaves_out_where_it_was_read_is_refused(missing: str) -> None:
    line = {key: value for key, value in LINE.items() if key != missing}
    with pytest.raises((KeyError, TypeError)):
        read_country("FR", FILE | {"helpline": [line]})
