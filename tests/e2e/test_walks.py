"""Walks of young people and of those who help them, each a story in real Chromium on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, Route, ViewportSize, expect

from takeback.demo.stack import Stack
from tests.e2e.patterns import a_pattern
from tests.e2e.walking import (
    GARDEN,
    answer,
    come_back,
    come_to_the_pictures,
    enter,
    go_on_to_the_code,
    open_case,
    pick,
    press,
    read_code,
    send,
)

pytestmark = pytest.mark.e2e

_PHONE = ViewportSize(width=360, height=740)
_TREE = a_pattern("tree.jpg", 72)


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


def test_a2_who_closed_before_send_is_told_so(browser: Browser, phone: Page, stack: Stack) -> None:
    code = _come_to_send(phone, stack)
    for button in ("Send", "Copy"):
        _expect_in_view(phone, phone.get_by_role("button", name=button))
    expect(phone.get_by_text("Nothing is sent so far.")).to_be_visible()

    sentence = (
        "We have no report with this code. "
        "A number may be wrong, Send was not pressed, or you ended it."
    )
    elsewhere = browser.new_page()
    come_back(elsewhere, stack.hotline_url, code)
    expect(elsewhere.locator(".govuk-error-summary")).to_contain_text(sentence)
    expect(elsewhere.get_by_text("In this tab, Send was not pressed")).to_be_hidden()
    elsewhere.close()

    come_back(phone, stack.hotline_url, code)
    expect(phone.locator(".govuk-error-summary")).to_contain_text(sentence)
    expect(phone.get_by_text("In this tab, Send was not pressed")).to_be_visible()
    phone.get_by_role("link", name="Go back and send it").tap()
    assert read_code(phone) == code
    send(phone)
    open_case(phone, stack.hotline_url, code)


@pytest.mark.parametrize("size", [(360, 740), (360, 640), (390, 844), (320, 568)])
def test_a9_leave_is_small_and_a_slip_beside_it_presses_nothing(
    phone: Page, stack: Stack, size: tuple[int, int]
) -> None:
    phone.set_viewport_size(ViewportSize(width=size[0], height=size[1]))

    def look(place: str) -> None:
        leave = _box(phone.get_by_role("button", name="Leave"))
        assert leave["width"] < size[0] / 2
        pressed = phone.evaluate(_PRESSED_BESIDE, leave)
        assert pressed == [], place

    for path in ("/", "/open", "/threatened", "/helplines", "/grown-ups"):
        phone.goto(f"{stack.hotline_url}{path}")
        look(path)
    for age in ("13_15", "under_13"):
        enter(phone, stack.hotline_url, "copies")
        look("age")
        answer(phone, "age", age)
        look("threat")
        answer(phone, "threat", "no")
        look("pictures")
        for number, file in enumerate((GARDEN, _TREE), start=1):
            pick(phone, [file])
            expect(phone.locator("[data-settled=good]")).to_have_count(number)
            look(f"{number} pictures")
    go_on_to_the_code(phone)
    look("send")


_PRESSED_BESIDE = """leave => {
  const found = [];
  for (let x = leave.x - 6; x <= leave.x + leave.width + 6; x += 4)
    for (let y = leave.y - 6; y <= leave.y + leave.height + 10; y += 4) {
      const there = document.elementFromPoint(x, y)?.closest('a, button, input, label, summary');
      if (there && !there.matches('.app-leave')) found.push(there.textContent.trim());
    }
  return [...new Set(found)];
}"""
"""What a thumb presses that misses *Leave* by 6 px."""


def test_a9_what_was_picked_survives_a_reload_and_another_language(
    phone: Page, stack: Stack
) -> None:
    come_to_the_pictures(phone, stack.hotline_url)
    pick(phone, [GARDEN, _TREE])
    picked = phone.locator("[data-settled=good]")
    expect(picked).to_have_count(2)
    phone.reload()
    expect(picked).to_have_count(2)
    phone.goto(f"{stack.hotline_url}/cy/report")
    expect(picked).to_have_count(2)
    expect(phone.get_by_text(_TREE["name"])).to_be_visible()


def test_nothing_of_one_report_stands_in_the_next_one_of_the_same_tab(
    phone: Page, stack: Stack
) -> None:
    code = _come_to_send(phone, stack)
    phone.goto(stack.hotline_url)
    phone.get_by_role("button", name="Stop copies of my picture").tap()
    expect(phone.get_by_role("heading", name="You have a report that is not sent")).to_be_visible()
    expect(phone).to_have_url(f"{stack.hotline_url}/report")  # the dull line of a history
    phone.get_by_role("link", name="Continue with it").tap()
    assert read_code(phone) == code

    phone.goto(stack.hotline_url)
    phone.get_by_role("button", name="Stop copies of my picture").tap()
    phone.get_by_role("button", name="Start again").tap()
    answer(phone, "age", "16_17")
    answer(phone, "threat", "no")
    expect(phone.locator("[data-ready]")).to_be_attached()
    expect(phone.locator("[data-picker-list] li")).to_have_count(0)
    pick(phone, [_TREE])
    assert go_on_to_the_code(phone) != code


def test_a1_who_is_threatened_in_the_middle_of_a_report_reads_what_helps_and_loses_nothing(
    phone: Page, stack: Stack
) -> None:
    _come_to_send(phone, stack)
    enter(phone, stack.hotline_url, "threat")
    _expect_in_view(phone, phone.get_by_text("Don't pay", exact=True))
    phone.get_by_role("button", name="Now stop the copies").tap()
    assert read_code(phone)


def test_a2_an_answer_to_send_that_got_lost_leaves_the_right_code(
    phone: Page, stack: Stack
) -> None:
    code = _come_to_send(phone, stack)

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()  # the hotline takes it
            route.abort()
        else:
            route.continue_()

    phone.route("**/report", lose)
    phone.get_by_role("button", name="Send").tap()
    expect(phone.get_by_text("That did not work. Nothing is lost.").first).to_be_visible()
    phone.unroute("**/report")
    phone.reload()
    expect(phone.get_by_role("heading", name="It is sent")).to_be_visible()
    assert read_code(phone) == code
    open_case(phone, stack.hotline_url, code)
    assert phone.evaluate("sessionStorage.getItem('code')") is None


def test_a2_who_sends_after_the_visit_ended_is_told_that_nothing_was_sent(
    phone: Page, stack: Stack
) -> None:
    _come_to_send(phone, stack)
    phone.context.clear_cookies()
    phone.get_by_role("button", name="Send").tap()
    phone.wait_for_url("**/ended")
    expect(phone.get_by_text("Your last step was not sent.")).to_be_visible()
    expect(phone.get_by_text("only if you pressed Send.")).to_be_visible()


def test_a2_a_phone_that_drops_the_page_after_sending_shows_the_code_again(
    phone: Page, stack: Stack
) -> None:
    code = _come_to_send(phone, stack)
    send(phone)
    phone.reload()
    assert read_code(phone) == code
    phone.get_by_role("button", name="Leave").tap()
    phone.goto(f"{stack.hotline_url}/open")
    assert phone.evaluate("sessionStorage.length") == 0


def test_a5_every_page_has_a_way_home_and_one_to_come_back(phone: Page, stack: Stack) -> None:
    for path in ("/open", "/helplines", "/threatened", "/privacy", "/appeal", "/nowhere", "/ended"):
        phone.goto(f"{stack.hotline_url}{path}")
        phone.locator("header a").first.tap()
        expect(phone.get_by_role("link", name="I have a code")).to_be_visible()
    _expect_in_view(phone, phone.get_by_role("link", name="I have a code"))


@pytest.mark.parametrize("scripts", [True, False])
def test_a_browser_without_cookies_is_told_and_still_reads_what_helps(
    browser: Browser, stack: Stack, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    context.route("**/begin", lambda route: route.fulfill(status=303, headers=_FORGETFUL))
    page = context.new_page()
    for path, door in (("/", "copies"), ("/grown-ups", "helper"), ("/threatened", "threat")):
        page.goto(f"{stack.hotline_url}{path}")
        page.locator(f"button[name=door][value={door}]").click()
        expect(page.get_by_role("heading", name="Your browser keeps no cookies")).to_be_visible()
    page.get_by_role("link", name="Someone is threatening me").click()
    expect(page.get_by_text("Don't pay", exact=True)).to_be_visible()
    context.close()


_FORGETFUL = {"Location": "/begun", "Content-Length": "0"}
"""The redirect of a door, as it counts in a browser that drops the cookie beside it."""


def test_a_browser_that_says_it_keeps_no_cookies_is_led_to_the_page_without(
    browser: Browser, stack: Stack
) -> None:
    page = browser.new_page()
    page.add_init_script("Object.defineProperty(navigator, 'cookieEnabled', {get: () => false})")
    page.goto(stack.hotline_url)
    page.get_by_role("button", name="Someone is threatening me").click()
    page.wait_for_url("**/threatened")
    expect(page.get_by_text("Don't pay", exact=True)).to_be_visible()
    page.close()


def _come_to_send(phone: Page, stack: Stack) -> str:
    """Pick a picture and go on; gives the code that is shown."""
    come_to_the_pictures(phone, stack.hotline_url)
    pick(phone, [GARDEN])
    return go_on_to_the_code(phone)


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
