"""The browser's fingerprints of a file are the server's: real Chromium, real photographs."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from takeback.demo.photographs import find_photographs
from takeback.fingerprints import Pdq, PictureFingerprints, fingerprint_picture
from takeback.media import Decoder
from tests.browser.picker_page import picker_page
from tests.browser.picture_files import odd_files, photograph_files

pytestmark = pytest.mark.e2e

PHOTOGRAPHS = 110
AT_ONCE = 40
"""Files given to one page; the picker takes 50."""


@dataclass(frozen=True)
class Seen:
    """What the browser and the server made of one file."""

    file: str
    browser_pdq: Pdq | None
    browser_crops: list[Pdq]
    browser_sha256: str
    browser_md5: str
    server: PictureFingerprints

    @property
    def distance(self) -> int:
        assert self.browser_pdq is not None, f"{self.file}: the browser saw no pixels"
        ours = int.from_bytes(self.browser_pdq.bits) ^ int.from_bytes(self.server.pdq.bits)
        return ours.bit_count()

    @property
    def crop_distances(self) -> list[int]:
        pairs = zip(self.browser_crops, self.server.crops, strict=True)
        return [ours.distance(theirs) for ours, theirs in pairs]


@pytest.fixture(scope="session")
def photographs() -> list[Path]:
    found = find_photographs()
    assert len(found) >= 100, "Fetch the photographs first: make photographs"
    return found


@pytest.fixture(scope="session")
def picker(browser: Browser) -> Iterator[Page]:
    with picker_page() as address:
        context = browser.new_context()
        context.set_default_timeout(120_000)
        page = context.new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address)
        yield page
        context.close()
        assert problems == []


def in_the_browser(page: Page, files: list[Path]) -> dict[str, dict[str, Any]]:
    """Pick `files` on a fresh page; return the records the form would send, by file name."""
    page.evaluate("sessionStorage.clear()")
    page.reload()
    page.locator("[data-picker-input]").set_input_files(files)
    expect(page.locator("[data-settled]")).to_have_count(len(files), timeout=120_000)
    records = json.loads(page.locator("[data-picker-value]").input_value())
    picked = json.loads(page.evaluate("sessionStorage.getItem('picked-pictures')"))
    return {picked[record["id"]]["name"]: record for record in records}


def compared(page: Page, files: list[Path]) -> list[Seen]:
    seen = []
    with Decoder() as decoder:
        for start in range(0, len(files), AT_ONCE):
            batch = files[start : start + AT_ONCE]
            records = in_the_browser(page, batch)
            assert records.keys() == {file.name for file in batch}
            for file in batch:
                record = records[file.name]
                pdq = record["pdq"] and Pdq.from_hex(
                    str(record["pdq"]), int(str(record["quality"]))
                )
                crops = [Pdq.from_hex(crop["pdq"], crop["quality"]) for crop in record["crops"]]
                seen.append(
                    Seen(
                        file=file.name,
                        browser_pdq=pdq or None,
                        browser_crops=crops,
                        browser_sha256=str(record["sha256"]),
                        browser_md5=str(record["md5"]),
                        server=fingerprint_picture(file.read_bytes(), decoder),
                    )
                )
    return seen


def show(title: str, seen: list[Seen], capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counter(result.distance for result in seen)
    apart = {result.file: result.distance for result in seen if result.distance}
    with capsys.disabled():
        print(
            f"\n{title}: {len(seen)} files; bits apart: files", dict(sorted(counts.items())), apart
        )


def test_photographs_have_the_servers_fingerprints(
    picker: Page, photographs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = list(photograph_files(photographs[:PHOTOGRAPHS], tmp_path))
    assert len(files) >= 100
    seen = compared(picker, files)
    show("JPEG, PNG and WebP photographs, Chromium against the server", seen, capsys)
    distances = sorted(result.distance for result in seen)
    assert distances[-1] <= 10
    assert sum(distance <= 2 for distance in distances) >= 0.99 * len(distances)
    for result in seen:
        assert (result.browser_sha256, result.browser_md5) == (
            result.server.sha256,
            result.server.md5,
        )
        assert result.browser_pdq is not None
        assert abs(result.browser_pdq.quality - result.server.pdq.quality) <= 1
    crops = [distance for result in seen for distance in result.crop_distances]
    assert len(crops) >= 8 * len(seen)
    assert max(crops) <= 12
    assert sum(distance <= 4 for distance in crops) >= 0.99 * len(crops)


def test_odd_files_have_the_servers_fingerprints(
    picker: Page, photographs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = compared(picker, list(odd_files(photographs[-40:], tmp_path)))
    show("Turned, profiled, transparent and other odd files", seen, capsys)
    assert max(result.distance for result in seen) <= 10


def test_a_file_without_a_picture_keeps_its_exact_fingerprints(
    picker: Page, photographs: list[Path], tmp_path: Path
) -> None:
    broken, good = tmp_path / "broken.heic", tmp_path / "good.jpg"
    broken.write_bytes(b"\0\0\0\x18ftypheic" + bytes(500))
    good.write_bytes(photographs[-1].read_bytes())
    records = in_the_browser(picker, [broken, good])
    assert records["broken.heic"]["pdq"] is None
    assert len(str(records["broken.heic"]["sha256"])) == 64
    assert records["good.jpg"]["pdq"] is not None
