"""Leaving quickly: what a person who presses Back afterwards gets to see."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from takeback.demo.stack import Stack

pytestmark = pytest.mark.e2e

_ADDRESS = "https://photos.example/album/7"


def _in_the_middle(page: Page, stack: Stack) -> None:
    """Stand on a question in which something has been typed."""
    page.goto(stack.hotline_url)
    page.get_by_role("button", name="Help me stop copies").first.click()
    page.get_by_label("16 or 17").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("I have the web address where it is").check()
    page.get_by_role("button", name="Go on").click()
    page.locator("textarea").fill(_ADDRESS)


def _expect_neutral(page: Page) -> None:
    expect(page.get_by_role("heading", name="Sunny spells")).to_be_visible()
    assert _ADDRESS not in page.content()


def _expect_nothing_kept(context: BrowserContext, stack: Stack) -> None:
    assert context.cookies(stack.hotline_url) == []


def _press_the_button(page: Page) -> None:
    page.get_by_role("button", name="Leave now").click()


def _press_shift_three_times(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("Shift")


@pytest.mark.parametrize("leave", [_press_the_button, _press_shift_three_times])
def test_back_shows_the_neutral_site(
    browser: Browser, stack: Stack, neutral_site: str, leave: Callable[[Page], None]
) -> None:
    context = browser.new_context()
    page = context.new_page()
    _in_the_middle(page, stack)

    leave(page)
    page.wait_for_url(neutral_site)
    _expect_neutral(page)
    _expect_nothing_kept(context, stack)

    page.go_back()
    _expect_neutral(page)
    page.go_back()
    # The start page: it says what this is, and nothing of anybody.
    assert _ADDRESS not in page.content()
    context.close()


def test_leaving_needs_no_javascript(browser: Browser, stack: Stack, neutral_site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    _in_the_middle(page, stack)

    page.get_by_role("button", name="Leave now").click()
    page.wait_for_url(neutral_site)
    _expect_nothing_kept(context, stack)

    page.go_back()
    _expect_neutral(page)
    context.close()


def test_shift_held_for_another_key_is_no_way_out(browser: Browser, stack: Stack) -> None:
    context = browser.new_context()
    page = context.new_page()
    _in_the_middle(page, stack)
    for letter in "ABCDE":
        page.keyboard.press(f"Shift+{letter}")
    expect(page.locator("textarea")).to_have_value(f"{_ADDRESS}ABCDE")
    context.close()


def test_leaving_ends_the_visit_on_the_hotline_too(
    browser: Browser, stack: Stack, neutral_site: str
) -> None:
    """Who copied the cookie before has nothing left to open with it."""
    context = browser.new_context()
    page = context.new_page()
    _in_the_middle(page, stack)
    kept: list[Any] = [*context.cookies(stack.hotline_url)]
    _press_the_button(page)
    page.wait_for_url(neutral_site)

    context.add_cookies(kept)
    page.goto(f"{stack.hotline_url}/report")
    _expect_neutral(page)
    context.close()
