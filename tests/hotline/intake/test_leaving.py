"""Leaving quickly: what the server does; what Chromium makes of it is in tests/e2e."""

import pytest
from django.test import Client
from pytest_django import Settings

from takeback.hotline.foundation.models import SealedSession
from tests.support.visiting import Visitor

NEUTRAL = "https://www.bbc.co.uk/weather"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/leave", "/cy/leave", "/ar/leave"])
def test_leaving_forgets_the_visit_and_shows_a_neutral_site(path: str) -> None:
    visitor = Visitor().begin().answer("age", age="13_15")
    left = visitor.client.get(path)
    assert (left.status_code, left.headers["Location"]) == (303, NEUTRAL)
    assert left.headers["Clear-Site-Data"] == '"cookies", "storage"'
    assert left.headers["Cache-Control"] == "no-store"
    assert left.cookies["s"].value == ""
    assert not SealedSession.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/report", "/case", "/case/withdraw", "/cy/report"])
def test_pages_inside_show_the_neutral_site_once_the_cookie_is_gone(path: str) -> None:
    for client in (Client(), Visitor().begin().client):
        client.get("/leave")
        back = client.get(path)
        assert (back.status_code, back.headers["Location"]) == (303, NEUTRAL)


@pytest.mark.django_db
def test_a_form_sent_too_late_stays_on_our_site() -> None:
    """A browser would drop the redirect of a form to another site without a word (CSP)."""
    late = Client(enforce_csrf_checks=True).post("/report", {"step": "age", "age": "13_15"})
    assert (late.status_code, late.headers["Location"]) == (303, "/ended")


@pytest.mark.django_db
def test_the_operator_chooses_the_neutral_site(settings: Settings) -> None:
    settings.NEUTRAL_SITE = "https://weather.example/"
    assert Client().get("/leave").headers["Location"] == "https://weather.example/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/open", "/helplines", "/privacy", "/accessibility", "/threatened", "/nothing"]
)
def test_the_way_out_is_the_first_thing_on_every_page(path: str) -> None:
    page = Client().get(path).content.decode()
    body = page[page.index("<body") :]
    assert body.index('href="/leave"') == body.index('href="')
    assert 'data-module="leave-quickly"' in body
    assert 'rel="nofollow noreferrer"' in body


@pytest.mark.django_db
def test_titles_inside_are_dull_and_tell_steps_apart() -> None:
    visitor = Visitor().begin()
    assert "<title>Step 1 of 4</title>" in visitor.page
    visitor.answer("age", age="13_15")
    assert "<title>Step 2 of 4</title>" in visitor.page
    wrong = visitor.post(step="threat")
    assert b"<title>Look again: Step 2 of 4</title>" in wrong.content
