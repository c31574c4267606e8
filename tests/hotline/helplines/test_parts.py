"""The parts of pages about helplines: tappable numbers, honest words, in every language."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone, translation
from pytest_django import Settings

from takeback.hotline.helplines.countries import all_countries, country
from takeback.hotline.helplines.domain.copies import read_copy_date
from takeback.hotline.helplines.domain.lines import Country, Reading

LANGUAGES = [code for code, _ in django_settings.LANGUAGES]
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Links(HTMLParser):
    """Where every link leads, with the words in it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open = True
            self.found.append((dict(attrs).get("href") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "a"

    def handle_data(self, data: str) -> None:
        if self._open:
            address, words = self.found[-1]
            self.found[-1] = (address, words + data)


def links(page: str) -> list[tuple[str, str]]:
    reader = Links()
    reader.feed(page)
    return [(address, " ".join(words.split())) for address, words in reader.found]


def part(name: str, place: Country, language: str = "en") -> str:
    with translation.override(language):
        request = RequestFactory().get("/")
        return render_to_string(f"helplines/parts/{name}.html", {"home_country": place}, request)


def read_lately(place: Country) -> Country:
    """The country as if its first line's own page had been read this month."""
    first, *rest = place.helplines
    read = Reading("https://line.example/", read_copy_date("2026-11"), own_page=True)
    return replace(place, helplines=(replace(first, hours_read=read), *rest))


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    yield


@pytest.mark.parametrize("place", all_countries(), ids=lambda place: place.code)
@pytest.mark.parametrize("name", ["card", "call", "police", "danger", "lines"])
def test_a5_every_emergency_number_is_a_link_that_calls(name: str, place: Country) -> None:
    calls = {address for address, _ in links(part(name, place))}
    assert {f"tel:{number}" for number in place.emergency} <= calls


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/threatened", "/grown-ups", "/helplines", "/open", "/nothing"]
)
def test_a5_the_emergency_number_of_every_page_calls(path: str, settings: Settings) -> None:
    settings.COUNTRY = "DE"
    calls = {address for address, _ in links(Client().get(path).content.decode())}
    assert calls >= {"tel:112", "tel:110", "tel:116111"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["card", "call", "police", "danger", "lines"])
def test_every_part_of_every_country_renders_in_every_language(name: str, language: str) -> None:
    for place in all_countries():
        text = part(name, place, language)
        for address, words in links(text):
            assert re.match(r"https://|tel:\d+$|sms:\d+$|/", address), (place.code, address)
            assert words, (place.code, address)


def test_the_card_gives_the_number_the_chat_and_no_hours_that_nobody_may_say(noon: None) -> None:
    text = part("card", country("GB"))
    assert ("tel:08001111", "Call Childline 0800 1111") in links(text)
    assert "Open now" not in text
    assert "Any time, day or night" in text
    assert ("sms:85258", "Text 85258") in links(text)


def test_the_card_names_its_country_and_leads_to_others_before_anything_is_unfolded() -> None:
    text = part("card", country("NZ"), "de")
    folded = re.sub(r"<details.*?</details>", "", text, flags=re.DOTALL)
    assert "<span>Neuseeland</span>" in folded
    assert ("/de/helplines#other-countries", "Andere Länder") in links(folded)


def test_a_text_line_tells_the_word_to_send_first() -> None:
    assert ("sms:686868", "Text CONNECT to 686868") in links(part("card", country("CA")))


def test_the_card_says_that_no_name_is_needed_only_where_the_line_says_so() -> None:
    needs_none = "You don't need to say your name."
    assert needs_none in unescape(part("card", country("GB")))
    assert country("HK").for_young_people[0].nameless_read is None
    assert needs_none not in unescape(part("card", country("HK")))
    assert "Free." in part("card", country("IE"))
    assert needs_none not in unescape(part("card", country("IE")))


@pytest.mark.parametrize(("hour", "is_closed"), [(15, False), (21, True)])
def test_a_line_that_is_closed_by_its_hours_is_not_all_that_is_offered(
    monkeypatch: pytest.MonkeyPatch, hour: int, is_closed: bool
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 30, hour, tzinfo=berlin))
    germany = country("DE")
    call, listen = part("call", germany), links(part("listen", germany))
    assert ("tel:116111", "Call Nummer gegen Kummer") in links(call)
    assert ("It may be closed now." in call) is is_closed
    open_line, emergency = ("tel:116111", "Call Nummer gegen Kummer"), ("tel:112", "Call 112")
    assert listen == [emergency if is_closed else open_line]


