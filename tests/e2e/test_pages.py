"""Every page a young person can come to: axe, nothing wider than a phone, no foreign request."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, ViewportSize

from takeback.demo.stack import Stack
from tests.e2e.page_rules import asked_elsewhere, too_wide, violations
from tests.e2e.walking import close_folds, every_page, open_folds

pytestmark = pytest.mark.e2e

_PHONE = ViewportSize(width=360, height=740)
_DESKTOP = ViewportSize(width=1280, height=900)


@pytest.mark.parametrize(
    ("language", "scheme", "size"),
    [
        ("en", "light", _PHONE),
        ("en", "dark", _DESKTOP),
        ("cy", "dark", _PHONE),
        ("ar", "light", _PHONE),
        ("ar", "dark", _DESKTOP),
        # The tallest letters, and the script of the screenshots. German, which has the longest
        # words, is measured at twice the size of text.
        ("ur", "light", _PHONE),
        ("bn", "dark", _PHONE),
    ],
)
def test_every_page_is_accessible_fits_and_asks_nobody_else(
    browser: Browser,
    stack: Stack,
    language: str,
    scheme: Literal["light", "dark"],
    size: ViewportSize,
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    elsewhere = asked_elsewhere(context, stack.hotline_url)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    start = stack.hotline_url + ("/" if language == "en" else f"/{language}/")
    problems: list[str] = []
    for name in every_page(page, start):
        open_folds(page)
        problems += [*violations(page, name), *too_wide(page, name)]
        if page.locator("html").get_attribute("lang") != language:
            problems.append(f"{name}: the way has left {language}")
        close_folds(page)
    assert problems == []
    assert elsewhere == []
    assert complaints == []
    context.close()
