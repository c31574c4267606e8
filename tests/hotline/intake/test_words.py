"""Every sentence a young person reads: short, plain, without blame, and open to translation."""

import importlib.util
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.hotline.intake.problems import none_of
from tests.hotline.intake.reading_age import grade, sentences, syllables, words

REPOSITORY = Path(__file__).parents[3]
INTAKE = REPOSITORY / "src" / "takeback" / "hotline" / "intake"
APPEALS = INTAKE.parent / "appeals"
HELPLINES = INTAKE.parent / "helplines"
REACH = INTAKE.parent / "reach"
ROOMS = (INTAKE, APPEALS, HELPLINES, REACH)

MOST_WORDS = 15
HIGHEST_GRADE = 5.0
FEWEST_WORDS_FOR_A_GRADE = 6
"""The formula is made for running text: one long word in a label of three says nothing."""
MOST_SYLLABLES = 3

FORBIDDEN = re.compile(
    r"\b(csam|hash\w*|fingerprint\w*|perpetrator\w*|victim\w*|submi\w+|content|self-generated|"
    r"sexting|sexual abuse|pornograph\w*|explicit|indecent|naughty|silly|shame\w*|regret\w*|"
    r"guarantee\w*|always works|100 ?%|why did you|you should have|shouldn't have|your own fault|"
    r"mistake you made|illegal|upload\w*|database|server|encrypt\w*|metadata)\b",
    re.IGNORECASE,
)
ONLY_AFTER = {"your fault": ("not ",), "promise": ("can't ",), "in trouble": ("not ",)}

SAMPLES = {"platform": "Skylark", "name": "Skylark", "other": "Skylark", "day": "Monday"}


def catalogue() -> list[tuple[str, str]]:
    """File and text of every message of the young person's pages, singular and plural."""
    path = REPOSITORY / "tools" / "messages.py"
    spec = importlib.util.spec_from_file_location("messages", path)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    found = []
    for message in tool.extract():
        where = ", ".join(name for name, _ in message.locations)
        if any(f"hotline/{room.name}/" in where for room in ROOMS):
            texts = [message.id] if isinstance(message.id, str) else list(message.id)
            found += [(where, text) for text in texts if text]
    return found


def as_read(text: str) -> str:
    """The text as it stands on the page: placeholders filled in, tags gone."""
    text = re.sub(r"%\((\w+)\)s|\{(\w+)\}", lambda m: SAMPLES.get(m[1] or m[2], "3"), text)
    return re.sub(r"<[^>]+>", "", text).replace("&nbsp;", " ")


MESSAGES = sorted({(where, as_read(text)) for where, text in catalogue()})


def test_the_check_of_words_finds_the_texts_of_the_pages() -> None:
    assert len(MESSAGES) > 200


def test_a_child_of_ten_can_read_them() -> None:
    with none_of("texts that are too hard for a child of ten") as found:
        for where, text in MESSAGES:
            for sentence in sentences(text):
                if len(words(sentence)) > MOST_WORDS:
                    found(where, "too long", sentence)
            if len(words(text)) >= FEWEST_WORDS_FOR_A_GRADE and grade(text) > HIGHEST_GRADE:
                found(where, f"grade {grade(text):.1f}", text)
            hard = [word for word in words(text) if syllables(word) > MOST_SYLLABLES]
            if hard:
                found(where, ", ".join(hard), text)


def test_no_blame_no_jargon_no_empty_promise() -> None:
    with none_of("texts that blame, promise too much, or speak jargon") as found:
        for where, text in MESSAGES:
            for forbidden in FORBIDDEN.findall(text):
                found(where, forbidden, text)
            for saying, befores in ONLY_AFTER.items():
                for match in re.finditer(saying, text, re.IGNORECASE):
                    if not text[: match.start()].lower().endswith(befores):
                        found(where, saying, text)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The cat sat on the mat.", -2.0, 0.5),
        ("Your pictures stay on your device. We make a code from each one.", 0.0, 4.0),
        (
            "The organisation guarantees the confidentiality of all information submitted through "
            "this application.",
            14.0,
            30.0,
        ),
    ],
)
def test_the_formula_tells_easy_from_hard(text: str, low: float, high: float) -> None:
    assert low <= grade(text) <= high


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1),
        ("picture", 2),
        ("website", 2),
        ("device", 2),
        ("helpline", 2),
        ("anyone", 3),
        ("stopped", 1),
        ("copies", 2),
        ("possibility", 5),
        ("listed", 2),
        ("shared", 1),
    ],
)
def test_syllables_are_counted_as_they_are_spoken(word: str, count: int) -> None:
    assert abs(syllables(word) - count) <= (1 if count > 2 else 0)


class Untranslated(HTMLParser):
    """Collects text and attributes of a template that no translation tag surrounds."""

    READ_ATTRIBUTES = ("aria-label", "title", "alt", "placeholder")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in self.READ_ATTRIBUTES and value and re.search(r"[A-Za-z]{2}", value):
                self.found.append(f"{name}={value}")

    def handle_data(self, data: str) -> None:
        if re.search(r"[A-Za-z]{2}", data):
            self.found.append(data.strip())


# Names of websites: the same in every language.
NAMES = {"StopNCII.org", "stopncii.org", "findahelpline.com"}


@pytest.mark.parametrize(
    "path",
    sorted(path for room in ROOMS for path in room.rglob("*.html")),
    ids=lambda path: path.name,
)
def test_every_word_of_a_template_goes_through_gettext(path: Path) -> None:
    source = path.read_text()
    source = re.sub(
        r"\{%\s*blocktranslate.*?%\}.*?\{%\s*endblocktranslate\s*%\}", "", source, flags=re.DOTALL
    )
    source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", source, flags=re.DOTALL)
    source = re.sub(r"<!doctype[^>]*>", "", source)
    parser = Untranslated()
    parser.feed(source)
    assert [text for text in parser.found if text not in NAMES] == []


def test_the_gate_for_templates_can_fail() -> None:
    parser = Untranslated()
    parser.feed('<p aria-label="Close">Hello there</p>')
    assert parser.found == ["aria-label=Close", "Hello there"]
