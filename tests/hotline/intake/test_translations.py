"""The catalogues are complete, whole and of the right shape; what they say, only readers can tell.

`make messages` brings them up to date; docs/translations.md says how. Each check is a case for each
language, and shows all that is wrong with it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from gettext import c2py
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation

from takeback.hotline.config.signed_off import sign_off
from tests.hotline.intake.catalogues import (
    PLACEHOLDER,
    TAG,
    Key,
    catalogue,
    extracted,
    is_for_grown_ups,
    languages,
    tool,
    translations,
)
from tests.hotline.intake.languages_offered import LANGUAGES
from tests.hotline.intake.problems import none_of

NUMBERS = (*range(201), 1_000_000, 2_000_000)
"""Numbers that take every form there is: Spanish and French have one for whole millions."""

FIRST_STRONG, LEFT_TO_RIGHT, END = "\u2068", "\u2066", "\u2069"

each_language = pytest.mark.parametrize("language", LANGUAGES)


def each_form(language: str) -> Iterator[tuple[Key, str, str]]:
    """Every form of every translation: its key, the text, and that without tags and placeholders.

    What is yielded last is what a person reads whichever values stand in it.
    """
    for key, forms in translations(language).items():
        for text in forms:
            yield key, text, PLACEHOLDER.sub("", TAG.sub("", text))


def catalogue_of_django(language: str) -> Catalog:
    """Django's own catalogue, whose rule for numbers applies to its texts."""
    folder = Path(django.__file__).parent / "conf" / "locale" / language / "LC_MESSAGES"
    with (folder / "django.po").open("rb") as file:
        return read_po(file)


def numbers_of_forms(language: str) -> dict[int, list[int]]:
    """For each plural form, those of NUMBERS that use it."""
    plural = c2py(catalogue(language).plural_expr)
    return {
        form: [number for number in NUMBERS if plural(number) == form]
        for form in range(catalogue(language).num_plurals)
    }


def test_every_language_of_the_pages_has_a_catalogue() -> None:
    offered = {code for code, _ in settings.LANGUAGES}
    assert set(languages()) == offered - {settings.LANGUAGE_CODE}


def test_every_language_of_the_pages_has_a_row_in_the_table() -> None:
    offered = [code for code, _ in settings.LANGUAGES]
    assert [settings.LANGUAGE_CODE, *LANGUAGES] == offered


@each_language
def test_a_catalogue_holds_exactly_the_texts_of_the_pages(language: str) -> None:
    ours, needed = set(translations(language)), set(extracted())
    with none_of(
        "texts that are not both in the catalogue and on the pages: make messages"
    ) as found:
        for context, english in sorted(ours - needed, key=str):
            found("no longer on the pages", context, *english)
        for context, english in sorted(needed - ours, key=str):
            found("new on the pages", context, *english)


@each_language
def test_nothing_is_untranslated_fuzzy_or_obsolete(language: str) -> None:
    assert [message.id for message in tool().untranslated(catalogue(language))] == []
    assert [message.id for message in catalogue(language) if message.fuzzy and message.id] == []
    assert not catalogue(language).fuzzy
    assert not catalogue(language).obsolete


@each_language
def test_the_header_names_its_language_and_leaves_its_state_to_the_file(language: str) -> None:
    assert str(catalogue(language).locale) == language
    assert "signed-off.toml" in catalogue(language).header_comment
    assert (tool().LOCALES / language / "signed-off.toml").is_file()
    sign_off(tool().LOCALES / language)  # raises where it can't be understood


@each_language
def test_numbers_take_the_forms_that_django_gives_them(language: str) -> None:
    assert catalogue(language).num_plurals == LANGUAGES[language].plural_forms
    ours = c2py(catalogue(language).plural_expr)
    djangos = c2py(catalogue_of_django(language).plural_expr)
    assert [ours(number) for number in NUMBERS] == [djangos(number) for number in NUMBERS]
    assert all(numbers_of_forms(language).values()), "a form that no number takes"


@each_language
def test_placeholders_are_those_of_the_english(language: str) -> None:
    numbers = numbers_of_forms(language)
    with none_of("translations whose placeholders are not those of the English") as found:
        for (_, english), forms in translations(language).items():
            needed = Counter(PLACEHOLDER.findall(english[-1]))
            if len(forms) != (1 if len(english) == 1 else len(numbers)):
                found(english[0], f"{len(forms)} forms")
            for form, text in enumerate(forms):
                held = Counter(PLACEHOLDER.findall(text))
                # The words themselves may say the number: "two copies".
                # French and Turkish say 0 like 1, and nothing is said of 0 where 1 has no number.
                unsaid = set(needed) - set(PLACEHOLDER.findall(english[0]))
                counted = set(numbers.get(form, ())) - ({0} if unsaid else set())
                if len(english) == 2 and len(counted) <= 1:
                    sayable = {"%(count)s"} | unsaid
                    held.update({number: needed[number] for number in sayable - set(held)})
                if held != needed:
                    found(english[0], text)


