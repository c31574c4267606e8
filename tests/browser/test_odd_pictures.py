"""Of odd files, too, Chromium makes the server's fingerprints, or none where it shows nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

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


def in_chromium(page: Page, files: list[Path]) -> dict[str, Pdq | None]:
    """Return the PDQ that the real page makes of each file that it takes, by the file's name."""
    found: dict[str, Pdq | None] = {}
    for start in range(0, len(files), _AT_ONCE):
        batch = files[start : start + _AT_ONCE]
        page.evaluate("sessionStorage.clear()")
        page.reload()
        page.locator("[data-picker-input]").set_input_files(batch)
        expect(page.locator("[data-settled]")).to_have_count(len(batch), timeout=120_000)
        picked = json.loads(page.evaluate("sessionStorage.getItem('picked-pictures')"))
        for record in json.loads(page.locator("[data-picker-value]").input_value()):
            pdq = record["pdq"] and Pdq.from_hex(record["pdq"], record["quality"])
            found[picked[record["id"]]["name"]] = pdq or None
    return found


def _wrong(case: Case, browser: Pdq | None, decoder: Decoder) -> str | None:
    """Return what is wrong with what Chromium made; None if nothing is."""
    if (browser is not None) != case.in_chromium:
        return f"shown: {browser is not None}"
    if browser is None:
        return None
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
        # What begins as no picture does is not taken at all: it must not be shown either.
        wrong = {case.name: _wrong(case, found.get(case.name), decoder) for case in cases}
    assert {name: what for name, what in wrong.items() if what is not None} == {}
