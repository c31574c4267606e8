"""Every page a young person can come to: axe, nothing wider than a phone, no foreign request."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect

from takeback.demo.stack import Stack

pytestmark = pytest.mark.e2e

_WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_PHONE = ViewportSize(width=360, height=740)
_DESKTOP = ViewportSize(width=1280, height=900)
_PLAIN_PAGES = (
    *("/", "/open", "/helplines", "/helplines/us", "/threatened"),
    *(
        "/appeal",
        "/appeal/answer",
        "/figures",
        "/privacy",
        "/accessibility",
        "/withdrawn",
        "/ended",
        "/nowhere",
    ),
)


def _walk(page: Page, start: str, photograph: Path) -> Iterator[str]:
    """Go through all questions and back into the case; yield at every page, with its name."""
    page.goto(start)
    page.locator("form[action$=begin] button").first.click()
    yield "age"
    _go_on(page)
    yield "age, nothing picked"
    page.locator("input[name=age][value='18_over']").check()
    _go_on(page)
    yield "under 18 then"
    page.locator("input[name=then][value=no]").check()
    _go_on(page)
    yield "18 or over then"
    page.locator("button[value=back]").click()
    page.locator("input[name=then][value=yes]").check()
    _go_on(page)
    yield "have"
    page.locator("input[name=have][value=neither]").check()
    _go_on(page)
    yield "nothing yet"
    page.locator("button[value=back]").click()
    page.locator("input[name=have][value=both]").check()
    _go_on(page)
    yield "pictures"
    page.locator("input[type=file]").set_input_files(
        [_file(photograph.name, photograph.read_bytes()), _file("broken.jpg", b"not a picture")]
    )
    expect(page.locator("[data-picker-list] progress:visible")).to_have_count(0)
    yield "pictures, picked"
    _go_on(page)
    yield "addresses"
    page.locator("textarea").fill("nowhere at all")
    _go_on(page)
    yield "addresses, a bad one"
    page.locator("textarea").fill("https://photos.example/album/7")
    _go_on(page)
    yield "threat"
    page.locator("input[name=threat][value=yes]").check()
    _go_on(page)
    yield "threat help"
    _go_on(page)
    yield "apps"
    _go_on(page)
    yield "check"
    _go_on(page)
    code = page.locator("[data-code]:visible")
    expect(code).not_to_be_empty()
    yield "code"
    digits = code.inner_text()
    page.locator("form[data-send] button").click()
    expect(page.locator("[data-after-send]")).to_be_visible(timeout=20_000)
    yield "done"
    page.goto(f"{start.rstrip('/')}/open")
    page.locator("#code").fill(digits)
    page.locator("form[data-module=open-case] button").click()
    expect(page.locator(".app-timeline").first).to_be_visible(timeout=20_000)
    yield "case"
    page.locator("a[href$='/case/withdraw']").click()
    yield "withdraw"
    page.locator("form[action$='/case/withdraw'] button").click()
    yield "withdrawn"


def _file(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def _go_on(page: Page) -> None:
    page.locator("main form button.govuk-button:not([value])").last.click()


def _all_pages(page: Page, start: str, photograph: Path) -> Iterator[str]:
    for path in _PLAIN_PAGES:
        page.goto(start.rstrip("/") + path)
        yield path
    yield from _walk(page, start, photograph)


@pytest.mark.parametrize(
    ("language", "scheme", "size"),
    [
        ("en", "light", _PHONE),
        ("en", "dark", _DESKTOP),
        ("cy", "dark", _PHONE),
        ("ar", "light", _PHONE),
        ("ar", "dark", _DESKTOP),
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
    for name in _all_pages(page, start, photographs[0]):
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
