"""A picture on a phone to a stopped copy: real Chromium, real processes, real photographs."""

import base64
import io
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from playwright.sync_api import Browser, FilePayload, Page, expect

from takeback.demo.stack import Stack
from takeback.gate import Gate
from takeback.media import Decoder
from tests.e2e.conftest import RecordingProxy
from tests.e2e.page_rules import asked_elsewhere
from tests.e2e.walking import (
    come_to_the_pictures,
    go_on_to_the_code,
    open_case,
    pick,
    read_code,
    send,
)

pytestmark = pytest.mark.e2e

_ORIENTATION_TAG = 0x0112
_TURNED_RIGHT = 6
_LONGEST_SIDE = 2400
_MOST_BYTES_A_PICTURE = 20 * 1024
_OTHERS = 20
_WINDOW = 24
"""Bytes in a row that would prove a piece of a file: by chance one in 2^192."""


class Reported(NamedTuple):
    """A file on the young person's phone, and the picture as they see it."""

    path: Path
    upright: Image.Image


@pytest.fixture(scope="module")
def reported(photographs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Reported]:
    """Three files as phones hold them: a JPEG turned by EXIF, a PNG, a WebP."""
    folder = tmp_path_factory.mktemp("phone")
    first, second, third = (_opened(path) for path in photographs[:3])
    exif = Image.Exif()
    exif[_ORIENTATION_TAG] = _TURNED_RIGHT
    paths = [folder / "IMG_0001.jpg", folder / "Screenshot_2.png", folder / "IMG-3.webp"]
    first.transpose(Image.Transpose.ROTATE_90).save(paths[0], quality=92, exif=exif)
    second.save(paths[1], compress_level=1)
    third.save(paths[2], quality=90, method=1)
    return [Reported(*each) for each in zip(paths, (first, second, third), strict=True)]


def test_a_report_stops_altered_copies_and_nothing_else(
    browser: Browser,
    stack: Stack,
    recorded_hotline: RecordingProxy,
    reported: list[Reported],
    photographs: list[Path],
    decoder: Decoder,
    readme_picture: Callable[[Page, str], None],
) -> None:
    """The main job, as one young person and one platform live through it."""
    hotline = f"http://127.0.0.1:{recorded_hotline.port}"
    phone = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = phone.new_page()
    elsewhere = asked_elsewhere(phone, hotline)

    come_to_the_pictures(page, hotline)
    pick(page, [each.path for each in reported])
    expect(page.locator("[data-settled=good]")).to_have_count(len(reported))
    page.mouse.wheel(0, 300)  # down to the list
    readme_picture(page, "phone")
    with Gate.open(stack.gate_store) as gate:
        before = _listed(gate)
        code = go_on_to_the_code(page)
        send(page)
        assert read_code(page) == code
        for _ in range(100):  # the list goes out with the next tick of the clock
            if _listed(gate) >= before + len(reported):
                break
            page.wait_for_timeout(100)
        assert _listed(gate) == before + len(reported)

    site = browser.new_context(viewport={"width": 720, "height": 740}).new_page()
    refused = site.get_by_role("heading", name="This is not posted yet")
    for copy in _altered_copies(reported):
        _post(site, stack, copy)
        expect(refused, f"{copy['name']} should have been stopped").to_be_visible()
    readme_picture(site, "skylark")
    reference = site.locator("code").inner_text()
    site.get_by_role("link", name="Ask for a check").click()
    expect(site.get_by_label("Which number did they show you?")).to_have_value(reference)
    for other in islice(photographs, 3, 3 + _OTHERS):
        _post(site, stack, {"name": other.name, "mimeType": "", "buffer": other.read_bytes()})
        expect(site.get_by_role("heading", name="What did you see today?")).to_be_visible()
    expect(site.locator(".gallery img")).to_have_count(_OTHERS)

    open_case(page, hotline, code)
    stopped = page.locator(".app-case-card__number")
    for _ in range(50):  # feedback travels through the gate's outbox
        if stopped.count() and stopped.inner_text() == str(3 * len(reported)):
            break
        page.wait_for_timeout(200)
        open_case(page, hotline, code)
    expect(stopped).to_have_text(str(3 * len(reported)))
    stops = re.compile(f"{stack.platform} stopped {3 * len(reported)} copies for now")
    expect(page.locator("[data-newest-first]").get_by_text(stops)).to_be_visible()
    row = page.locator(".app-case-picture", has_text="IMG_0001.jpg")
    expect(row.get_by_text("3 stopped for now").first).to_be_visible()

    assert elsewhere == []
    sent = recorded_hotline.sent
    print(f"\nThe browser sent {len(sent):,} bytes in all, for {len(reported)} pictures.")
    assert len(sent) < _MOST_BYTES_A_PICTURE * len(reported)
    for piece in _pieces(reported, decoder):
        assert piece not in sent
    assert code.replace(" ", "").encode() not in sent
    for each in reported:
        assert each.path.name.encode() not in sent
    phone.close()


def _listed(gate: Gate) -> int:
    return sum(health.entries for health in gate.health())


def _altered_copies(reported: list[Reported]) -> Iterator[FilePayload]:
    for each in reported:
        picture = each.upright
        half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
        brighter = ImageEnhance.Brightness(picture).enhance(1.15)
        for how, altered, quality in (
            ("re-encoded", picture, 50),
            ("half size", half, 85),
            ("brightened", brighter, 85),
        ):
            file = io.BytesIO()
            altered.save(file, "JPEG", quality=quality)
            yield {
                "name": f"{each.path.stem} {how}.jpg",
                "mimeType": "image/jpeg",
                "buffer": file.getvalue(),
            }


def _post(site: Page, stack: Stack, upload: FilePayload) -> None:
    site.goto(stack.platform_url)
    site.get_by_label("Choose a picture").set_input_files(files=upload)
    site.get_by_role("button", name="Post it").click()


def _pieces(reported: list[Reported], decoder: Decoder) -> Iterator[bytes]:
    """Samples of each file and of its pixels, plain, in base64 and in hexadecimal."""
    for each in reported:
        data = each.path.read_bytes()
        pixels = decoder.decode(data).pixels
        opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
        for source in (data, pixels.tobytes(), opaque.tobytes()):
            for start in range(0, len(source) - _WINDOW, max(1, len(source) // 400)):
                window = source[start : start + _WINDOW]
                if len(set(window)) < _WINDOW // 3:
                    continue  # a run of one colour or of padding proves nothing
                yield window
                yield window.hex().encode()
                yield from (base64.b64encode(window[skip:])[:-4] for skip in range(3))


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        picture.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        return picture.convert("RGB")
