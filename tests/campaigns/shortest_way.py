"""Taps, words and seconds from the start page to *sent*, as one young person on a slow phone.

A phone of 360 × 740 px in Chromium, CPU 6 times slower, 400 kbit/s and 400 ms, plain HTTP, reports
one photograph of 12 megapixels on a running hotline. Words are those that can be read in the main
part of each page when it is first shown; "all words" are those of the whole page with its header,
helplines and footer. Seconds are those of the phone and the network, of nobody's reading; reading
is 150 words a minute, slow for a child of eleven.

examples:
  python -m tests.campaigns.shortest_way
  python -m tests.campaigns.shortest_way --age under_13
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from rich.console import Console
from rich.table import Table

from takeback.demo.photographs import find_photographs
from takeback.demo.stack import Stack, free_ports
from tests.campaigns.slow_phone import slow_down
from tests.chromium import LAUNCH
from tests.e2e.walking import read_code

_PHONE: Final = ViewportSize(width=360, height=740)
_PATIENCE_MS: Final = 60_000
_WORDS_A_MINUTE: Final = 150
_PICTURE: Final = (4000, 3000)
_WATCH: Final = """() => {
  let picked = 0;
  document.querySelector('input[type=file]').addEventListener(
    'change', () => { picked = performance.now(); }, true);
  new MutationObserver(() => {
    if (!window.readyAfterMs && document.querySelector('[data-settled]'))
      window.readyAfterMs = performance.now() - picked;
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
"""The page's own clock from the picking to the row's sentence, as a test would look too seldom."""


@dataclass
class Way:
    """What one walk cost so far."""

    page: Page
    taps: int = 0
    words: int = 0
    all_words: int = 0
    rows: list[tuple[str, int, int, int]] = field(default_factory=list)

    def read(self, name: str) -> None:
        """Count the words of a page that has just been shown."""
        words = len(self.page.locator("main").inner_text().split())
        all_words = len(self.page.locator("body").inner_text().split())
        self.words += words
        self.all_words += all_words
        self.rows.append((name, self.taps, words, all_words))

    def tap(self, button: str) -> None:
        """Tap something."""
        self.taps += 1
        self.page.locator(button).tap()


def main(arguments: Sequence[str] | None = None) -> int:
    """Walk once and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--age", default="13_15", help="the answer that is tapped")
    options = parser.parse_args(arguments)
    expect.set_options(timeout=_PATIENCE_MS)
    with (
        tempfile.TemporaryDirectory(prefix="takeback-way-") as state,
        Stack(Path(state), ports=free_ports()) as stack,
        sync_playwright() as playwright,
    ):
        photograph = _of_12_megapixels(Path(state) / "IMG_0001.jpg")
        way, ready, seconds = _walk(
            playwright.chromium.launch(**LAUNCH), stack.hotline_url, options.age, photograph
        )
    table = Table("page", "taps so far", "words", "all words")
    for name, *numbers in way.rows:
        table.add_row(name, *map(str, numbers))
    console = Console()
    console.print(table)
    reading = way.words / _WORDS_A_MINUTE * 60
    console.print(
        f"{len(way.rows)} pages, {way.taps} taps and {way.words} words ({way.all_words} with "
        f"header, helplines and footer) from start to sent.\n"
        f"A photograph of 12 megapixels was ready after {ready:.1f} s. The phone and the network "
        f"took {seconds:.0f} s, reading would take {reading:.0f} s."
    )
    return 0


def _walk(browser: Browser, url: str, age: str, photograph: Path) -> tuple[Way, float, float]:
    context = browser.new_context(viewport=_PHONE, has_touch=True)
    page = context.new_page()
    slow_down(context, page)
    way, began = Way(page), time.monotonic()
    page.goto(url)
    way.read("start")
    way.tap("button[value=copies]")
    _expect_step(page, "age")
    way.read("age")
    way.tap(f"button[name=age][value='{age}']")
    _expect_step(page, "threat")
    way.read("threat")
    way.tap("button[name=threat][value=no]")
    _expect_step(page, "pictures")
    way.read("pictures")
    way.taps += 2  # the field, then the picture in the phone's own gallery
    page.evaluate(_WATCH)
    page.locator("input[type=file]").set_input_files(photograph)
    expect(page.locator("[data-settled]")).to_have_count(1)
    ready = page.evaluate("readyAfterMs") / 1000
    way.tap("main form button.govuk-button")
    read_code(page)
    way.read("code and send")
    way.tap("[data-before-send] [data-copy]")
    way.tap("form[data-send] button")
    expect(page.locator("[data-after-send]")).to_be_visible()
    seconds = time.monotonic() - began
    context.close()
    return way, ready, seconds


def _expect_step(page: Page, step: str) -> None:
    place = page.locator(f"main input[name=step][value={step}]").first
    expect(place).to_be_attached()
    page.wait_for_load_state()


def _of_12_megapixels(path: Path) -> Path:
    with Image.open(find_photographs(Path("var/photographs"))[0]) as photograph:
        photograph.convert("RGB").resize(_PICTURE, Image.Resampling.LANCZOS).save(path, quality=90)
    return path


if __name__ == "__main__":
    raise SystemExit(main())
