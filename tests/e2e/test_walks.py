"""Walks of young people and of those who help them, each a story in real Chromium on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, ViewportSize, expect

from takeback.demo.stack import Stack
from tests.e2e.walking import answer, come_back, enter, press

pytestmark = pytest.mark.e2e

_PHONE = ViewportSize(width=360, height=740)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A small phone of a fresh person."""
    context = browser.new_context(viewport=_PHONE, has_touch=True)
    yield context.new_page()
    context.close()


def test_a1_a_threatened_16_year_old_without_a_picture_reads_dont_pay_after_one_tap(
    phone: Page, stack: Stack
) -> None:
    phone.goto(stack.hotline_url)
    door = phone.get_by_role("button", name="Someone is threatening me")
    _expect_in_view(phone, door)
    door.tap()
    _expect_in_view(phone, phone.get_by_text("Don't pay", exact=True))
    line = phone.locator("main a[href^='tel:']").first
    _expect_in_view(phone, line)  # the second tap calls
    expect(line).to_have_attribute("href", "tel:08001111")

    phone.get_by_role("button", name="Now stop the copies").tap()
    phone.get_by_role("button", name="16 or 17").tap()
    phone.get_by_role("button", name="I don't have the picture").tap()
    phone.get_by_role("button", name="I have neither").tap()
    expect(phone.get_by_role("heading", name="There are still things you can do")).to_be_visible()


@pytest.mark.parametrize("age", ["under_13", "16_17", "18_over_under_18_then", "18_over_then"])
def test_a1_on_every_branch_a_threat_is_asked_about_before_pictures(
    phone: Page, stack: Stack, age: str
) -> None:
    enter(phone, stack.hotline_url, "copies")
    answer(phone, "age", age)
    expect(phone.get_by_role("heading", name="Is someone threatening you?")).to_be_visible()
    answer(phone, "threat", "yes")
    _expect_in_view(phone, phone.get_by_text("Don't pay", exact=True))


