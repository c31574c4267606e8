"""Two tabs of one browser: what is done in one loses nothing of what waits in the other."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from takeback.demo.stack import Stack
from tests.e2e.patterns import a_pattern
from tests.e2e.walking import (
    GARDEN,
    come_to_the_pictures,
    enter,
    go_on_to_the_code,
    open_case,
    pick,
    press,
    read_code,
    report,
    send,
)

pytestmark = pytest.mark.e2e

_TREE = a_pattern("tree.jpg", 72)


def test_a9_a_report_waits_while_another_tab_opens_a_case_and_reads_what_helps(
    browser: Browser, stack: Stack
) -> None:
    context = browser.new_context()
    first, second, code = _one_waits_and_one_opens_a_case(context, stack)
    enter(second, stack.hotline_url, "threat")
    expect(second.get_by_text("Don't pay", exact=True)).to_be_visible()

    # What is due since then comes first, and the picture and its code are still there.
    first.locator("form[data-send] button").click()
    expect(first.get_by_text("Don't pay", exact=True)).to_be_visible()
    first.get_by_role("button", name="Now stop the copies").click()
    assert read_code(first) == code
    send(first)
    open_case(second, stack.hotline_url, code)
    context.close()


def test_a9_a_case_opened_in_another_tab_does_not_keep_a_report_from_being_sent(
    browser: Browser, stack: Stack
) -> None:
    context = browser.new_context()
    first, _, _ = _one_waits_and_one_opens_a_case(context, stack)
    send(first)
    context.close()


def test_a9_pictures_that_are_picked_wait_while_another_tab_reads_what_helps(
    browser: Browser, stack: Stack
) -> None:
    context = browser.new_context()
    first = context.new_page()
    come_to_the_pictures(first, stack.hotline_url)
    pick(first, [GARDEN])
    enter(context.new_page(), stack.hotline_url, "threat")
    press(first, "main form button.govuk-button")
    first.get_by_role("button", name="Now stop the copies").click()
    expect(first.locator("[data-settled=good]")).to_have_count(1)
    go_on_to_the_code(first)
    context.close()


def _one_waits_and_one_opens_a_case(
    context: BrowserContext, stack: Stack
) -> tuple[Page, Page, str]:
    """A tab before Send with the code that it shows, and one that has opened another case."""
    first, second = context.new_page(), context.new_page()
    sent_before = report(second, stack.hotline_url, [_TREE])
    come_to_the_pictures(first, stack.hotline_url)
    pick(first, [GARDEN])
    code = go_on_to_the_code(first)
    open_case(second, stack.hotline_url, sent_before)
    return first, second, code
