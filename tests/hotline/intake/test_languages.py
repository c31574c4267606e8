"""The language follows the address; who comes from elsewhere starts in the one they read."""

import re

import pytest
from django.test import Client

from tests.support.visiting import Visitor

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "language", "direction"),
    [("/", "en", "ltr"), ("/cy/", "cy", "ltr"), ("/ar/", "ar", "rtl")],
)
def test_the_address_says_the_language(path: str, language: str, direction: str) -> None:
    page = Client().get(path, headers={"Accept-Language": "fr"}).content.decode()
    assert f'lang="{language}" dir="{direction}"' in page


@pytest.mark.parametrize(
    ("accept", "to"),
    [("cy", "/cy/"), ("fr, ar;q=0.5, en;q=0.1", "/ar/"), ("ar-EG", "/ar/")],
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
        {"Accept-Language": "fr", "Sec-Fetch-Site": "none"},
        {"Accept-Language": "*;q=x,,", "Sec-Fetch-Site": "none"},
        {},
    ],
)
def test_a_chosen_language_and_unknown_ones_stay(headers: dict[str, str]) -> None:
    assert Client().get("/", headers=headers).status_code == 200


def test_the_same_step_is_shown_in_another_language() -> None:
    visitor = Visitor().begin().answer("age", age="13_15")
    links = re.findall(r'href="([^"]+)" lang="(\w\w)"', visitor.page)
    assert links == [("/cy/report", "cy"), ("/ar/report", "ar")]
    visitor.read("/cy/report")
    assert 'lang="cy"' in visitor.page
    assert 'name="threat"' in visitor.page
    assert 'action="/cy/report"' in visitor.page
    assert 'href="/report" lang="en"' in visitor.page