@each_language
def test_marks_and_edges_are_those_of_the_english(language: str) -> None:
    def edges(text: str) -> list[object]:
        return [
            TAG.findall(text),
            re.sub(PLACEHOLDER, "", text).count("%"),
            text[:1].isspace(),
            text[-1:].isspace(),
            [] if LANGUAGES[language].numbers_in_words else re.findall(r"\d+", text),
        ]

    with none_of(
        "translations whose tags, blanks or numbers are not those of the English"
    ) as found:
        for (_, english), text, _ in each_form(language):
            if edges(text) != edges(english[-1]) or re.search("[<>&]", TAG.sub("", text)):
                found(english[0], text)


@each_language
def test_it_is_in_its_own_words(language: str) -> None:
    ours = LANGUAGES[language]
    with none_of("translations that are English, or in another script") as found:
        for (_, english), text, words in each_form(language):
            if (text in english) != (english[0] in ours.same_in_english):
                found(english[0], text)
            if re.search("[A-Za-z]", english[0]) and not ours.script.search(text):
                found(english[0], text)
            latin = set(re.findall("[A-Za-z]+", words)) if ours.letters_of_its_own else set()
            if not latin <= ours.in_latin:
                found(english[0], ", ".join(sorted(latin - ours.in_latin)))


@each_language
def test_it_speaks_to_a_young_person_as_the_table_says(language: str) -> None:
    ours = LANGUAGES[language]
    with none_of("forms that the language does not use here") as found:
        for key, text, words in each_form(language):
            to_a_child = {} if is_for_grown_ups(key) else ours.never_to_a_child
            for reason, form in {**ours.never, **to_a_child}.items():
                if form.search(words):
                    found(key[1][0], reason, text)


@pytest.mark.parametrize("language", [code for code, row in LANGUAGES.items() if row.right_to_left])
def test_names_and_addresses_keep_their_direction(language: str) -> None:
    with none_of("translations whose marks of direction are missing or not in pairs") as found:
        for (_, english), text, _ in each_form(language):
            outside = re.sub(f"[{FIRST_STRONG}{LEFT_TO_RIGHT}][^{END}]+{END}", "", text)
            in_pairs = not set(outside) & {FIRST_STRONG, LEFT_TO_RIGHT, END}
            bare = re.search(r"%\((name|platform)\)s|\{(name|other)\}|https?:", outside)
            if bare or not in_pairs:
                found(english[0], text)


@each_language
def test_texts_that_name_a_button_use_its_words(language: str) -> None:
    texts = translations(language)
    naming = [
        (key, button)
        for key in texts
        for quoted in re.findall("“([^”]+)”", key[1][0])
        for button in texts.get((None, (quoted,)), ())
    ]
    assert naming
    with none_of("translations that name a button in other words") as found:
        for key, button in naming:
            if not re.search(
                f"[“«„][\u202f\u00a0]?{re.escape(button)}[\u202f\u00a0]?[”»“]", texts[key][0]
            ):
                found(key[1][0], texts[key][0], button)


@each_language
def test_every_digit_is_ascii(language: str) -> None:
    """A code that is read aloud has the same digits on every page and device."""
    with none_of("translations with digits of another script") as found:
        for (_, english), text, _ in each_form(language):
            if re.search(r"(?![0-9])\d", text):
                found(english[0], text)


@each_language
def test_the_pages_speak_as_the_catalogue_does(language: str) -> None:
    """What is compiled is what stands in the repository; if this fails alone: make setup."""
    numbers = numbers_of_forms(language)
    with (
        none_of("texts that are not compiled: make setup") as found,
        translation.override(language),
    ):
        for (context, english), forms in translations(language).items():
            for form, text in enumerate(forms):
                number = numbers[form][-1]
                if len(english) == 2:
                    shown = translation.ngettext(*english, number)
                elif context is None:
                    shown = translation.gettext(*english)
                else:
                    shown = translation.pgettext(context, *english)
                if shown != text:
                    found(english[0], text, shown)
