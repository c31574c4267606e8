"""A hint or an error is told with what it is about: its input, or the group of its answers."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests.support.feedback import platform
from tests.support.responses import Response
from tests.support.visiting import ORIGIN, Visitor, picture_record, report_from_browser

pytestmark = pytest.mark.django_db

_DESCRIBED = re.compile(
    r'<(input|textarea|fieldset|div(?= [^>]*role="group"))\b[^>]* aria-describedby="([^"]+)"'
)
_DESCRIBES = re.compile(r' id="([\w-]+-(?:hint|error))"')


def described(page: str) -> list[tuple[str, list[str]]]:
    """The inputs and groups of a page that something describes, each with the ids of that."""
    return [(each[1], each[2].split()) for each in _DESCRIBED.finditer(page)]


def answer_nothing(*answers: tuple[str, dict[str, str]], at: str) -> Response:
    """Send the form of a question without an answer."""
    visitor = Visitor().begin()
    for step, form in answers:
        visitor.answer(step, **form)
    return visitor.post(step=at)


AGE = ("age", {"age": "13_15"})
THREAT = ("threat", {"threat": "no"})
LACKS = ("pictures", {"lacks": "1"})


def wrong_addresses() -> Response:
    visitor, _code = report_from_browser(pictures=[picture_record()])
    return visitor.read("/case/addresses").post("/case/addresses", addresses="nowhere at all")


def no_platform() -> Response:
    platform("Heron")
    return Client().post("/appeal", {}, headers=ORIGIN)


def no_reference() -> Response:
    platform("Heron")
    return Client().post("/appeal", {"platform": "Heron"}, headers=ORIGIN)


@pytest.mark.parametrize(
    ("ask", "element", "ids"),
    [
        (lambda: answer_nothing(at="age"), "div", ["age-hint", "age-error"]),
        (lambda: answer_nothing(AGE, at="threat"), "div", ["threat-hint", "threat-error"]),
        (
            lambda: answer_nothing(AGE, THREAT, LACKS, at="instead"),
            "div",
            ["instead-hint", "instead-error"],
        ),
        (
            lambda: answer_nothing(AGE, THREAT, at="pictures"),
            "input",
            ["pictures-hint", "pictures-error", "pictures-status"],
        ),
        (wrong_addresses, "textarea", ["addresses-hint", "addresses-error"]),
        (no_platform, "fieldset", ["platform-error"]),
        (no_reference, "input", ["reference-hint", "reference-error"]),
        (
            lambda: Client().post("/open", {"code": "1"}, headers=ORIGIN),
            "input",
            ["code-hint", "code-problem", "code-error"],
        ),
    ],
)
def test_an_error_is_told_with_what_it_is_about(
    ask: Callable[[], Response], element: str, ids: list[str]
) -> None:
    answer = ask()
    page = answer.content.decode()
    assert answer.status_code == 422
    assert (element, ids) in described(page)
    names_of_all = {each for _, names in described(page) for each in names}
    assert set(_DESCRIBES.findall(page)) <= names_of_all, "no hint and no error stands for itself"
    assert all(f'id="{each}"' in page for each in names_of_all)


def test_a_question_without_an_error_has_its_hint_alone() -> None:
    assert described(Visitor().begin().page) == [("div", ["age-hint"])]
