"""Every page for those who see it otherwise: large text, forced colours, no motion, keyboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, Locator, Page, ViewportSize, expect

from takeback.demo.stack import Stack
from tests.chromium import LAUNCH
from tests.e2e.walking import GARDEN, close_folds, every_page, open_folds, read_code

pytestmark = pytest.mark.e2e

_PHONE = ViewportSize(width=360, height=740)
_CHECKS = Path(__file__).with_name("appearance.js").read_text(encoding="utf-8")
_MOST_TABS = 60


@pytest.fixture
def browser_with_large_text(browser_type: BrowserType) -> Iterator[Browser]:
    """A browser whose user has set the size of text to 200 %."""
    launch = {**LAUNCH, "args": [*LAUNCH["args"], "--blink-settings=defaultFontSize=32"]}
    with browser_type.launch(**launch) as browser:
        yield browser


# German has the longest words. Put "ur" beside it when styles change: it has the tallest letters.
@pytest.mark.parametrize("language", ["de"])
def test_text_of_200_percent_fits_a_phone_and_hides_nothing_that_is_pressed(
    browser_with_large_text: Browser, stack: Stack, language: str
) -> None:
    page = browser_with_large_text.new_page(viewport=_PHONE)
    problems: list[str] = []
    for name in every_page(page, f"{stack.hotline_url}/{language}/"):
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        _expect_nothing(page, name, problems, "cutWords()")
        page.keyboard.press("Tab")
        _expect_nothing(page, name, problems, "everyFocus(false)")
    assert not problems, "\n".join(problems)


def test_forced_colours_no_motion_and_thumbs(browser: Browser, stack: Stack) -> None:
    """Boxes keep a line, icons and focus are seen, nothing moves, and targets fit a thumb."""
    context = browser.new_context(viewport=_PHONE, has_touch=True, reduced_motion="reduce")
    page = context.new_page()
    problems: list[str] = []
    for name in every_page(page, stack.hotline_url):
        open_folds(page)
        _expect_nothing(page, name, problems, "smallTargets()")
        _expect_nothing(page, name, problems, "moving()")
        page.evaluate("appearance.markBoxes()")
        for scheme in ("light", "dark"):
            page.emulate_media(forced_colors="active", color_scheme=scheme)
            _expect_nothing(page, f"{name}, {scheme}", problems, "unseenIcons()")
        _expect_nothing(page, name, problems, "boxesWithoutLine()")
        page.keyboard.press("Tab")
        _expect_nothing(page, name, problems, "everyFocus(true)")
        page.emulate_media(forced_colors="none", color_scheme="light")
        close_folds(page)
    assert not problems, "\n".join(problems)
    context.close()


def test_from_the_start_to_the_case_with_a_keyboard_alone(browser: Browser, stack: Stack) -> None:
    """Tab, Enter, Space and Escape; the focus is always seen, and never under what floats."""
    page = browser.new_page(viewport=_PHONE)
    # Playwright catches choosers only some time after the first listener is there.
    page.on("filechooser", lambda _: None)
    page.goto(stack.hotline_url)
    _tab_to(page, page.locator(".app-languages summary"))
    page.keyboard.press("Enter")
    menu = page.locator(".app-languages__list")
    expect(menu).to_be_visible()
    _tab_to(page, menu.locator("a").nth(1))
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(page.locator(".app-languages summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(menu).to_be_hidden()

    _go_by(page, "Enter", page.locator("button[name=door][value=copies]"))
    _tab_to(page, page.locator(".govuk-skip-link"))
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    _go_by(page, "Space", page.locator("button[value='13_15']"))
    _go_by(page, "Enter", page.locator("button[value='no']"))
    _tab_to(page, page.locator("input[type=file]"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(GARDEN)
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    expect(page.locator("[data-picker-status]")).to_have_text("Ready: 1 of 1.")
    _tab_to(page, page.locator("[data-remove]"))
    _go_by(page, "Enter", page.get_by_role("button", name="Continue"))

    read_code(page)
    _tab_to(page, page.locator("[data-copy]:visible"))
    page.keyboard.press("Space")
    expect(page.locator("[data-code-status]:visible")).not_to_be_empty()
    _tab_to(page, page.get_by_role("button", name="Send"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="It is sent.")).to_be_focused()
    expect(page).to_have_title("Done")
    _go_by(page, "Enter", page.get_by_role("link", name="See your case"))

    row = page.locator(".app-case-picture")
    _tab_to(page, row.locator("summary"))
    page.keyboard.press("Space")
    _tab_to(page, row.get_by_role("link", name="Stop looking for copies"))
    page.close()


def _go_by(page: Page, key: str, pressed: Locator) -> None:
    """Tab to a control and press it with a key; wait for the page that it leads to."""
    _tab_to(page, pressed)
    with page.expect_navigation():
        page.keyboard.press(key)


def _tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus; it has to be seen at every stop before."""
    page.evaluate(_CHECKS)
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue  # past the last: the browser's own controls have the focus
        problems = page.evaluate("appearance.focusProblems(document.activeElement, false)")
        assert problems == []
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached")


def _expect_nothing(page: Page, name: str, problems: list[str], check: str) -> None:
    """Note what a check finds on this page."""
    page.evaluate(_CHECKS)
    problems += [f"{name}: {problem}" for problem in page.evaluate(f"appearance.{check}")]
