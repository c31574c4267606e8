"""What a screen reader is given on the main pages of the walk, kept as files to be read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect

from takeback.demo.stack import Stack
from tests.e2e.accessibility_tree import accessibility_tree
from tests.e2e.walking import (
    GARDEN,
    answer,
    come_back,
    enter,
    go_on_to_the_code,
    pick,
    press,
    send,
)
from tests.frozen.snapshots import assert_frozen

pytestmark = pytest.mark.e2e

_PHONE = ViewportSize(width=360, height=740)
_FOLDER = Path(__file__).with_name("semantics")


def test_a_screen_reader_is_given_what_was_read_and_found_good(
    browser: Browser, stack: Stack
) -> None:
    """Every page in one walk; the differences of all pages are shown at once."""
    context = browser.new_context(viewport=_PHONE, has_touch=True, timezone_id="Europe/London")
    page = context.new_page()
    differences = ""
    for name in _main_pages(page, stack):
        try:
            assert_frozen(f"{name}.txt", accessibility_tree(page), folder=_FOLDER)
        except AssertionError as difference:
            differences += f"{difference}\n"
    assert differences == ""
    context.close()


def _main_pages(page: Page, stack: Stack) -> Iterator[str]:
    """Go the way of somebody who is threatened and comes back; yield the name of each page."""
    start = stack.hotline_url
    page.goto(start)
    yield "start"
    page.goto(f"{start}/helplines")
    yield "helplines"
    page.goto(f"{start}/grown-ups")
    yield "grown-ups"
    enter(page, start, "threat")
    yield "threat-help"
    press(page, "main form button.app-door")
    yield "age"
    answer(page, "age", "13_15")
    yield "pictures"
    pick(page, [GARDEN, _broken("broken.jpg"), _broken("notes.pdf")])
    yield "pictures-picked"
    code = go_on_to_the_code(page)
    yield "send"
    send(page)
    yield "sent"
    come_back(page, start, "0" * 20)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    yield "open-nothing-found"
    page.goto(f"{start}/open")
    page.locator("#code").fill("12345")
    page.keyboard.press("Enter")
    expect(page.locator("[data-code-hint]")).to_be_visible()
    yield "open-too-short"
    come_back(page, start, code)
    picture = page.locator(".app-case-picture")
    expect(picture).to_contain_text("garden.jpg")
    for _ in range(100):  # the list goes out with the next tick, then Skylark's gate fetches it
        if page.get_by_text(stack.platform).count():
            break
        page.wait_for_timeout(200)
        page.reload()
    expect(picture).to_contain_text("garden.jpg")
    yield "case"
    picture.locator("summary").click()
    yield "case-unfolded"
    page.goto(f"{start}/case/addresses")
    page.locator("textarea").fill("nowhere at all")
    press(page, "main form button.govuk-button")
    yield "case-addresses-error"
    page.goto(f"{start}/case/withdraw")
    yield "withdraw"


def _broken(name: str) -> FilePayload:
    return {"name": name, "mimeType": "", "buffer": b"%PDF-1.7"}