def test_the_call_beside_hard_thoughts_follows_the_country() -> None:
    assert links(part("listen", country("GB"))) == [("tel:08001111", "Call Childline")]
    assert links(part("listen", country("HK"))) == [("sms:91012012", "Text Open Up")]


def test_words_say_now_only_where_it_may_be_said(noon: None) -> None:
    assert links(part("call", country("GB")))[0] == ("tel:08001111", "Call Childline")
    lately = read_lately(country("GB"))
    assert links(part("call", lately))[0] == ("tel:08001111", "Call Childline now")
    assert "Open now" in part("call", lately)
    assert "Open now" in part("card", lately)


def test_a_line_that_opens_later_says_when_and_its_button_does_not_say_now(noon: None) -> None:
    lately = read_lately(country("SI"))
    assert "Open now" not in part("card", country("SI"))
    with pytest.MonkeyPatch.context() as early:
        early.setattr(timezone, "now", lambda: NOON.replace(hour=8))
        text = part("call", replace(lately, public_holidays=()))
    assert links(text)[0] == ("tel:116111", "Call TOM")
    assert "Opens at 12:00" in text


def test_a_line_without_a_number_is_written_to() -> None:
    text = part("call", country("HK"))
    assert links(text)[0] == ("sms:91012012", "Text Open Up")
    assert "Free" not in text


def test_the_lists_say_when_each_line_was_read_and_of_when_the_page_was() -> None:
    text = part("lines", country("IE"))
    assert "We read about it on 30 November 2026. The page was from 31 December 2021." in text
    assert "We read about it on 23 November 2026. The page had no date." in text
    assert "The page was from November 2025." in part("lines", country("FI"))
    assert "The page was from 2020." in part("lines", country("DE"))
    assert "Monday to Saturday, 14:00 to 20:00" in part("lines", country("DE"))
    assert "Every day, 08:00 to 24:00" in part("lines", country("GB"))


def test_hours_in_words_have_the_days_of_the_readers_language() -> None:
    assert "Llun" in part("lines", country("DE"), "cy")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/open", "/privacy", "/threatened", "/nothing", "/ended"])
def test_the_operators_country_stands_on_every_page(path: str, settings: Settings) -> None:
    settings.COUNTRY = "NZ"
    page = Client().get(path).content.decode()
    assert "Childline" not in page
    assert page.index("</main>") < page.rindex("Youthline") < page.index("<footer")


@pytest.mark.django_db
def test_another_country_is_looked_up_without_a_cookie() -> None:
    client = Client()
    page = client.get("/helplines/ie").content.decode()
    assert "tel:1800666666" in page
    assert page.index("Childline (ISPCC)") < page.index('id="other-countries"')
    assert not client.cookies


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_is_one_tap_away(language: str) -> None:
    prefix = "" if language == "en" else f"/{language}"
    addresses = {
        address for address, _ in links(Client().get(f"{prefix}/helplines").content.decode())
    }
    assert {f"{prefix}/helplines/{place.code.lower()}" for place in all_countries()} <= addresses


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_parts_of_a_country_come_in_the_language_of_the_page(language: str) -> None:
    prefix = "" if language == "en" else f"/{language}"
    client = Client()
    page = client.get(f"{prefix}/helplines/de/parts").content.decode()
    assert re.findall(r'data-helplines="([\w-]+)"', page) == [
        *("call", "listen", "police", "card"),
        *("adult-call", "adult-listen", "adult-police", "adult-card"),
        *("danger", "lines"),
    ]
    assert f'lang="{language}"' in page
    assert page.count("tel:116111") >= 3
    assert not client.cookies


@pytest.mark.django_db
def test_a_page_follows_the_browser_only_where_nobody_chose_a_country() -> None:
    assert 'data-helplines="lines"' in Client().get("/helplines").content.decode()
    assert 'data-helplines="lines"' not in Client().get("/helplines/gb").content.decode()


def test_the_card_knows_the_zones_of_its_country_and_where_other_parts_are() -> None:
    text = part("card", country("IN"))
    assert 'data-zones="Asia/Calcutta Asia/Kolkata"' in text
    assert 'data-parts="/helplines/xx/parts"' in text
    assert 'data-parts="/ar/helplines/xx/parts"' in part("card", country("IN"), "ar")
