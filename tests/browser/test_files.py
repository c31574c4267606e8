"""Fault A6, in Chromium: videos openly, anything else refused, files of one name told apart."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.picker_page import picker_page
from tests.support.encodings import encode
from tests.support.odd_pictures.case import scene

pytestmark = pytest.mark.e2e

FILM_BYTES = 600 * 2**20
"""More bits than 32 bits can count. The files are sparse: hardly a byte is on the disk."""

_SCENE = Image.fromarray(scene())
_PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"

# The page's own Chromium films a square that changes its colour.
_FILM = """
async () => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 64;
  const pen = canvas.getContext('2d');
  const recorder = new MediaRecorder(canvas.captureStream(30), {mimeType: 'video/webm'});
  const pieces = [];
  recorder.ondataavailable = ({data}) => pieces.push(data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start();
  for (let hue = 0; hue < 360; hue += 30) {
    pen.fillStyle = `hsl(${hue} 80% 50%)`;
    pen.fillRect(0, 0, 64, 64);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  recorder.stop();
  await stopped;
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with picker_page() as address:
        page = browser.new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address)
        yield page
        page.close()
        assert problems == []


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "beach.jpg"
    path.write_bytes(encode(_SCENE, "image/jpeg"))
    return path


def webm(browser: Browser) -> bytes:
    """A film that Chromium recorded."""
    page = browser.new_page()
    film = base64.b64decode(page.evaluate(_FILM))
    page.close()
    assert len(film) > 1000
    return film


def mp4() -> bytes:
    """An MP4 file: its brands, an empty index and random data (ISO/IEC 14496-12)."""
    brands = b"isom\0\0\2\0isomiso2avc1mp41"
    boxes = ((b"ftyp", brands), (b"moov", b""), (b"mdat", os.urandom(300_000)))
    return b"".join((8 + len(body)).to_bytes(4, "big") + name + body for name, body in boxes)


def pick(page: Page, *files: Path) -> None:
    page.locator("[data-picker-input]").set_input_files(files)


def settled(page: Page) -> list[str]:
    """The names of the rows, how they look and what they say, once all are done."""
    rows = page.locator("[data-picker-list] > li")
    expect(rows.locator("progress:visible")).to_have_count(0)
    return [
        f"{row.locator('[data-name]').inner_text()}: "
        f"{row.get_attribute('data-settled')}, {row.locator('[data-state]').inner_text()}"
        for row in rows.all()
    ]


def records(page: Page) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = json.loads(page.locator("[data-picker-value]").input_value())
    return sent


@pytest.mark.parametrize("name", ["party.webm", "party.mp4", "party.jpg"])
def test_a_video_is_said_to_be_one_and_has_the_digests_of_its_file(
    page: Page, browser: Browser, photograph: Path, tmp_path: Path, name: str
) -> None:
    film = webm(browser) if name.endswith("webm") else mp4()
    (tmp_path / name).write_bytes(film)
    pick(page, tmp_path / name, photograph)
    assert settled(page) == [f"{name}: note, video", "beach.jpg: good, ready"]
    marks = page.locator("[data-picker-list] [data-video]:visible")
    expect(marks).to_have_count(1)
    video, picture = records(page)
    assert (video["kind"], video["pdq"], video["quality"], video["crops"]) == (
        *("video", None, None),
        [],
    )
    assert video["sha256"] == hashlib.sha256(film).hexdigest()
    assert video["md5"] == hashlib.md5(film, usedforsecurity=False).hexdigest()
    assert picture["kind"] == "picture"
    assert picture["pdq"] is not None


@pytest.mark.parametrize("name", ["homework.pdf", "homework.jpg", "homework.mp4"])
def test_a_pdf_is_refused_whatever_its_name_is(
    page: Page, photograph: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(_PDF)
    pick(page, tmp_path / name, photograph)
    assert settled(page) == [f"{name}: bad, refused", "beach.jpg: good, ready"]
    assert [record["kind"] for record in records(page)] == ["picture"]
    assert name not in page.evaluate("sessionStorage.getItem('picked-pictures')")


def test_a_picture_that_only_other_browsers_open_is_still_taken(page: Page, tmp_path: Path) -> None:
    heic, tiff = tmp_path / "beach.heic", tmp_path / "beach.mp4"
    heic.write_bytes(encode(_SCENE, "image/heic"))
    tiff.write_bytes(encode(_SCENE, "image/tiff"))
    pick(page, heic, tiff)
    assert settled(page) == ["beach.heic: note, exact_only", "beach.mp4: note, exact_only"]
    assert [(record["kind"], record["pdq"]) for record in records(page)] == [("picture", None)] * 2


def test_two_files_of_one_name_can_be_told_apart(
    page: Page, photograph: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "1" / "image.jpg", tmp_path / "2" / "image.jpg"
    for path, size in ((first, 300_000), (second, 2_100_000)):
        path.parent.mkdir()
        picture = photograph.read_bytes()
        path.write_bytes(picture + bytes(size - len(picture)))
        os.utime(path, (1_588_500_000, 1_588_500_000))  # 3 May 2020, about noon
    pick(page, first)
    pick(page, second)
    assert settled(page) == [
        "image.jpg 300 kB · 3 May 2020: good, ready",
        "image.jpg (2) 2.1 MB · 3 May 2020: good, ready",
    ]
    picked = json.loads(page.evaluate("sessionStorage.getItem('picked-pictures')"))
    assert [note["name"] for note in picked.values()] == ["image.jpg", "image.jpg (2)"]
    assert re.search(r"image|MB|2020", json.dumps(records(page))) is None


def test_a_long_video_is_read_to_its_end_or_removed_on_the_way(
    page: Page, photograph: Path, tmp_path: Path
) -> None:
    film, longer = tmp_path / "film.mp4", tmp_path / "longer.mp4"
    for path, size in ((film, FILM_BYTES), (longer, 32 * FILM_BYTES)):
        with path.open("wb") as file:
            file.write(mp4())
            file.truncate(size)
    pick(page, longer, film, photograph)
    rows = page.locator("[data-picker-list] > li")
    expect(rows.first.locator("[data-state]")).to_have_text(re.compile(r"^\d+% of it$"))
    rows.first.locator("[data-remove]").click()
    expect(rows).to_have_count(2)
    expect(rows.first).to_have_attribute("data-settled", "note", timeout=120_000)
    assert settled(page) == ["film.mp4: note, video", "beach.jpg: good, ready"]
    for name in ("sha256", "md5"):
        with film.open("rb") as file:
            assert records(page)[0][name] == hashlib.file_digest(file, name).hexdigest()