def test_a4_an_11_year_old_reads_fewer_larger_words_and_can_show_them_to_a_grown_up(
    phone: Page, stack: Stack
) -> None:
    words, sizes = [], []
    for age in ("16_17", "under_13"):
        enter(phone, stack.hotline_url, "copies")
        answer(phone, "age", age)
        answer(phone, "threat", "yes")
        words.append(len(phone.locator("main").inner_text().split()))
        press(phone, "main form button.app-door")
        text = phone.locator("main p.govuk-body").first
        sizes.append(float(text.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")))
    assert words[1] < words[0]
    assert sizes[1] > sizes[0] >= 16
    fold = phone.get_by_text("Ask a grown-up you trust to sit with you")
    _expect_in_view(phone, fold)
    fold.tap()
    expect(phone.get_by_text("Please don't look at the picture.")).to_be_visible()


def test_a10_a_parent_reads_what_to_do_and_helps_with_a_report(phone: Page, stack: Stack) -> None:
    phone.goto(stack.hotline_url)
    phone.get_by_role("link", name="For parents, carers and teachers").tap()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("parents")
    phone.get_by_role("button", name="Help with a report").tap()
    expect(phone.get_by_role("heading", name="How old is the young person?")).to_be_visible()
    answer(phone, "age", "13_15")
    expect(phone.get_by_role("heading", name="Is someone threatening them?")).to_be_visible()


def test_a10_whoever_helps_can_say_so_where_the_age_is_asked(phone: Page, stack: Stack) -> None:
    enter(phone, stack.hotline_url, "copies")
    phone.get_by_role("button", name="I am helping someone under 18").tap()
    expect(phone.get_by_role("heading", name="How old is the young person?")).to_be_visible()
    phone.get_by_role("button", name="It is about me").tap()
    expect(phone.get_by_role("heading", name="How old are you?")).to_be_visible()


def test_a2_who_closed_before_send_is_told_so(
    browser: Browser, phone: Page, stack: Stack, photographs: list[Path]
) -> None:
    enter(phone, stack.hotline_url, "copies")
    answer(phone, "age", "13_15")
    answer(phone, "threat", "no")
    phone.locator("input[type=file]").set_input_files(photographs[0])
    phone.get_by_text("Ready", exact=True).wait_for()
    press(phone, "main form button.govuk-button")
    shown = phone.locator("[data-code]:visible")
    expect(shown).not_to_be_empty()
    code = shown.inner_text()
    send = phone.get_by_role("button", name="Send")
    for seen in (send, phone.get_by_role("button", name="Copy")):
        _expect_in_view(phone, seen)
    expect(phone.get_by_text("Nothing is sent so far.")).to_be_visible()

    sentence = (
        "We have no report with this code. "
        "A number may be wrong, Send was not pressed, or you ended it."
    )
    elsewhere = browser.new_page()
    come_back(elsewhere, stack.hotline_url, code)
    expect(elsewhere.locator(".govuk-error-summary")).to_contain_text(sentence, timeout=20_000)
    expect(elsewhere.get_by_text("In this tab, Send was not pressed")).to_be_hidden()
    elsewhere.close()

    come_back(phone, stack.hotline_url, code)
    expect(phone.locator(".govuk-error-summary")).to_contain_text(sentence, timeout=20_000)
    expect(phone.get_by_text("In this tab, Send was not pressed")).to_be_visible()
    phone.get_by_role("link", name="Go back and send it").tap()
    expect(shown).to_have_text(code)
    send.tap()
    expect(phone.get_by_role("heading", name="It is sent")).to_be_visible(timeout=20_000)
    come_back(phone, stack.hotline_url, code)
    expect(phone.get_by_role("heading", name="What happened so far")).to_be_visible(timeout=20_000)


def test_a9_leave_is_small_far_from_continue_and_covers_no_button(
    phone: Page, stack: Stack
) -> None:
    enter(phone, stack.hotline_url, "copies")
    answer(phone, "age", "13_15")
    answer(phone, "threat", "no")
    leave = _box(phone.get_by_role("button", name="Leave"))
    going_on = _box(phone.get_by_role("button", name="Continue"))
    assert leave["width"] < _PHONE["width"] / 2
    assert leave["y"] - (going_on["y"] + going_on["height"]) >= 24
    for path in ("/", "/open", "/threatened", "/helplines"):
        phone.goto(f"{stack.hotline_url}{path}")
        phone.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        leave = _box(phone.get_by_role("button", name="Leave"))
        for pressed in (
            phone.locator("main, aside, footer").locator("a:visible, button:visible").all()
        ):
            if box := pressed.bounding_box():
                assert not _overlap(box, leave) or box["y"] < 0, (path, pressed.inner_text())


def test_a5_every_page_has_a_way_home_and_one_to_come_back(phone: Page, stack: Stack) -> None:
    for path in ("/open", "/helplines", "/threatened", "/privacy", "/appeal", "/nowhere", "/ended"):
        phone.goto(f"{stack.hotline_url}{path}")
        phone.locator("header a").first.tap()
        expect(phone.get_by_role("link", name="I have a code")).to_be_visible()
    _expect_in_view(phone, phone.get_by_role("link", name="I have a code"))


def test_a_browser_without_cookies_still_reads_what_helps(browser: Browser, stack: Stack) -> None:
    page = browser.new_page()
    page.add_init_script("Object.defineProperty(navigator, 'cookieEnabled', {get: () => false})")
    page.goto(stack.hotline_url)
    page.get_by_role("button", name="Someone is threatening me").click()
    page.wait_for_url("**/threatened")
    expect(page.get_by_text("Don't pay", exact=True)).to_be_visible()
    page.close()


def _expect_in_view(page: Page, seen: Locator) -> None:
    """Visible without scrolling, and not under the way out."""
    expect(seen).to_be_visible()
    box, leave = _box(seen), _box(page.get_by_role("button", name="Leave"))
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= _PHONE["height"]
    assert not _overlap(box, leave)


def _box(seen: Locator) -> FloatRect:
    box = seen.bounding_box()
    assert box is not None
    return box


def _overlap(box: FloatRect, other: FloatRect) -> bool:
    return (
        box["x"] < other["x"] + other["width"]
        and other["x"] < box["x"] + box["width"]
        and box["y"] < other["y"] + other["height"]
        and other["y"] < box["y"] + box["height"]
    )
