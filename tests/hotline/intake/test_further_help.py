"""The pages about help from others: whom they name, where they lead, and in which languages."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from takeback.hotline.feedback.models import KeyAcknowledgement
from takeback.hotline.helplines.countries import all_countries
from takeback.hotline.platforms.access import following_platform
from takeback.hotline.platforms.actions import add_platform
from takeback.hotline.reach.access import reach_in
from tests.support.feedback import key_of

pytestmark = pytest.mark.django_db

LANGUAGES = [code for code, _ in django_settings.LANGUAGES]
PATHS = ["/reach", *(f"/reach/{place.code.lower()}" for place in all_countries()), "/grown-ups"]
LOOKING = "These look for copies with our list now:"
NOBODY = "No website looks with our list just now."


def read(path: str, language: str = "en") -> str:
    prefix = "" if language == "en" else f"/{language}"
    answer = Client().get(f"{prefix}{path}")
    assert answer.status_code == 200
    assert not answer.cookies
    return unescape(answer.content.decode())


class Links(HTMLParser):
    """The addresses and relations of the links on a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            named = dict(attrs)
            self.found.append((named.get("href") or "", named.get("rel") or ""))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_the_page_is_there_in_every_language(path: str, language: str) -> None:
    page = read(path, language)
    assert f'lang="{language}"' in page
    assert "<h1" in page


@pytest.mark.parametrize("code", [place.code for place in all_countries()])
def test_one_tap_hands_over(code: str) -> None:
    links = Links(read(f"/reach/{code.lower()}")).found
    addresses = {address for address, _ in links}
    reach = reach_in(code)
    assert {named.address for named in reach.steps if named.address} <= addresses
    assert {row.go_to for row in reach.platforms} <= addresses
    for address, relation in links:
        if not address.startswith(("/", "#", "tel:", "sms:")):
            assert address.startswith("https://")
            assert set(relation.split()) >= {"noreferrer", "noopener"}


def test_a_service_that_is_called_is_a_tappable_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "takeback.hotline.intake.views.further_help.reach_in", lambda code: reach_in("IN")
    )
    assert ("tel:6363176363", "") in Links(read("/reach")).found


def test_the_country_is_the_operators_and_another_is_one_tap_away(settings: Settings) -> None:
    settings.COUNTRY = "US"
    page = read("/reach")
    assert "CyberTipline" in page
    assert "Report Remove" not in page
    assert ("/reach/gb", "") in Links(page).found
    assert "Report Remove" in read("/reach/gb")


def test_a_country_without_helplines_is_not_found() -> None:
    assert Client().get("/reach/zz").status_code == 404


def test_the_page_says_when_it_was_read() -> None:
    assert "We read this in November 2026. It may have changed." in read("/reach")
    assert "noviembre de 2026" in read("/es/reach"), "months as they are written there"


@pytest.mark.parametrize(("days", "named"), [(0, True), (6, True), (8, False)])
def test_a4_platforms_are_named_only_while_they_look(days: int, named: bool) -> None:
    for name in ("Skylark", "Larkspur"):
        add_platform(name)
    KeyAcknowledgement.objects.create(
        key_id=key_of(following_platform("Skylark")).id,
        size=0,
        acknowledged_at=datetime.now(UTC) - timedelta(days=days),
    )
    page = read("/reach")
    assert ("Skylark" in page) == (LOOKING in page) == (NOBODY not in page) == named
    assert "Larkspur" not in page


def test_grown_ups_read_first_what_not_to_do_then_what_to_do(settings: Settings) -> None:
    settings.COUNTRY = "NZ"
    page = read("/grown-ups")
    order = (
        *("Don't look at the picture", "Don't delete the messages", "Don't shout"),
        *("It is not your fault. I am glad you told me.", "Don't pay.", 'href="tel:111"'),
        *('name="door" value="helper"', "Keep the code together", "For teachers", "Youthline"),
    )
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert re.search(r'<form method="post" action="/begin"[^>]*><button[^>]*value="helper"', page)


def test_grown_ups_are_told_never_to_ask_for_the_picture() -> None:
    page = read("/grown-ups")
    assert "Don't ask to see it. Don't send it to yourself. That may be a crime." in page
    assert "Don't copy, print, save or forward the picture." in page
