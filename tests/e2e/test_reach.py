"""Pages about help from others in real Chromium: who is named, and where a tap leads."""

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from takeback.demo.stack import Stack

pytestmark = pytest.mark.e2e

_PHONE = ViewportSize(width=360, height=740)
_DESKTOP = ViewportSize(width=1280, height=900)


def test_a_desk_shows_side_by_side_what_a_phone_shows_in_a_column(
    browser: Browser, stack: Stack
) -> None:
    for size, columns in ((_PHONE, 1), (_DESKTOP, 2)):
        page = browser.new_page(viewport=size)
        page.goto(f"{stack.hotline_url}/reach")
        starts = page.locator(".app-place").evaluate_all(
            "places => places.map(place => Math.round(place.getBoundingClientRect().left))"
        )
        assert len(set(starts)) == columns
        page.close()


def test_a_platform_that_follows_the_list_is_named_as_looking(
    browser: Browser, stack: Stack
) -> None:
    page = browser.new_page(viewport=_PHONE)
    page.goto(f"{stack.hotline_url}/reach")
    expect(page.locator(".app-card__names")).to_contain_text("Skylark")
    page.close()


def test_a_tap_on_a_row_would_open_the_platforms_own_form(browser: Browser, stack: Stack) -> None:
    context = browser.new_context(viewport=_PHONE)
    page = context.new_page()
    page.route(
        "https://**",
        lambda route: route.fulfill(body="<h1>Elsewhere</h1>", content_type="text/html"),
    )
    page.goto(f"{stack.hotline_url}/reach")
    with page.expect_request(lambda request: request.url.startswith("https:")) as opened:
        page.get_by_role("link", name="TikTok").click()
    assert opened.value.url == (
        "https://support.tiktok.com/en/safety-hc/report-a-problem/report-sexual-abuse"
    )
    assert "referer" not in opened.value.headers
    assert page.evaluate("document.referrer") == ""
    context.close()


def test_a_grown_up_comes_from_their_page_to_the_first_question(
    browser: Browser, stack: Stack
) -> None:
    page = browser.new_page(viewport=_PHONE)
    page.goto(f"{stack.hotline_url}/grown-ups")
    expect(page.get_by_role("link", name="Call 999")).to_have_attribute("href", "tel:999")
    page.get_by_role("button", name="Help with a report").click()
    expect(page).to_have_url(f"{stack.hotline_url}/report")
    page.close()
