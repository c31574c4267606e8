"""Finds what a translated page still says in English."""

import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from takeback.hotline.helplines.countries import all_countries
from takeback.hotline.intake import apps_known
from takeback.hotline.reach.facts import platforms, services
from tests.hotline.intake.catalogues import PLACEHOLDER, TAG, extracted
from tests.hotline.intake.languages_offered import LANGUAGES

PLATFORM = "Skylark"
"""The platform that tests have on their timelines."""

_SPOKEN = re.compile(r"aria-label|aria-description|title|alt|placeholder|data-text-.+")
"""The attributes that a person gets to read or hear."""

# Words that English can't do without. The table says which of them another language has, too.
_ENGLISH = re.compile(
    r"\b(the|and|you|your|we|our|it|its|are|was|with|this|that|these|not|don't|can't|"
    r"picture|pictures|copy|code|please|from|they|them|someone)\b",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[A-Za-z][\w'’-]*")

_WEB_ADDRESS = re.compile(r"\b(?:\w+://\S*)?(?:[a-z0-9-]+\.)+[a-z]{2,}\b(?:/\S*)?")


class _Read(HTMLParser):
    """Collects what is read or spoken of a page, without parts that are in another language."""

    _NOT_SAID_BY_US = frozenset({"script", "style", "textarea"})
    _VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.open: list[tuple[str, bool]] = []
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        foreign = values.get("lang", self.language) != self.language
        if tag not in self._VOID:
            self.open.append((tag, foreign or tag in self._NOT_SAID_BY_US))
        if foreign:
            return
        for name, value in values.items():
            if value and name == "data-texts":
                self.pieces += json.loads(value).values()
            elif value and _SPOKEN.fullmatch(name):
                self.pieces.append(value)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not any(hidden for _, hidden in self.open):
            self.pieces.append(text)


def what_is_read(page: str, language: str) -> list[str]:
    """Every text of a page that is shown or spoken, messages for the browser's code included."""
    parser = _Read(language)
    parser.feed(page)
    parser.close()
    return parser.pieces


@dataclass(frozen=True)
class _EnglishTexts:
    """The texts of the pages as they are looked for: a sentence anywhere, a label as a whole."""

    labels: frozenset[str]
    sentences: tuple[str, ...]
    with_values: tuple[re.Pattern[str], ...]

    def found_in(self, piece: str) -> list[str]:
        """Those that stand in a piece of a page."""
        found = [text for text in self.sentences if text in piece]
        # "Report Remove" is a name and does not begin with what our "Remove {name}" does.
        unnamed = _names().sub("◦", piece)
        found += [pattern.pattern for pattern in self.with_values if pattern.search(unnamed)]
        # A label of one word may be part of another text; a sentence is not.
        return [*found, piece] if piece.strip() in self.labels else found


@cache
def _english_texts(language: str) -> _EnglishTexts:
    labels, sentences, with_values = set(), [], []
    shared = LANGUAGES[language].shared_words if language in LANGUAGES else frozenset()
    for _, forms in extracted():
        for text in forms:
            words = TAG.sub("", text)
            same = text in LANGUAGES[language].same_in_english if language in LANGUAGES else False
            if same or not re.search("[A-Za-z]{2}", PLACEHOLDER.sub("", words)):
                continue
            if PLACEHOLDER.search(words):
                # "%(first)s to %(last)s" tells nothing of a language that has a word "to" itself.
                if set(_LATIN.findall(PLACEHOLDER.sub("", words).lower())) <= shared:
                    continue
                pattern = ".+?".join(re.escape(part) for part in PLACEHOLDER.split(words))
                with_values.append(re.compile(pattern if " " in words else f"^{pattern}$"))
            elif " " in words:
                sentences.append(words)
            else:
                labels.add(words)
    return _EnglishTexts(frozenset(labels), tuple(sentences), tuple(with_values))


@cache
def _names() -> re.Pattern[str]:
    lines = [line for place in all_countries() for line in place.helplines]
    names = {name for line in lines for name in (line.name, line.text_word) if name}
    names |= {place.reporting.name for place in all_countries() if place.reporting}
    names |= {platform.name for platform in platforms()} | {PLATFORM}
    names |= {service.name for service in services().values()}
    apps = Path(apps_known.__file__).with_name("apps_known.toml").read_text(encoding="utf-8")
    names |= {*tomllib.loads(apps)["names"]}
    return re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))


def left_in_english(page: str, language: str) -> list[str]:
    """What a page says in English: source texts, and other texts that can't be the language."""
    return [text for piece in what_is_read(page, language) for text in _english_in(piece, language)]


@cache  # most of what a page says stands on every other page, too
def _english_in(piece: str, language: str) -> tuple[str, ...]:
    # A name alone, or its first letter in a square beside it.
    if len(piece) == 1 or _names().fullmatch(piece):
        return ()
    found = _english_texts(language).found_in(piece)
    rest = _WEB_ADDRESS.sub("", _names().sub("", PLACEHOLDER.sub("", piece)))
    ours = LANGUAGES.get(language)
    if ours is not None and ours.letters_of_its_own:
        foreign = set(_LATIN.findall(rest)) - ours.in_latin
    else:
        foreign = {match[0].lower() for match in _ENGLISH.finditer(rest)}
        foreign -= ours.shared_words if ours is not None else frozenset()
    return tuple([*found, piece] if foreign else found)
