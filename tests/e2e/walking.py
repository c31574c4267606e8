"""Walks of a young person: each step of a report, and every page that they can come to."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.patterns import a_pattern

PLAIN_PAGES = (
    *("/", "/open", "/helplines", "/helplines/us", "/threatened", "/grown-ups"),
    *("/reach", "/reach/us", "/appeal", "/appeal/answer", "/figures", "/privacy", "/accessibility"),
    *("/ended", "/nowhere"),
)
GARDEN = a_pattern("garden.jpg", 71)
_BROKEN: FilePayload = {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"broken"}
_CODE = re.compile(r"\d{4}(\s\d{4}){4}")


def every_page(page: Page, start: str) -> Iterator[str]:
    """Open every page in turn, from the start page of a language; yield the name of each."""
    for path in PLAIN_PAGES:
        page.goto(start.rstrip("/") + path)
        yield path
    yield from every_step(page, start)


def every_step(page: Page, start: str) -> Iterator[str]:
    """Go through all questions by every door; yield the name of each page."""
    enter(page, start, "threat")
    yield "threat help, by the first door"
    press(page, "main form button.app-door")
    yield "age, after a threat"
    enter(page, start, "copies")
    yield "age"
    press(page, "button[name=for]")
    yield "age of somebody else"
    answer(page, "age", "under_13")
    yield "threat to somebody else"
    enter(page, start, "copies")
    answer(page, "age", "18_over_then")
    yield "threat"
    answer(page, "threat", "no")
    yield "18 or over then"
    enter(page, start, "copies")
    answer(page, "age", "under_13")
    yield "threat, under 13"
    page.locator("main details summary").click()
    yield "words to show"
    answer(page, "threat", "yes")
    yield "threat help, under 13"
    press(page, "main form button.app-door")
    yield "pictures, under 13"
    come_to_the_pictures(page, start)
    yield "pictures"
    press(page, "main button[name=lacks]")
    yield "instead"
    answer(page, "instead", "neither")
    yield "nothing yet"
    press(page, "button[value=back]")
    answer(page, "instead", "address")
    yield "send, without pictures"
    press(page, "button[value=back]")
    press(page, "button[value=back]")
    pick(page, [GARDEN, _BROKEN])
    yield "pictures, picked"
    code = go_on_to_the_code(page)
    yield "send"
    send(page)
    yield "sent"
    come_back(page, start, "0" * 20)
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    yield "a code that opens nothing"
    open_case(page, start, code)
    yield "case"
    page.locator(".app-case-picture summary").first.click()
    yield "case, a picture unfolded"
    yield from _every_page_of_a_case(page, start)
    page.goto(f"{start.rstrip('/')}/case/withdraw")
    yield "withdraw"
    press(page, "form[action$='/case/withdraw'] button")
    yield "withdrawn"


def _every_page_of_a_case(page: Page, start: str) -> Iterator[str]:
    """Open what can be added to a case, and what ends the search for one picture."""
    for what in ("pictures", "addresses", "apps", "picture/1/stop"):
        page.goto(f"{start.rstrip('/')}/case/{what}")
        yield f"case, {what}"
    page.goto(f"{start.rstrip('/')}/case/addresses")
    page.locator("textarea").fill("nowhere at all")
    press(page, "main form button.govuk-button")
    yield "case, addresses, a bad one"
    page.goto(f"{start.rstrip('/')}/case/pictures")
    pick(page, [GARDEN])
    press(page, "main form button.govuk-button")
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    yield "case, pictures, the same again"


def enter(page: Page, start: str, door: str) -> None:
    """Go in by a door of the start page; a report of before that is not sent gives way."""
    page.goto(start)
    press(page, f"button[name=door][value={door}]")
    if page.locator("input[name=anew]").count():
        press(page, "button[name=door]")


def answer(page: Page, name: str, value: str) -> None:
    """Press the button of an answer."""
    press(page, f"button[name={name}][value='{value}']")


def press(page: Page, button: str) -> None:
    """Press a button that leads to another page, and wait for that page."""
    with page.expect_navigation():
        page.locator(button).click()


def come_to_the_pictures(page: Page, start: str, age: str = "13_15") -> None:
    """Go from the start page to where pictures are picked, as one whom nobody threatens."""
    enter(page, start, "copies")
    answer(page, "age", age)
    answer(page, "threat", "no")


def pick(page: Page, files: Sequence[FilePayload] | Sequence[Path]) -> None:
    """Pick files and wait until each that is new has its sentence."""
    page.locator("input[type=file]").set_input_files(files)
    expect(page.locator("[data-picker-list] progress:visible")).to_have_count(0)


def go_on_to_the_code(page: Page) -> str:
    """Go on from the pictures; gives the code that is shown."""
    press(page, "main form button.govuk-button")
    return read_code(page)


def read_code(page: Page) -> str:
    """The code on the page, once it stands there: five groups of digits with a space between."""
    code = page.locator("[data-code]:visible")
    expect(code).to_have_text(_CODE)
    return " ".join(code.inner_text().split())


def send(page: Page) -> None:
    """Press Send and wait until it is sent."""
    page.locator("form[data-send] button").click()
    expect(page.locator("[data-after-send]")).to_be_visible()


def report(page: Page, start: str, files: Sequence[FilePayload] | Sequence[Path]) -> str:
    """Report pictures; gives the code of the case."""
    come_to_the_pictures(page, start)
    pick(page, files)
    code = go_on_to_the_code(page)
    send(page)
    return code


def come_back(page: Page, start: str, code: str) -> None:
    """Type a code where a case is opened."""
    page.goto(f"{start.rstrip('/')}/open")
    page.locator("#code").fill(code)
    page.locator("form[data-module=open-case] button").click()


def open_case(page: Page, start: str, code: str) -> None:
    """Open a case by its code and wait for what has happened."""
    come_back(page, start, code)
    expect(page.locator("[data-newest-first]")).to_be_visible()


def open_folds(page: Page) -> None:
    """Unfold what can be unfolded, but for the menu that covers what is below it."""
    page.evaluate(
        """for (const fold of document.querySelectorAll('details:not([open], .app-languages)'))
             fold.open = fold.dataset.opened = true;"""
    )


def close_folds(page: Page) -> None:
    """Fold again what `open_folds` has opened."""
    page.evaluate(
        """for (const fold of document.querySelectorAll('[data-opened]'))
             fold.open = false, delete fold.dataset.opened;"""
    )
