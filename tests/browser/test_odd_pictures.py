"""Of odd files, too, Chromium makes the server's fingerprints, or says what it can't do."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from takeback.fingerprints import Pdq
from takeback.media import Decoder
from tests.browser.picker_page import picker_page
from tests.support.odd_pictures import all_cases
from tests.support.odd_pictures.case import Case
from tests.support.odd_pictures.judging import by_all_pixels, reference_of

pytestmark = pytest.mark.e2e

_AT_ONCE = 40
"""Files given to one page; the picker takes 50."""


@pytest.fixture
def picker(browser: Browser) -> Iterator[Page]:
    with picker_page() as address:
        page = browser.new_page()
        page.goto(address)
        yield page
        page.close()


class Settled(NamedTuple):
    """The sentence that a file's row ends with, whether the file is sent, and its PDQ if any."""

    sentence: str
    sent: bool
    pdq: Pdq | None


def in_chromium(page: Page, files: list[Path]) -> dict[str, Settled]:
    """Return what the real page makes of each file, by the file's name."""
    found: dict[str, Settled] = {}
    for start in range(0, len(files), _AT_ONCE):
        batch = files[start : start + _AT_ONCE]
        page.evaluate("sessionStorage.clear()")
        page.reload()
        page.locator("[data-picker-input]").set_input_files(batch)
        expect(page.locator("[data-settled]")).to_have_count(len(batch), timeout=120_000)
        picked = json.loads(page.evaluate("sessionStorage.getItem('picked-pictures')"))
        records = json.loads(page.locator("[data-picker-value]").input_value())
        by_name = {picked[record["id"]]["name"]: record for record in records}
        for name, sentence in page.evaluate(_ROWS):
            record = by_name.get(name)
            digits = record and record["pdq"]
            pdq = Pdq.from_hex(digits, record["quality"]) if record and digits else None
            found[name] = Settled(sentence, record is not None, pdq)
    return found


_ROWS = """Array.from(document.querySelectorAll('[data-settled]'), (row) =>
  ['[data-name]', '[data-state]'].map((part) => row.querySelector(part).textContent))"""


def _wrong(case: Case, settled: Settled, decoder: Decoder) -> str | None:
    """Return what is wrong with what Chromium made; None if nothing is."""
    if (settled.sentence != "refused") != settled.sent or settled.sent != case.is_taken:
        return f"{settled.sentence}, sent: {settled.sent}"
    browser = settled.pdq
    if (browser is not None) != case.in_chromium:
        return f"{settled.sentence}, shown: {browser is not None}"
    if browser is None:
        expected = "exact_only" if case.is_taken else "refused"
        return None if settled.sentence == expected else settled.sentence
    server = by_all_pixels(case, decoder).pdq
    if server is None:
        # Shown, and rightly not read by the server: then it shows nothing that could be listed.
        return None if browser.quality == 0 else f"quality {browser.quality}, refused by the server"
    if browser.quality == server.quality == 0:
        return None  # plain: it has no bits to speak of
    seen = [server] if case.shows is None else [server, reference_of(case.shows)]
    bits = max(browser.distance(other) for other in seen)
    return None if bits <= case.bits else f"{bits} bits apart"


def test_odd_pictures_have_the_servers_fingerprints_in_chromium(
    picker: Page, tmp_path: Path
) -> None:
    # Chromium knows no TIFF and no HEIC: a few of those will do.
    known = [case for case in all_cases() if not case.name.endswith((".tif", ".heic"))]
    cases = known + [case for case in all_cases() if case.name.endswith((".tif", ".heic"))][::50]
    files = [tmp_path / case.name for case in cases]
    for case, file in zip(cases, files, strict=True):
        file.write_bytes(case.data)
    found = in_chromium(picker, files)
    with Decoder() as decoder:
        wrong = {case.name: _wrong(case, found[case.name], decoder) for case in cases}
    assert {name: what for name, what in wrong.items() if what is not None} == {}
