"""Every page in every language: nothing left in English, and an honest line below.

Each check is a case for each language, and shows all that it finds on all pages.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from html import unescape
from itertools import product
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackItem, FeedbackValue
from takeback.hotline.feedback import actions as feedback_actions
from takeback.hotline.intake import sentences
from takeback.hotline.intake.domain.timeline import FOUND, Happening, Line
from takeback.hotline.intake.domain.web_address import MAX_ADDRESSES, MAX_LENGTH
from takeback.hotline.intake.models import CasePicture
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms import actions as platforms_actions
from takeback.hotline.platforms.access import following_platform
from tests.hotline.intake.catalogues import translations
from tests.hotline.intake.languages_offered import LANGUAGES
from tests.hotline.intake.left_in_english import PLATFORM, left_in_english, what_is_read
from tests.hotline.intake.problems import none_of
from tests.support.feedback import acknowledge
from tests.support.visiting import ORIGIN, Visitor, come_back, picture_record, report_from_browser

pytestmark = pytest.mark.django_db

INFORMATION = ["/", "/helplines", "/threatened", "/privacy", "/accessibility", "/open"]
INFORMATION += [f"/helplines/{code}" for code in ("au", "ca", "fr", "gb", "ie", "jp", "nz", "us")]
INFORMATION += ["/reach", "/grown-ups"]
INFORMATION += ["/appeal", "/appeal/answer", "/figures"]
INFORMATION += ["/ended", "/nothing-here"]
each_language = pytest.mark.parametrize("language", LANGUAGES)

NOTE = "This page was translated and still needs a check by a native reader."
LEFT = "texts of a page that are left in English"


def in_language(visitor: Visitor, path: str, language: str) -> str:
    """A page as it stands in a language; the visitor's own way is not moved."""
    answer = visitor.client.get(f"/{language}{path}")
    assert answer.status_code in {200, 404}
    page = answer.content.decode()
    direction = "rtl" if LANGUAGES[language].right_to_left else "ltr"
    assert f'lang="{language}" dir="{direction}"' in page
    return page


@each_language
def test_pages_that_tell_are_translated(language: str) -> None:
    with none_of(LEFT) as found:
        for path in INFORMATION:
            for text in left_in_english(in_language(Visitor(), path, language), language):
                found(path, text)


def check_way(
    language: str, way: Callable[[Visitor], None], found: Callable[..., None]
) -> list[str]:
    """Walk a way in English; at each page look at the same page in the language."""
    seen: list[str] = []

    class Reader(Visitor):
        def read(self, path: str = "/report") -> Visitor:
            page = in_language(self, path, language)
            for text in left_in_english(page, language):
                found(way.__name__, path, text)
            seen.append(what_is_read(page, language)[0])
            return super().read(path)

    way(Reader())
    return seen


def _report(visitor: Visitor) -> None:
    visitor.answer_all(pictures=[picture_record()], threat="yes")


def _grown_up(visitor: Visitor) -> None:
    visitor.begin("threat").answer("threat_help").answer("age", age="18_over_then")


def _nothing_yet(visitor: Visitor) -> None:
    visitor.begin().answer("age", age="under_13").answer("threat", threat="no")
    visitor.answer("pictures", lacks="1").answer("instead", instead="neither")


def _helper(visitor: Visitor) -> None:
    visitor.begin("helper").answer("age", age="under_13").answer("threat", threat="not_said")


@each_language
def test_questions_are_translated(language: str) -> None:
    with none_of(LEFT) as found:
        for way, pages in ((_report, 5), (_grown_up, 3), (_nothing_yet, 5), (_helper, 3)):
            assert len(check_way(language, way, found)) == pages


@each_language
def test_the_code_made_in_the_browser_is_translated(language: str) -> None:
    visitor = Visitor().answer_all(pictures=[picture_record()], js="1")
    assert left_in_english(in_language(visitor, "/report", language), language) == []


WRONG = {
    "age": ["", "older"],
    "threat": [""],
    "pictures": ["[]", "broken"],
}


def at_step(step: str) -> Visitor:
    """Somebody who has come as far as this question."""
    visitor = Visitor().begin()
    if step != "age":
        visitor.answer("age", age="13_15")
    if step == "pictures":
        visitor.answer("threat", threat="no")
    return visitor


@each_language
def test_what_is_said_of_wrong_answers_is_translated(language: str) -> None:
    with none_of(LEFT) as found:
        for step, values in WRONG.items():
            visitor = at_step(step)
            for value in values:
                answer = visitor.post(f"/{language}/report", step=step, **{step: value})
                assert answer.status_code == 422, value
                for text in left_in_english(answer.content.decode(), language):
                    found(step, value[:60], text)


@each_language
def test_what_is_said_of_a_wrong_code_is_translated(language: str) -> None:
    answer = Client().post(f"/{language}/open", {"code": "1234"}, headers=ORIGIN)
    assert answer.status_code == 422
    assert left_in_english(answer.content.decode(), language) == []


