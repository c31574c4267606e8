"""Pages about help from others in real Chromium: axe, widths, keyboard, and who is named."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from takeback.demo.stack import Stack

pytestmark = pytest.mark.e2e

_WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_PHONE = ViewportSize(width=360, height=740)
_DESKTOP = ViewportSize(width=1280, height=900)
_PAGES = ("/reach", "/reach/us", "/grown-ups")
_SMALLEST_TARGET_PX = 44


def _too_small(page: Page) -> list[str]:
    """Buttons of these pages that a thumb would miss, by their words."""
    pressed = page.locator(
        "main :is(.app-place, .app-service__go, .app-card__call a, button):visible"
    )
    return [
        each.inner_text()
        for each in pressed.all()
        if (box := each.bounding_box()) is None or box["height"] < _SMALLEST_TARGET_PX
    ]


@pytest.mark.parametrize(
    ("language", "scheme", "size"),
    [
        ("en", "light", _PHONE),
        ("en", "dark", _DESKTOP),
        ("ar", "dark", _PHONE),
        ("ar", "light", _DESKTOP),
    ],
)
def test_the_pages_are_accessible_fit_and_ask_nobody_else(
    browser: Browser,
    stack: Stack,
    language: str,
    scheme: Literal["light", "dark"],
    size: ViewportSize,
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    elsewhere: list[str] = []
    context.on(
        "request",
        lambda request: (
            None if request.url.startswith(stack.hotline_url) else elsewhere.append(request.url)
        ),
    )
    prefix = "" if language == "en" else f"/{language}"
    problems: list[str] = []
    for path in _PAGES:
        page.goto(f"{stack.hotline_url}{prefix}{path}")
        for summary in page.locator("main details > summary").all():
            summary.click()
        found = Axe().run(page, options={"runOnly": _WCAG_22_AA})
        problems += [
            f"{path}: {violation['id']}: {violation['nodes'][0]['html'][:200]}"
            for violation in found.response["violations"]
        ]
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            problems.append(f"{path}: {width} px wide")
        problems += [f"{path}: too small: {words}" for words in _too_small(page)]
    assert problems == []
    assert elsewhere == []
    context.close()


def test_text_of_twice_the_size_still_fits_a_phone(browser: Browser, stack: Stack) -> None:
    page = browser.new_page(viewport=_PHONE)
    for path in _PAGES:
        page.goto(f"{stack.hotline_url}{path}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        too_far = page.locator("main *").evaluate_all(
            "(all, width) => all.filter(each => each.getBoundingClientRect().right > width)"
            ".map(each => each.outerHTML.slice(0, 80))",
            _PHONE["width"],
        )
        assert too_far == [], path
    page.close()


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
