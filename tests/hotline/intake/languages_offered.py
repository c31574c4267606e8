"""What distinguishes each language that the pages are translated into: a row for every one.

A new language is a row here beside its catalogue; the tests of the translations ask every row the
same questions. docs/translations.md says what a row needs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class OfferedLanguage:
    """How to tell a language from English, and how it speaks to a young person."""

    plural_forms: int
    """How many forms its numbers take, as Django's own catalogue of it has them."""

    script: re.Pattern[str]
    """A letter that every translation has at least once of."""

    letters_of_its_own: bool = False
    """Whether it is written in other letters than English."""

    numbers_in_words: bool = False
    """Whether it may say in words or in digits of its own what English says in digits."""

    right_to_left: bool = False
    """Whether names and addresses in other letters need marks of direction around them."""

    same_in_english: frozenset[str] = frozenset()
    """Texts that are the same words as in English."""

    in_latin: frozenset[str] = frozenset()
    """What stays in Latin letters; of a language with letters of its own."""

    shared_words: frozenset[str] = frozenset()
    """Of the words that English can't do without, those that it has too, in lower case."""

    never: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """Forms that it never speaks in; each by the reason."""

    own_words: str
    """Two words of it, which nobody must take for English."""


_LATIN = re.compile(r"[^\W\d_]")

LANGUAGES: dict[str, OfferedLanguage] = {
    "cy": OfferedLanguage(
        plural_forms=4,
        script=_LATIN,
        same_in_english=frozenset({"Problem:", "Canada", ", "}),
        never={
            "a child is “ti”, and is not spoken to as “chi”": re.compile(
                r"\b(chi|chwi|eich|ydych|dych|oeddech|byddwch|\w{3,}wch)\b", re.IGNORECASE
            ),
        },
        own_words="Dim byd",
    ),
    "ar": OfferedLanguage(
        plural_forms=6,
        script=re.compile("[\u0621-\u064a]"),
        letters_of_its_own=True,
        numbers_in_words=True,
        right_to_left=True,
        in_latin=frozenset(
            {
                *("JavaScript", "Shift", "cookie", "WCAG", "AA"),
                *("https", "http", "txt", "Takeback"),
            }
        ),
        never={
            "a command to a man or boy alone; verbal nouns speak to everyone": re.compile(
                r"\b(اضغط|اكتب|اختر|احفظ|انسخ|اتصل|أخبر|ارجع|ابدأ|جرّب)\b"
            ),
            "the Arabic comma is ،": re.compile(","),
            "the Arabic question mark is ؟": re.compile(r"\?"),
        },
        own_words="لا شيء",
    ),
}
"""Every language but English, by its code."""
