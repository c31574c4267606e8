"""Each script is drawn in its own letters, whole, and a code has the same digits in all of them."""

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from takeback.demo.stack import Stack
from tests.e2e.walking import answer, enter, press

pytestmark = pytest.mark.e2e

_PHONE = ViewportSize(width=360, height=740)
FONTS = {"bn": "Noto Sans Bengali", "pa": "Noto Sans Gurmukhi", "ur": "Noto Nastaliq Urdu"}
"""What Debian's fonts-noto-core draws each of these scripts with."""

LETTERS = {"bn": "[\u0985-\u09b9]", "pa": "[\u0a05-\u0a39]", "ur": "[\u0621-\u06d3]"}

_CUT = """() => {
  const cut = [];
  const seen = 'h1, h2, button, summary, a, label, .app-door, .app-answer, .app-door__title';
  for (const element of document.querySelectorAll(seen)) {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (box.height < 2 || style.display === 'inline') continue;
    const hides = style.overflowY !== 'visible' || style.overflowX !== 'visible';
    const over = element.scrollHeight - element.clientHeight > 1;
    const words = document.createRange();
    words.selectNodeContents(element);
    const inside = words.getBoundingClientRect();
    const outside = inside.top < box.top - 1 || inside.bottom > box.bottom + 1;
    if (over || outside || (hides && element.scrollWidth > element.clientWidth + 1)) {
      cut.push(`${element.tagName} ${element.className}: ${element.textContent.trim()}`);
    }
  }
  return cut;
}"""
"""Everything pressed or headed whose words reach over its edges."""


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
    for selector in ("h1", ".app-door--urgent .app-door__title", ".app-door--main"):
        drawn = fonts_drawn(page, selector)
        # Any other font would be a stand-in for letters that this one does not have.
        assert set(drawn) == {FONTS[language]}, (selector, drawn)
    assert page.evaluate(_CUT) == []
    page.locator(".app-languages summary").click()
    assert page.evaluate(_CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= _PHONE["width"]
    context.close()


@pytest.mark.parametrize("language", FONTS)
def test_lines_of_a_script_do_not_run_into_each_other(
    browser: Browser, stack: Stack, language: str
) -> None:
    """The ink of a line, as the font's own ascent and descent have it, fits between the lines."""
    context = browser.new_context(viewport=_PHONE)
    page = context.new_page()
    page.goto(f"{stack.hotline_url}/{language}/")
    close = page.evaluate(
        """() => [...document.querySelectorAll('h1, p, li, button, summary, a, span, strong')]
          .filter((element) => element.innerText?.trim() && element.clientHeight > 1)
          .map((element) => {
            const style = getComputedStyle(element);
            const drawing = document.createElement('canvas').getContext('2d');
            drawing.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
            const ink = drawing.measureText(element.innerText.replace(/\\s+/g, ' '));
            const needs = ink.actualBoundingBoxAscent + ink.actualBoundingBoxDescent;
            return [needs / parseFloat(style.lineHeight), element.innerText];
          })
          .filter(([share]) => !(share <= 1))"""
    )
    assert close == []
    context.close()


@pytest.mark.parametrize("language", ["ar", *FONTS])
def test_a_code_has_ascii_digits_and_a_line_of_its_own(
    browser: Browser, stack: Stack, language: str
) -> None:
    context = browser.new_context(viewport=_PHONE)
    page = context.new_page()
    start = f"{stack.hotline_url}/{language}/"
    enter(page, start, "copies")
    answer(page, "age", "13_15")
    answer(page, "threat", "no")
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
