"""The case afterwards, each a story in real Chromium on a phone: adding, stopping, recognising."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, ViewportSize, expect

from takeback.demo.stack import Stack
from tests.e2e.patterns import a_pattern
from tests.e2e.walking import open_case, pick, report

pytestmark = pytest.mark.e2e

_PHONE = ViewportSize(width=360, height=740)
_IS_PAINTED = """
canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let at = 0; at < data.length; at += 4) colours.add(data[at] >> 4);
  return data[3] === 255 && colours.size > 1;
}
"""


@pytest.fixture
def fresh_phone(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Phones that know nothing of one another."""
    contexts = []

    def take() -> Page:
        contexts.append(browser.new_context(viewport=_PHONE, has_touch=True))
        return contexts[-1].new_page()

    yield take
    for context in contexts:
        context.close()


def called(name: str, file: FilePayload) -> FilePayload:
    """The same file under another name."""
    return {"name": name, "mimeType": file["mimeType"], "buffer": file["buffer"]}


BEACH, DOG, TREE, BOAT = (
    a_pattern(name, seed)
    for seed, name in enumerate(("beach.jpg", "dog.jpg", "tree.jpg", "boat.jpg"))
)


def rows(page: Page) -> Locator:
    return page.locator(".app-case-picture")


def names(page: Page) -> list[str]:
    return page.locator(".app-case-picture__name").all_inner_texts()


def add(page: Page, *files: FilePayload) -> None:
    page.get_by_role("link", name="Add a picture").tap()
    pick(page, list(files))
    page.get_by_role("button", name="Add to my case").tap()


def test_a7_adding_a_picture_a_day_later(fresh_phone: Callable[[], Page], stack: Stack) -> None:
    code = report(fresh_phone(), stack.hotline_url, [BEACH])

    phone = fresh_phone()  # another day, another device, and the code
    open_case(phone, stack.hotline_url, code)
    expect(rows(phone)).to_have_count(1)
    add(phone, DOG)
    expect(rows(phone)).to_have_count(2)
    assert names(phone) == ["1. beach.jpg", "2. dog.jpg"], "sealed anew in the browser"
    expect(phone.get_by_role("heading", name="Newest first")).to_be_visible()

    add(phone, called("the beach again.jpg", BEACH), BOAT)
    expect(phone.get_by_text("1 picture is added.")).to_be_visible()
    expect(phone.get_by_text("Picture 1 was there already.")).to_be_visible()
    expect(rows(phone)).to_have_count(3)

    third = fresh_phone()
    open_case(third, stack.hotline_url, code)
    assert names(third) == ["1. beach.jpg", "2. dog.jpg", "3. boat.jpg"]


def test_a3_withdrawing_one_of_three(fresh_phone: Callable[[], Page], stack: Stack) -> None:
    code = report(fresh_phone(), stack.hotline_url, [BEACH, DOG, TREE])
    phone = fresh_phone()
    open_case(phone, stack.hotline_url, code)
    row = rows(phone).nth(1)
    row.locator("summary").tap()
    row.get_by_role("link", name="Stop looking for copies").tap()
    expect(phone.get_by_role("heading", name="Stop looking for copies?")).to_be_visible()
    expect(phone.locator("main strong")).to_have_text("2. dog.jpg")
    expect(phone.get_by_text("Nothing happens to your picture.")).to_be_visible()
    phone.get_by_role("button", name="Yes, stop looking").tap()
    expect(rows(phone).nth(1)).to_contain_text("Not looked for any more")
    assert names(phone) == ["1. beach.jpg", "2. dog.jpg", "3. tree.jpg"]
    expect(phone.locator("[data-newest-first] li").first).to_contain_text("You asked us to stop")

    add(phone, DOG)  # a mind may change again: it is a new picture
    expect(rows(phone)).to_have_count(4)


def test_a7_thumbnails_appear_only_for_files_that_the_case_has(
    fresh_phone: Callable[[], Page], stack: Stack
) -> None:
    code = report(fresh_phone(), stack.hotline_url, [BEACH, DOG])
    phone = fresh_phone()
    open_case(phone, stack.hotline_url, code)
    phone.wait_for_load_state("networkidle")
    sent: list[str] = []
    phone.on("request", lambda request: sent.append(request.url))
    with phone.expect_file_chooser() as chooser:
        phone.get_by_role("button", name="Show my pictures here").tap()
    chooser.value.set_files([called("renamed.jpg", DOG), BOAT])
    expect(phone.locator("[data-thumbnails-status]")).to_have_text("Pictures in this case: 1 of 2.")
    expect(phone.locator(".app-case-picture canvas")).to_have_count(1)
    thumbnail = rows(phone).nth(1).locator("canvas")
    expect(thumbnail).to_be_visible()
    assert thumbnail.evaluate(_IS_PAINTED)
    assert sent == [], "nothing leaves the device"
    kept = phone.evaluate(
        "JSON.stringify([Object.keys(sessionStorage), Object.keys(localStorage)])"
    )
    assert "renamed" not in kept
    phone.reload()
    expect(phone.locator(".app-case-picture canvas")).to_have_count(0)


def test_without_the_code_in_the_tab_no_thumbnails_are_offered_and_adding_still_works(
    fresh_phone: Callable[[], Page], stack: Stack
) -> None:
    phone = fresh_phone()
    report(phone, stack.hotline_url, [BEACH])
    other_tab = phone.context.new_page()
    other_tab.goto(f"{stack.hotline_url}/case")
    assert names(other_tab) == ["Picture 1"]
    expect(other_tab.get_by_role("button", name="Show my pictures here")).to_be_hidden()
    add(other_tab, DOG)
    expect(rows(other_tab)).to_have_count(2)

    phone.goto(f"{stack.hotline_url}/case")
    expect(phone.get_by_text("beach.jpg").first).to_be_visible()
    assert names(phone) == ["1. beach.jpg", "Picture 2"], "what was sealed before is still there"


def test_two_tabs_that_add_at_once_keep_both_names(
    fresh_phone: Callable[[], Page], stack: Stack
) -> None:
    phone = fresh_phone()
    code = report(phone, stack.hotline_url, [BEACH])
    second = phone.context.new_page()
    open_case(second, stack.hotline_url, code)
    phone.goto(f"{stack.hotline_url}/case")
    for page, file in ((phone, DOG), (second, TREE)):
        page.get_by_role("link", name="Add a picture").tap()
        pick(page, [file])
    for page in (phone, second):  # both pages hold the box of one picture
        page.get_by_role("button", name="Add to my case").tap()
        expect(page.get_by_role("heading", name="What happened so far")).to_be_visible()
    expect(rows(second)).to_have_count(3)
    assert names(second) == ["1. beach.jpg", "2. dog.jpg", "3. tree.jpg"]
