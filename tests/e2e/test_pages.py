"""Every page a young person can come to: axe, nothing wider than a phone, no foreign request."""

from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize

from takeback.demo.stack import Stack
from tests.e2e.walking import every_page

pytestmark = pytest.mark.e2e

_WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
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
        # The tallest letters, the longest words, and the script of the screenshots.
        ("ur", "light", _PHONE),
        ("de", "light", _PHONE),
        ("bn", "dark", _PHONE),
    ],
)
def test_every_page_is_accessible_fits_and_asks_nobody_else(
    browser: Browser,
    stack: Stack,
    photographs: list[Path],
    language: str,
    scheme: Literal["light", "dark"],
    size: ViewportSize,
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    elsewhere: list[str] = []
    ours = (stack.hotline_url, "blob:")
    context.on(
        "request",
        lambda request: None if request.url.startswith(ours) else elsewhere.append(request.url),
    )
    said_by_the_browser: list[str] = []
    page.on("pageerror", lambda error: said_by_the_browser.append(str(error)))
    start = stack.hotline_url + ("/" if language == "en" else f"/{language}/")
    problems: list[str] = []
    for name in every_page(page, start, photographs[0]):
        found = Axe().run(page, options={"runOnly": _WCAG_22_AA})
        problems += [
            f"{name}: {violation['id']}: {violation['nodes'][0]['html'][:200]}"
            for violation in found.response["violations"]
        ]
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            problems.append(f"{name}: {width} px wide")
        if page.locator("html").get_attribute("lang") != language:
            problems.append(f"{name}: not in {language}")
    assert problems == []
    assert elsewhere == []
    assert said_by_the_browser == []
    context.close()
