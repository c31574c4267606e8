"""Each script is drawn in its own letters, whole, and a code has the same digits in all of them."""

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from takeback.demo.stack import Stack
from tests.e2e.walking import answer, come_to_the_pictures, press

pytestmark = pytest.mark.e2e

_PHONE = ViewportSize(width=360, height=740)
FONTS = {"bn": "Noto Sans Bengali", "pa": "Noto Sans Gurmukhi", "ur": "Noto Nastaliq Urdu"}
"""What Debian's fonts-noto-core draws each of these scripts with."""

LETTERS = {"bn": "[\u0985-\u09b9]", "pa": "[\u0a05-\u0a39]", "ur": "[\u0621-\u06d3]"}

_CUT = """() => {
  const pen = document.createElement('canvas').getContext('2d');
  const cut = [];
  for (const box of document.querySelectorAll('body *')) {
    const style = getComputedStyle(box);
    if (box.clientHeight < 2 || style.display === 'inline') continue;
    const hides = style.overflowX !== 'visible' || style.overflowY !== 'visible';
    if (hides && box.scrollHeight > box.clientHeight + 1) cut.push(box.textContent.trim());
  }
  const pressed = 'button, summary, label, a.govuk-button, a.app-door, a.app-answer, .app-leave';
  for (const box of document.querySelectorAll(pressed)) {
    const edge = box.getBoundingClientRect();
    const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
      if (text.data.trim() === '' || text.parentElement.clientHeight === 1) continue;
      const style = getComputedStyle(text.parentElement);
      pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      const words = document.createRange();
      words.selectNodeContents(text);
      const lines = [...words.getClientRects()];
      if (lines.length === 0) continue;
      const ink = text.data.trim().split(/\\s+/).map((word) => pen.measureText(word));
      const [{ fontBoundingBoxAscent: ascent }] = ink;
      const above = Math.max(...ink.map((word) => word.actualBoundingBoxAscent));
      const below = Math.max(...ink.map((word) => word.actualBoundingBoxDescent));
      const top = lines[0].top + ascent - above;
      const bottom = lines.at(-1).top + ascent + below;
      if (top < edge.top - 1 || bottom > edge.bottom + 1) cut.push(text.data.trim());
    }
  }
  return cut;
}"""
"""Words that a box hides in part, and words of what is pressed whose ink reaches over its edge.

Only ink counts: the room that a font claims is larger, most of all in Nastaliq.
"""

_LOWEST_LINES = """() => Math.min(
  ...[...document.querySelectorAll('body *')]
    .filter((box) => [...box.childNodes].some(
      (inside) => inside.nodeType === Node.TEXT_NODE && inside.data.trim() !== ''
    ))
    .filter((box) => box.matches(':lang(' + document.documentElement.lang + ')'))
    .filter((box) => !box.matches('[data-code], [data-code] *'))
    .map((box) => getComputedStyle(box))
    .map((style) => parseFloat(style.lineHeight) / parseFloat(style.fontSize))
)"""
"""The line height, in heights of the letters, of whatever on the page has the lowest."""


def fonts_drawn(page: Page, selector: str) -> dict[str, int]:
    """Which fonts of the machine drew an element, each with how many glyphs it gave."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    session.detach()
    return {font["familyName"]: round(font["glyphCount"]) for font in fonts}


@pytest.mark.parametrize("language", FONTS)
def test_a_script_is_drawn_in_its_own_letters_and_whole(
    browser: Browser, stack: Stack, language: str
) -> None:
    context = browser.new_context(viewport=_PHONE)
    page = context.new_page()
    page.goto(f"{stack.hotline_url}/{language}/")
    heading = page.locator("h1").inner_text()
    assert re.search(LETTERS[language], heading), "the start page is not translated"
    for selector in ("h1", ".app-door--urgent .app-door__title", ".app-door--main strong"):
        drawn = fonts_drawn(page, selector)
        # Any other font would be a stand-in for letters that this one does not have.
        assert set(drawn) == {FONTS[language]}, (selector, drawn)
    assert page.evaluate(_CUT) == []
    page.locator(".app-languages summary").click()
    assert page.evaluate(_CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= _PHONE["width"]
    context.close()


@pytest.mark.parametrize(("language", "least"), [("bn", 1.5), ("pa", 1.5), ("ur", 2.2)])
def test_every_line_has_the_room_that_its_script_needs(
    browser: Browser, stack: Stack, language: str, least: float
) -> None:
    context = browser.new_context(viewport=_PHONE)
    page = context.new_page()
    for path in ("/", "/threatened", "/helplines", "/open", "/privacy"):
        page.goto(f"{stack.hotline_url}/{language}{path}")
        assert page.evaluate(_LOWEST_LINES) >= least - 0.01, path
        assert page.evaluate(_CUT) == [], path
    context.close()


@pytest.mark.parametrize("language", ["ar", *FONTS])
def test_a_code_has_ascii_digits_and_a_line_of_its_own(
    browser: Browser, stack: Stack, language: str
) -> None:
    context = browser.new_context(viewport=_PHONE)
    page = context.new_page()
    start = f"{stack.hotline_url}/{language}/"
    come_to_the_pictures(page, start)
    press(page, "main button[name=lacks]")
    answer(page, "instead", "address")
    code = page.locator("[data-code]:visible")
    expect(code).to_have_text(re.compile(r"^[0-9 \n]{20,}$"))
    assert page.evaluate(_CUT) == []
    context.close()


def test_every_language_is_in_the_menu_in_its_own_letters_by_keyboard_alone(
    browser: Browser, stack: Stack
) -> None:
    context = browser.new_context(viewport=_PHONE)
    page = context.new_page()
    page.goto(stack.hotline_url)
    menu = page.locator(".app-languages")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    links = menu.get_by_role("link")
    expect(links).to_have_count(12)
    for language, font in FONTS.items():
        assert set(fonts_drawn(page, f".app-languages a[lang={language}]")) == {font}
    fits = "box => box.left >= 0 && box.right <= innerWidth && box.bottom <= innerHeight"
    for number in range(12):
        page.keyboard.press("Tab")
        link = links.nth(number)
        expect(link).to_be_focused()
        assert link.evaluate(f"link => ({fits})(link.getBoundingClientRect())")
        assert link.evaluate("link => link.scrollWidth <= link.clientWidth + 1")
    page.keyboard.press("Escape")
    expect(links.first).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("html").get_attribute("lang") == "cy"
    context.close()
