"""The helplines: every line has a source and a way to reach it, and stands on every page."""

import re
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from takeback.hotline.helplines import texts
from takeback.hotline.helplines.countries import (
    Country,
    Helpline,
    UnknownCountryError,
    all_countries,
    country,
)

LINES = [(place, line) for place in all_countries() for line in place.helplines]


def test_the_countries_named_in_the_documents_have_helplines() -> None:
    assert {place.code for place in all_countries()} >= {"GB", "IE", "US", "CA", "AU", "NZ"}
    with pytest.raises(UnknownCountryError, match="GB"):
        country("ZZ")


@pytest.mark.parametrize(("place", "line"), LINES, ids=lambda value: getattr(value, "name", ""))
def test_a_helpline_can_be_reached_and_has_a_source(place: Country, line: Helpline) -> None:
    assert line.number or line.text_number or line.chat or line.website
    assert re.fullmatch(r"[0-9 -]*", line.number)
    assert re.fullmatch(r"[0-9]*", line.text_number)
    for address in filter(None, (line.website, line.chat, line.source)):
        assert urlsplit(address).scheme == "https"
    assert date(2026, 1, 1) <= line.checked <= date(2100, 1, 1)
    assert line.hours in texts.HOURS
    assert line.languages
    assert set(line.languages) <= set(texts.LANGUAGE_NAMES)
    assert place.name in texts.COUNTRY_NAMES


@pytest.mark.parametrize("place", all_countries(), ids=lambda place: place.code)
def test_a_country_has_help_for_the_young_at_any_hour_and_for_adults(place: Country) -> None:
    assert any(line.hours == "always" for line in place.for_young_people)
    assert place.for_adults
    assert re.fullmatch(r"\d{3}", place.emergency)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/open", "/privacy", "/threatened", "/nothing", "/ended"])
def test_the_operators_country_stands_on_every_page(path: str, settings: Settings) -> None:
    settings.COUNTRY = "NZ"
    page = Client().get(path).content.decode()
    assert "Youthline" in page
    assert "Childline" not in page
    assert page.index("</main>") < page.index("Youthline") < page.index("<footer")


@pytest.mark.django_db
def test_another_country_is_looked_up_without_a_cookie() -> None:
    client = Client()
    page = client.get("/helplines/ie")
    assert "1800 66 66 66" in page.content.decode()
    assert 'href="tel:1800666666"' in page.content.decode()
    assert not client.cookies
