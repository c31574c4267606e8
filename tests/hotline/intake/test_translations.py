"""The catalogues are complete, whole and of the right shape; what they say, only readers can tell.

`make messages` brings them up to date; docs/translations.md says how.
"""

import re
from collections import Counter
from gettext import c2py
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation

from tests.hotline.intake.catalogues import (
    PLACEHOLDER,
    TAG,
    Key,
    catalogue,
    extracted,
    languages,
    tool,
    translations,
)
from tests.hotline.intake.left_in_english import LATIN_IN_ARABIC, SAME_IN_WELSH

LANGUAGES = languages()
EACH_TEXT = [
    pytest.param(language, key, forms, id=f"{language}-{key[1][0][:50]}")
    for language in LANGUAGES
    for key, forms in translations(language).items()
]
NUMBERS = range(201)

ARABIC = re.compile("[\u0621-\u064a]")
FIRST_STRONG, LEFT_TO_RIGHT, END = "\u2068", "\u2066", "\u2069"

# The polite "you" of Welsh, and commands in its form: a child is "ti".
POLITE_WELSH = re.compile(
    r"\b(chi|chwi|eich|ydych|dych|oeddech|byddwch|\w{3,}wch)\b", re.IGNORECASE
)

# Commands to a man or boy alone; verbal nouns speak to everyone.
MALE_ARABIC = {"اضغط", "اكتب", "اختر", "احفظ", "انسخ", "اتصل", "أخبر", "ارجع", "ابدأ", "جرّب"}


def catalogue_of_django(language: str) -> Catalog:
    """Django's own catalogue, whose rule for numbers applies to its texts."""
    folder = Path(django.__file__).parent / "conf" / "locale" / language / "LC_MESSAGES"
    with (folder / "django.po").open("rb") as file:
        return read_po(file)


def numbers_of_forms(language: str) -> dict[int, list[int]]:
    """For each plural form, the numbers up to 200 that use it."""
    plural = c2py(catalogue(language).plural_expr)
    return {
        form: [number for number in NUMBERS if plural(number) == form]
        for form in range(catalogue(language).num_plurals)
    }


def test_every_language_of_the_pages_has_a_catalogue() -> None:
    offered = {code for code, _ in settings.LANGUAGES}
    assert set(LANGUAGES) == offered - {settings.LANGUAGE_CODE}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_exactly_the_texts_of_the_pages(language: str) -> None:
    ours, needed = set(translations(language)), set(extracted())
    assert ours - needed == set(), "no longer on the pages: make messages"
    assert needed - ours == set(), "new on the pages: make messages, then translate"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_untranslated_fuzzy_or_obsolete(language: str) -> None:
    assert [message.id for message in tool().untranslated(catalogue(language))] == []
    assert [message.id for message in catalogue(language) if message.fuzzy and message.id] == []
    assert not catalogue(language).fuzzy
    assert not catalogue(language).obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_header_says_that_a_reader_is_missing(language: str) -> None:
    header = catalogue(language).header_comment
    assert ("Needs review by a native reader" in header) == (
        language in settings.UNREVIEWED_LANGUAGES
    )
    assert str(catalogue(language).locale) == language


@pytest.mark.parametrize(("language", "forms"), [("cy", 4), ("ar", 6)])
def test_numbers_take_the_forms_that_django_gives_them(language: str, forms: int) -> None:
    assert catalogue(language).num_plurals == forms
    ours = c2py(catalogue(language).plural_expr)
    djangos = c2py(catalogue_of_django(language).plural_expr)
    assert [ours(number) for number in NUMBERS] == [djangos(number) for number in NUMBERS]
    assert all(numbers_of_forms(language).values()), "a form that no number takes"


@pytest.mark.parametrize(("language", "key", "forms"), EACH_TEXT)
def test_placeholders_are_those_of_the_english(
    language: str, key: Key, forms: tuple[str, ...]
) -> None:
    *_, english = key[1]
    needed = Counter(PLACEHOLDER.findall(english))
    if len(key[1]) == 1:
        assert len(forms) == 1
        assert Counter(PLACEHOLDER.findall(forms[0])) == needed
        return
    numbers = numbers_of_forms(language)
    assert len(forms) == len(numbers)
    for form, text in enumerate(forms):
        held = Counter(PLACEHOLDER.findall(text))
        if len(numbers[form]) == 1:  # the words themselves may say the number: "two copies"
            held["%(count)s"] = needed["%(count)s"]
        assert held == needed, text


@pytest.mark.parametrize(("language", "key", "forms"), EACH_TEXT)
def test_marks_and_edges_are_those_of_the_english(
    language: str, key: Key, forms: tuple[str, ...]
) -> None:
    *_, english = key[1]
    for text in forms:
        assert TAG.findall(text) == TAG.findall(english)
        assert re.sub(PLACEHOLDER, "", text).count("%") == re.sub(PLACEHOLDER, "", english).count(
            "%"
        )
        assert text[:1].isspace() == english[:1].isspace()
        assert text[-1:].isspace() == english[-1:].isspace()
        assert re.findall(r"\d+", text) == re.findall(r"\d+", english) or language == "ar"
        assert not re.search("[<>&]", TAG.sub("", text))


@pytest.mark.parametrize("key", sorted(translations("cy"), key=str), ids=str)
def test_welsh_is_not_english_and_speaks_to_a_child(key: Key) -> None:
    for text in translations("cy")[key]:
        assert (text in key[1]) == (key[1][0] in SAME_IN_WELSH), text
        assert not POLITE_WELSH.search(text), text


@pytest.mark.parametrize("key", sorted(translations("ar"), key=str), ids=str)
def test_arabic_is_in_arabic_and_speaks_to_everyone(key: Key) -> None:
    for text in translations("ar")[key]:
        assert ARABIC.search(text) or key == ("list", (", ",)), text
        words = PLACEHOLDER.sub("", TAG.sub("", text))
        assert set(re.findall("[A-Za-z]+", words)) <= LATIN_IN_ARABIC
        assert not MALE_ARABIC & set(re.findall(r"\w+", words)), text
        assert "," not in words, "the Arabic comma is ،"
        assert "?" not in words, "the Arabic question mark is ؟"


@pytest.mark.parametrize("key", sorted(translations("ar"), key=str), ids=str)
def test_names_and_addresses_keep_their_direction_in_arabic(key: Key) -> None:
    for text in translations("ar")[key]:
        outside = re.sub(f"[{FIRST_STRONG}{LEFT_TO_RIGHT}][^{END}]+{END}", "", text)
        assert not set(outside) & {FIRST_STRONG, LEFT_TO_RIGHT, END}, "not in pairs"
        assert not re.search(r"%\((name|platform)\)s|\{(name|other)\}|https?:", outside), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_that_name_a_button_use_its_words(language: str) -> None:
    texts = translations(language)
    (button,) = texts[None, ("Leave now",)]
    naming = [key for key in texts if "“Leave now”" in key[1][0]]
    assert naming
    for key in naming:
        assert re.search(f"[“«]{button}[”»]", texts[key][0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_as_the_catalogue_does(language: str) -> None:
    """What is compiled is what stands in the repository; if this fails alone: make setup."""
    numbers = numbers_of_forms(language)
    with translation.override(language):
        for (context, english), forms in translations(language).items():
            for form, text in enumerate(forms):
                number = numbers[form][-1]
                if len(english) == 2:
                    shown = translation.ngettext(*english, number)
                elif context is None:
                    shown = translation.gettext(*english)
                else:
                    shown = translation.pgettext(context, *english)
                assert shown == text, "make setup compiles the catalogues"
