"""Walks through every page that a young person can come to, for tests that look at each of them."""

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

PLAIN_PAGES = (
    *("/", "/open", "/helplines", "/helplines/us", "/threatened", "/grown-ups", "/reach"),
    *("/appeal", "/appeal/answer", "/figures", "/privacy", "/accessibility"),
    *("/ended", "/nowhere"),
)


def every_page(page: Page, start: str, photograph: Path) -> Iterator[str]:
    """Open every page in turn, from the start page of a language; yield the name of each."""
    for path in PLAIN_PAGES:
        page.goto(start.rstrip("/") + path)
        yield path
    yield from every_step(page, start, photograph)


def every_step(page: Page, start: str, photograph: Path) -> Iterator[str]:
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
    enter(page, start, "copies")
    answer(page, "age", "13_15")
    answer(page, "threat", "no")
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
    pick(page, [_file(photograph.name, photograph.read_bytes()), _file("broken.jpg", b"broken")])
    yield "pictures, picked"
    press(page, "main form button.govuk-button")
    code = page.locator("[data-code]:visible")
    expect(code).not_to_be_empty()
    yield "send"
    digits = code.inner_text()
    page.locator("form[data-send] button").click()
    expect(page.locator("[data-after-send]")).to_be_visible(timeout=20_000)
    yield "sent"
    come_back(page, start, "0" * 20)
    expect(page.locator(".govuk-error-summary")).to_be_visible(timeout=20_000)
    yield "a code that opens nothing"
    come_back(page, start, digits)
    expect(page.locator("[data-newest-first]")).to_be_visible(timeout=20_000)
    yield "case"
    page.locator(".app-case-picture summary").first.click()
    yield "case, a picture unfolded"
    yield from _every_page_of_a_case(page, start, photograph)
    page.goto(f"{start.rstrip('/')}/case/withdraw")
    yield "withdraw"
    press(page, "form[action$='/case/withdraw'] button")
    yield "withdrawn"


def _every_page_of_a_case(page: Page, start: str, photograph: Path) -> Iterator[str]:
    """Open what can be added to a case, and what ends the search for one picture."""
    for what in ("pictures", "addresses", "apps", "picture/1/stop"):
        page.goto(f"{start.rstrip('/')}/case/{what}")
        yield f"case, {what}"
    page.goto(f"{start.rstrip('/')}/case/addresses")
    page.locator("textarea").fill("nowhere at all")
    press(page, "main form button.govuk-button")
    yield "case, addresses, a bad one"
    page.goto(f"{start.rstrip('/')}/case/pictures")
    pick(page, [_file(photograph.name, photograph.read_bytes())])
    press(page, "main form button.govuk-button")
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    yield "case, pictures, the same again"


def enter(page: Page, start: str, door: str) -> None:
    """Go in by a door of the start page."""
    page.goto(start)
    press(page, f"button[name=door][value={door}]")


def answer(page: Page, name: str, value: str) -> None:
    """Press the button of an answer."""
    press(page, f"button[name={name}][value='{value}']")


def press(page: Page, button: str) -> None:
    """Press a button that leads to another page, and wait for that page."""
    with page.expect_navigation():
        page.locator(button).click()


def pick(page: Page, files: list[FilePayload]) -> None:
    """Pick files and wait until each has its sentence."""
    page.locator("input[type=file]").set_input_files(files)
    expect(page.locator("[data-picker-list] progress:visible")).to_have_count(0)


def come_back(page: Page, start: str, code: str) -> None:
    """Type a code where a case is opened."""
    page.goto(f"{start.rstrip('/')}/open")
    page.locator("#code").fill(code)
    page.locator("form[data-module=open-case] button").click()


def _file(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}
