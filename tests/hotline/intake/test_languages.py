"""The language follows the address; who comes from elsewhere starts in the one they read."""

import re
from datetime import date

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format, localize

from tests.support.visiting import Visitor

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "language", "direction"),
    [
        *(("/", "en", "ltr"), ("/cy/", "cy", "ltr"), ("/pa/", "pa", "ltr")),
        *(("/ar/", "ar", "rtl"), ("/ur/", "ur", "rtl")),
    ],
)
def test_the_address_says_the_language(path: str, language: str, direction: str) -> None:
    page = Client().get(path, headers={"Accept-Language": "sw"}).content.decode()
    assert f'lang="{language}" dir="{direction}"' in page


@pytest.mark.parametrize(
    ("accept", "to"),
    [
        *(("cy", "/cy/"), ("sw, ar;q=0.5, en;q=0.1", "/ar/"), ("ar-EG", "/ar/")),
        *(("pl-PL,pl;q=0.9,en;q=0.8", "/pl/"), ("ur-PK", "/ur/"), ("bn-IN,bn;q=0.9", "/bn/")),
        *(("de-CH", "/de/"), ("es-419", "/es/"), ("fr-CA", "/fr/"), ("ro-MD", "/ro/")),
        *(("tr", "/tr/"), ("uk-UA,ru;q=0.5", "/uk/")),
        # Punjabi is written in Gurmukhi in India, and in the letters of Urdu in Pakistan.
        *(("pa", "/pa/"), ("pa-IN", "/pa/"), ("pa-Guru", "/pa/"), ("pa-Guru-IN", "/pa/")),
        *(("pa-PK", "/ur/"), ("pa-Arab", "/ur/"), ("pa-Arab-PK,en;q=0.5", "/ur/")),
    ],
)
def test_who_comes_from_elsewhere_starts_in_their_language(accept: str, to: str) -> None:
    for site in ("none", "cross-site"):
        answer = Client().get("/", headers={"Accept-Language": accept, "Sec-Fetch-Site": site})
        assert (answer.status_code, answer.headers["Location"]) == (302, to)
        assert not answer.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Language": "cy", "Sec-Fetch-Site": "same-origin"},
        {"Accept-Language": "en, cy", "Sec-Fetch-Site": "none"},
        {"Accept-Language": "sw", "Sec-Fetch-Site": "none"},
        {"Accept-Language": "*;q=x,,", "Sec-Fetch-Site": "none"},
        {},
    ],
)
def test_a_chosen_language_and_unknown_ones_stay(headers: dict[str, str]) -> None:
    assert Client().get("/", headers=headers).status_code == 200


def test_the_same_step_is_shown_in_another_language() -> None:
    visitor = Visitor().begin().answer("age", age="13_15")
    links = re.findall(r'href="([^"]+)" lang="(\w\w)" [^>]*>([^<]+)</a>', visitor.page)
    assert links == [(f"/{code}/report", code, name) for code, name in settings.LANGUAGES[1:]]
    visitor.read("/cy/report")
    assert 'lang="cy"' in visitor.page
    assert 'name="threat"' in visitor.page
    assert 'action="/cy/report"' in visitor.page
    assert 'href="/report" lang="en"' in visitor.page


def test_languages_stand_by_their_own_names_after_english() -> None:
    names = [name for _, name in settings.LANGUAGES]
    assert names == ["English", *sorted(names[1:])]


DATES = {
    "en": "3 August 2026",
    "cy": "3 Awst 2026",
    "de": "3. August 2026",
    "es": "3 de agosto de 2026",
    "fr": "3 août 2026",
    "pl": "3 sierpnia 2026",
    "ro": "3 August 2026",
    "tr": "3 Ağustos 2026",
    "uk": "3 серпня 2026",
    "ur": "3 اگست 2026",
    "ar": "3 أغسطس، 2026",
    "bn": "3 আগস্ট 2026",
    "pa": "3 ਅਗਸਤ 2026",
}


def test_dates_are_in_words_of_the_language_and_in_ascii_digits() -> None:
    shown = {}
    for code, _ in settings.LANGUAGES:
        with translation.override(code):
            shown[code] = date_format(date(2026, 8, 3), "DATE_FORMAT")
    assert shown == DATES


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_numbers_are_in_ascii_digits(language: str) -> None:
    with translation.override(language):
        assert localize(1234567890) == "1234567890"
        assert re.fullmatch("2[.,]5", localize(2.5))
