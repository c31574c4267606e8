"""Leaving quickly: what a person who presses Back afterwards gets to see."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from takeback.demo.stack import Stack
from tests.e2e.walking import come_to_the_pictures, enter

pytestmark = pytest.mark.e2e

_TYPED = "1234 5678"


def _in_the_middle(page: Page, stack: Stack) -> None:
    """Stand on a question in the middle of the way."""
    come_to_the_pictures(page, stack.hotline_url)
    expect(page.get_by_role("heading", name="Pick the pictures")).to_be_visible()


def _expect_neutral(page: Page) -> None:
    expect(page.get_by_role("heading", name="Sunny spells")).to_be_visible()
    assert "Pick the pictures" not in page.content()


def _expect_nothing_kept(context: BrowserContext, stack: Stack) -> None:
    assert context.cookies(stack.hotline_url) == []


def _press_the_button(page: Page) -> None:
    page.get_by_role("button", name="Leave").click()


def _press_space_on_the_button(page: Page) -> None:
    page.get_by_role("button", name="Leave").press("Space")


def _press_shift_three_times(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("Shift")


@pytest.mark.parametrize(
    "leave", [_press_the_button, _press_space_on_the_button, _press_shift_three_times]
)
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
    assert "Pick the pictures" not in page.content()
    context.close()


def test_leaving_needs_no_javascript(browser: Browser, stack: Stack, neutral_site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    _in_the_middle(page, stack)

    page.get_by_role("button", name="Leave").click()
    page.wait_for_url(neutral_site)
    _expect_nothing_kept(context, stack)

    page.go_back()
    _expect_neutral(page)
    context.close()


def test_shift_held_for_another_key_is_no_way_out(browser: Browser, stack: Stack) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{stack.hotline_url}/open")
    page.locator("#code").fill(_TYPED)
    for letter in "ABCDE":
        page.keyboard.press(f"Shift+{letter}")
    expect(page.locator("#code")).to_have_value(f"{_TYPED}ABCDE")
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


@pytest.mark.parametrize("scripts", [True, False])
def test_back_from_the_first_question_shows_nothing_of_a_visit(
    browser: Browser, stack: Stack, neutral_site: str, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    enter(page, stack.hotline_url, "copies")
    page.get_by_role("button", name="Leave").click()
    page.wait_for_url(neutral_site)
    page.go_back()
    # Either the neutral site again, or the start page, which says nothing of anybody.
    assert page.url in {neutral_site, f"{stack.hotline_url}/"}
    context.close()


def test_a_reload_of_the_first_question_after_its_visit_shows_the_neutral_site(
    browser: Browser, stack: Stack, neutral_site: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    enter(page, stack.hotline_url, "copies")
    context.clear_cookies()
    page.reload()
    assert page.url == neutral_site
    context.close()
