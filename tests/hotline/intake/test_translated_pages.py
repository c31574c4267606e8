"""Every page in Welsh and Arabic: nothing left in English, and an honest line below."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from html import unescape
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackItem, FeedbackValue
from takeback.hotline.feedback import actions as feedback_actions
from takeback.hotline.intake import sentences
from takeback.hotline.intake.domain.timeline import FOUND, Fact, Happening
from takeback.hotline.intake.models import CasePicture
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms import actions as platforms_actions
from takeback.hotline.platforms.access import following_platform
from tests.hotline.intake.catalogues import translations
from tests.hotline.intake.left_in_english import PLATFORM, left_in_english, what_is_read
from tests.support.visiting import ORIGIN, Visitor, come_back, picture_record, report_from_browser

pytestmark = pytest.mark.django_db

LANGUAGES = ["cy", "ar"]
INFORMATION = ["/", "/helplines", "/threatened", "/privacy", "/accessibility", "/open"]
INFORMATION += [f"/helplines/{code}" for code in ("au", "ca", "fr", "gb", "ie", "jp", "nz", "us")]
INFORMATION += ["/appeal", "/appeal/answer", "/figures"]
INFORMATION += ["/withdrawn", "/ended", "/nothing-here"]
NOTE = "This page was translated and still needs a check by a native reader."


def in_language(visitor: Visitor, path: str, language: str) -> str:
    """A page as it stands in a language; the visitor's own way is not moved."""
    answer = visitor.client.get(f"/{language}{path}")
    assert answer.status_code in {200, 404}
    page = answer.content.decode()
    direction = "rtl" if language == "ar" else "ltr"
    assert f'lang="{language}" dir="{direction}"' in page
    return page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", INFORMATION)
def test_pages_that_tell_are_translated(path: str, language: str) -> None:
    assert left_in_english(in_language(Visitor(), path, language), language) == []


def check_way(language: str, way: Callable[[Visitor], None]) -> list[str]:
    """Walk a way in English; at each page look at the same page in the language."""
    seen: list[str] = []

    class Reader(Visitor):
        def read(self, path: str = "/report") -> Visitor:
            page = in_language(self, path, language)
            assert left_in_english(page, language) == []
            seen.append(what_is_read(page, language)[0])
            return super().read(path)

    way(Reader())
    return seen


def _report(visitor: Visitor) -> None:
    visitor.answer_all(
        pictures=[picture_record()],
        addresses="https://example.org/page",
        threat="yes",
        apps=("Discord",),
    )


def _grown_up(visitor: Visitor) -> None:
    visitor.begin().answer("age", age="18_over").answer("then", then="no")


def _nothing_yet(visitor: Visitor) -> None:
    visitor.begin().answer("age", age="under_13").answer("have", have="neither")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("way", "pages"),
    [(_report, 9), (_grown_up, 3), (_nothing_yet, 3)],
    ids=["sending", "18 or over", "neither"],
)
def test_questions_are_translated(
    language: str, way: Callable[[Visitor], None], pages: int
) -> None:
    assert len(check_way(language, way)) == pages


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_made_in_the_browser_is_translated(language: str) -> None:
    visitor = Visitor().answer_all(pictures=[picture_record()], js="1")
    assert left_in_english(in_language(visitor, "/report", language), language) == []


WRONG = {
    "age": ["", "older"],
    "have": [""],
    "pictures": ["[]", "broken"],
    "addresses": [
        "",
        "https://example.org/ a b",
        "ftp://example.org/",
        "https://me@example.org/",
        "https://example.org/" + "a" * 5000,
        "nowhere",
        "\n".join(f"https://example.org/{number}" for number in range(21)),
    ],
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", WRONG)
def test_what_is_said_of_wrong_answers_is_translated(step: str, language: str) -> None:
    visitor = Visitor().begin()
    if step != "age":
        visitor.answer("age", age="13_15")
    if step in {"pictures", "addresses"}:
        visitor.answer("have", have=step)
    for value in WRONG[step]:
        answer = visitor.post(f"/{language}/report", step=step, **{step: value})
        assert answer.status_code == 422, value
        assert left_in_english(answer.content.decode(), language) == [], value


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_of_a_wrong_code_is_translated(language: str) -> None:
    answer = Client().post(f"/{language}/open", {"code": "1234"}, headers=ORIGIN)
    assert answer.status_code == 422
    assert left_in_english(answer.content.decode(), language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_timeline_is_translated(language: str) -> None:
    platforms_actions.add_platform(PLATFORM)
    _, code = report_from_browser(
        pictures=[picture_record(quality=10)], threat="yes", apps=(PLATFORM, "Discord")
    )
    sequence_pending()
    skylark = following_platform(PLATFORM)
    platforms_actions.note_fetched(skylark, 2)
    entry = EntryId(CasePicture.objects.get().entry)
    feedback = [
        FeedbackItem(id=uuid4(), entry=entry, value=value, time=datetime.now(UTC))
        for value in FeedbackValue
    ]
    feedback_actions.record_feedback(skylark, feedback)
    visitor = come_back(code)
    for path in ("/case", "/case/withdraw"):
        page = in_language(visitor, path, language)
        assert left_in_english(page, language) == []
    assert unescape(in_language(visitor, "/case", language)).count(PLATFORM) >= len(FeedbackValue)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Happening))
def test_what_happened_is_said_for_every_number(kind: Happening, language: str) -> None:
    for count in (*range(1, 13), 20, 21, 99, 100, 101, 102, 103, 111, 1000):
        with translation.override(language):
            sentence = sentences.of_fact(Fact(kind, date(2026, 3, 1), PLATFORM, count)).text
        assert left_in_english(f"<p>{sentence}</p>", language) == []
        if kind in FOUND and count > 2:
            assert str(count) in sentence


@pytest.mark.parametrize("path", INFORMATION)
def test_a_page_that_no_native_reader_has_checked_says_so(path: str, settings: Settings) -> None:
    for language in LANGUAGES:
        (note,) = translations(language)[None, (NOTE,)]
        assert note in Client().get(f"/{language}{path}").content.decode()
    assert NOTE not in Client().get(path).content.decode()
    settings.UNREVIEWED_LANGUAGES = ["ar"]
    (note,) = translations("cy")[None, (NOTE,)]
    assert note not in Client().get(f"/cy{path}").content.decode()


def test_the_offered_languages_are_the_ones_tested() -> None:
    assert [code for code, _ in settings.LANGUAGES] == ["en", *LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_search_for_english_can_fail(language: str) -> None:
    english = Client().get("/").content.decode()
    assert len(left_in_english(english, "en")) > 30
    own = "لا شيء" if language == "ar" else "Dim byd"
    assert left_in_english(f"<p>{own}</p>", language) == []
    for left in (
        "<p>What you need</p>",
        "<button>Back</button>",
        '<nav aria-label="Languages"></nav>',
        '<a data-text-leaving="Leaving">x</a>',
        """<div data-texts='{"ready": "Ready"}'></div>""",
        "<p>Words with no mark that the pages say in English</p>",
        "<p>Step 3 of 9</p>",
    ):
        assert left_in_english(left, language), left
    assert left_in_english('<a lang="en">English</a>', language) == []
