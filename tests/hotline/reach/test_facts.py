"""What is said of services and platforms: each fact has a page it was read from, and fits."""

import re
import tomllib
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from takeback.hotline.helplines.countries import all_countries
from takeback.hotline.reach.access import all_sources, oldest_reading, reach_in, service
from takeback.hotline.reach.facts import (
    Ages,
    Kind,
    Platform,
    Service,
    Source,
    platforms,
    services,
    steps,
)

HOTLINE = Path(__file__).parents[3] / "src" / "takeback" / "hotline"
APPS_KNOWN = HOTLINE / "intake" / "apps_known.toml"
# ISO 3166: where the steps of a country are its own.
COUNTRIES_WITH_STEPS = {"AT", "AU", "BE", "CA", "DE", "ES", "FR", "GB", "IE", "IN", "IT"}
COUNTRIES_WITH_STEPS |= {"NL", "NZ", "US"}

SERVICES = pytest.mark.parametrize("named", services().values(), ids=lambda named: named.key)
PLATFORMS = pytest.mark.parametrize("platform", platforms(), ids=lambda platform: platform.name)


def is_encrypted_address(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and "." in parts.netloc and " " not in address


@pytest.mark.parametrize("source", list(all_sources()), ids=lambda source: source.page[8:60])
def test_a_fact_has_a_page_and_the_day_on_which_it_was_read(source: Source) -> None:
    assert is_encrypted_address(source.page)
    assert date(2026, 11, 1) <= source.read_on < date(2100, 1, 1)
    assert source.dated is None or source.dated <= source.read_on


@SERVICES
def test_a_service_can_be_reached_in_exactly_one_way(named: Service) -> None:
    assert bool(named.address) != bool(named.number)
    assert not named.address or is_encrypted_address(named.address)
    assert re.fullmatch(r"[0-9+]*", named.number)


@SERVICES
def test_a_service_is_named_only_for_platforms_that_have_a_row(named: Service) -> None:
    assert set(named.platforms) <= {platform.name for platform in platforms()}


@SERVICES
def test_no_service_is_named_for_a_chat_that_nobody_can_look_into(named: Service) -> None:
    chats = {platform.name for platform in platforms() if platform.kind is Kind.CHAT}
    assert chats >= {"WhatsApp", "Messenger", "Signal"}
    assert not chats & set(named.platforms)


@PLATFORMS
def test_one_tap_leads_somewhere_from_every_row(platform: Platform) -> None:
    for code in {*COUNTRIES_WITH_STEPS, "ZZ"}:
        (row,) = (row for row in reach_in(code).platforms if row.name == platform.name)
        assert is_encrypted_address(row.go_to), code
        for named in row.services:
            named_by = [cover for cover in named.covers if platform.name in cover.platforms]
            assert named_by, "no service stands in a row without a page that says so"
            assert all(is_encrypted_address(cover.source.page) for cover in named_by)


def test_no_young_person_is_sent_to_a_site_for_adults() -> None:
    rows = [row for row in reach_in("GB").platforms if row.kind is Kind.ADULT]
    assert {row.name for row in rows} == {"OnlyFans", "Pornhub"}
    for row in rows:
        assert row.form is None
        assert row.go_to == service("take-it-down").address


def test_services_for_adults_stand_in_no_row_of_the_young() -> None:
    rows = [row for code in COUNTRIES_WITH_STEPS for row in reach_in(code).platforms]
    assert all(named.for_ages is not Ages.ADULTS for row in rows for named in row.services)
    assert "Instagram" in service("stopncii").platforms
    (instagram,) = (row for row in reach_in("GB").platforms if row.name == "Instagram")
    assert service("take-it-down") in instagram.services


def test_the_first_step_of_a_country_is_for_under_18s() -> None:
    assert set(steps()) == {"", *COUNTRIES_WITH_STEPS}
    for keys in steps().values():
        assert 1 <= len(keys) <= 2
        assert len(set(keys)) == len(keys)
        assert all(service(key).for_ages is not Ages.ADULTS for key in keys)
    assert [named.name for named in reach_in("gb").steps] == ["Report Remove", "Take It Down"]
    assert [named.name for named in reach_in("ZZ").steps] == ["Take It Down"]


def test_every_country_that_has_helplines_has_a_first_step() -> None:
    for place in all_countries():
        assert reach_in(place.code).steps


def test_a_country_may_have_a_form_of_its_own() -> None:
    forms = {
        code: next(row.go_to for row in reach_in(code).platforms if row.name == "X (Twitter)")
        for code in ("US", "GB", "FR")
    }
    assert forms["GB"] == forms["FR"] != forms["US"]


def test_every_app_that_a_case_can_name_has_a_row() -> None:
    names = tomllib.loads(APPS_KNOWN.read_text(encoding="utf-8"))["names"]
    assert set(names) <= {platform.name for platform in platforms()}


def test_the_day_that_the_page_names_is_the_oldest_reading() -> None:
    assert all(oldest_reading() <= source.read_on for source in all_sources())