WRONG_ADDRESSES = {
    "": "Give at least one web address.",
    f"https://example.org/{'a' * MAX_LENGTH}": "Line %(line)s is too long for a web address.",
    "exa mple.org": "Line %(line)s has a space or a sign that web addresses can't have.",
    "ftp://example.org": "Line %(line)s should start with https:// or http://",
    "https://me@example.org": "Line %(line)s has an @ before the website. Please take it out.",
    "nowhere": "Line %(line)s does not look like a web address yet.",
    "\n".join(f"{number}.example.org" for number in range(MAX_ADDRESSES + 1)): (
        "That is more than 20 web addresses. Please take some out."
    ),
}
"""What can be wrong with the only line of the field, or with all of it, and what is said then."""


@each_language
def test_what_is_said_of_a_wrong_address_is_translated(language: str) -> None:
    visitor, _code = report_from_browser(pictures=[picture_record()])
    visitor.read("/case/addresses")
    with none_of(LEFT) as found:
        for typed, english in WRONG_ADDRESSES.items():
            answer = visitor.post(f"/{language}/case/addresses", addresses=typed)
            assert answer.status_code == 422, typed
            page = answer.content.decode()
            (own,) = translations(language)[None, (english,)]
            assert unescape(page).count(own % {"line": 1}) == 2, "in the summary and at the field"
            for text in left_in_english(page, language):
                found(typed[:60], text)


CASE_PAGES = ("/case/pictures", "/case/addresses", "/case/apps", "/case/picture/1/stop")


@each_language
def test_the_timeline_is_translated(language: str) -> None:
    platforms_actions.add_platform(PLATFORM)
    pictures = [picture_record(quality=10), picture_record(), picture_record()]
    visitor, code = report_from_browser(pictures=pictures, threat="yes")
    visitor.add_to_case("addresses", addresses="example.org")
    visitor.add_to_case("apps", apps=[PLATFORM, "Discord"])
    sequence_pending()
    skylark = following_platform(PLATFORM)
    platforms_actions.note_fetched(skylark, 4)
    acknowledge(skylark)
    entry = EntryId(CasePicture.objects.get(number=1).entry)
    feedback = [
        FeedbackItem(id=uuid4(), entry=entry, value=value, time=datetime.now(UTC))
        for value in FeedbackValue
    ]
    feedback_actions.record_feedback(skylark, feedback)
    visitor = come_back(code)
    visitor.read("/case/picture/3/stop").post("/case/picture/3/stop")
    with none_of(LEFT) as found:
        for path in (*CASE_PAGES, "/case", "/case/withdraw"):
            for text in left_in_english(in_language(visitor, path, language), language):
                found(path, text)
        assert unescape(in_language(visitor, "/case", language)).count(PLATFORM) > 1
        visitor.read("/case/withdraw").post("/case/withdraw")
        for text in left_in_english(in_language(visitor, "/withdrawn", language), language):
            found("/withdrawn", text)


@each_language
def test_what_happened_is_said_for_every_number(language: str) -> None:
    numbers = (*range(1, 13), 20, 21, 99, 100, 101, 102, 103, 111, 1000)
    with none_of("sentences that are English, or do not hold their number") as found:
        for kind, count, of_several in product(Happening, numbers, (False, True)):
            pictures = tuple(range(1, min(count, 200) + 1)) if of_several else (1,)
            line = Line(kind, date(2026, 3, 1), PLATFORM, count, pictures)
            with translation.override(language):
                sentence = sentences.of_line(line).text
            left = left_in_english(f"<p>{sentence}</p>", language)
            unnumbered = kind in FOUND and count > 2 and str(count) not in sentence
            if left or unnumbered:
                found(kind.name, count, sentence)


@each_language
def test_a_page_that_no_native_reader_has_checked_says_so(
    language: str, settings: Settings
) -> None:
    (note,) = translations(language)[None, (NOTE,)]
    address = f"/{language}"
    settings.UNREVIEWED_LANGUAGES = [language]
    says = [path for path in INFORMATION if note in page_at(f"{address}{path}")]
    settings.UNREVIEWED_LANGUAGES = [other for other in LANGUAGES if other != language]
    says_though_checked = [path for path in INFORMATION if note in page_at(f"{address}{path}")]
    assert (says, says_though_checked) == (INFORMATION, [])


def test_nothing_is_said_of_a_native_reader_in_english() -> None:
    assert [path for path in INFORMATION if NOTE in page_at(path)] == []


def page_at(path: str) -> str:
    return Client().get(path).content.decode()


@each_language
def test_the_search_for_english_can_fail(language: str) -> None:
    english = Client().get("/").content.decode()
    assert len(left_in_english(english, "en")) > 30
    assert left_in_english(f"<p>{LANGUAGES[language].own_words}</p>", language) == []
    for left in (
        "<p>What you need</p>",
        "<button>Back</button>",
        '<nav aria-label="Language:"></nav>',
        '<a data-text-leaving="Leaving">x</a>',
        """<div data-texts='{"ready": "Ready"}'></div>""",
        "<p>Words with no mark that the pages say in English</p>",
        "<p>Step 3 of 9</p>",
    ):
        assert left_in_english(left, language), left
    assert left_in_english('<a lang="en">English</a>', language) == []
