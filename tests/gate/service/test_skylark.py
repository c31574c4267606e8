"""Skylark as a process: what it posts, what it holds, and what its moderators say."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from takeback.demo.stack import free_ports
from takeback.fingerprints import fingerprint_picture
from takeback.gate.store.outbox import Outbox
from takeback.gate.store.store import Store
from takeback.gate.sync.list_sync import ListSync
from takeback.media import Decoder
from takeback.signals.lanes import Lane
from tests.support.gate_service import status_of, wait_until
from tests.support.log_server import Log
from tests.support.scenes import encoded, scene

APP = Path(__file__).parents[3] / "examples" / "skylark" / "app.py"


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Iterator[str]:
    port = free_ports().platform
    command = [sys.executable, str(APP), "--store", str(store.folder), "--port", str(port)]
    with (
        (tmp_path / "skylark.log").open("wb") as output,
        subprocess.Popen(
            [*command, "--uploads", str(tmp_path / "uploads")],
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: status_of(f"{url}/healthz") in (200, 503))
        yield url
        process.terminate()
    assert "127.0.0.1:" not in (tmp_path / "skylark.log").read_text().replace(url[7:], "")


def post(site: str, data: bytes) -> requests.Response:
    files = {"picture": ("x", data)}
    return requests.post(site, files=files, timeout=60, allow_redirects=False)


def list_pictures(log: Log, sync: ListSync) -> list[bytes]:
    """One self-reported picture and one confirmed one; gives copies of both."""
    copies = []
    with Decoder() as decoder:
        for seed, lane in ((1, Lane.SELF_REPORTED), (2, Lane.CONFIRMED)):
            listed = fingerprint_picture(encoded(scene(seed)), decoder)
            log.add(bytes.fromhex(listed.pdq.hex), lane)
            copies.append(encoded(scene(seed), "JPEG", quality=60))
    sync.sync()
    return copies


def test_the_script_stays_short() -> None:
    assert len(APP.read_text().splitlines()) < 100


def test_pictures_are_posted_held_or_refused(
    log: Log, sync: ListSync, store: Store, site: str, tmp_path: Path
) -> None:
    assert post(site, encoded(scene(3))).status_code == 422  # no list is there yet
    held, blocked = list_pictures(log, sync)
    other = encoded(scene(3))
    assert post(site, other).status_code == 303
    for copy in (held, held, blocked):
        assert post(site, copy).status_code == 403
    assert post(site, b"no picture").status_code == 422
    gallery = list((tmp_path / "uploads" / "gallery").iterdir())
    assert [file.read_bytes() for file in gallery] == [other]
    shown = requests.get(f"{site}/pictures/{gallery[0].name}", timeout=20)
    assert (shown.content, shown.headers["Content-Type"]) == (other, "image/png")
    notes = sorted((tmp_path / "uploads" / "held").glob("*.json"))
    same, different = (note.stem for note in notes)
    assert requests.get(f"{site}/pictures/{same}", timeout=20).status_code == 404
    page = requests.get(f"{site}/moderation", timeout=20).text
    assert page.count("Show the picture") == 2
    requests.post(f"{site}/moderation/{same}/blocked", timeout=20)
    requests.post(f"{site}/moderation/{different}/not_the_same", timeout=20)
    assert requests.get(f"{site}/pictures/{different}", timeout=20).content == held
    assert list((tmp_path / "uploads" / "held").iterdir()) == []
    values = [item.value.value for item in Outbox(store).waiting()]
    assert values == ["pending_review"] * 2 + ["blocked"] * 2 + ["not_the_same"]


def test_who_is_stopped_reads_the_notice_in_their_language_and_nothing_of_the_verdict(
    log: Log, sync: ListSync, store: Store, site: str, hotline: str
) -> None:
    """Fault A8: the words of before told an extorter that someone had asked sites to stop it."""
    held, blocked = list_pictures(log, sync)
    references = []
    for copy, heading in ((held, "This is not posted yet"), (blocked, "We could not post this")):
        page = post(site, copy).text
        assert heading in page
        (reference,) = re.findall(r'<code class="reference" dir="ltr">([0-9a-f-]{36})</code>', page)
        assert f'href="{hotline}/appeal#reference={reference}"' in page
        references.append(reference)
        shown = page.split("<main", 1)[1].split("</main>")[0]
        for tip_off in ("someone", "asked", "looks", "list", "share", "Takeback"):
            assert tip_off not in re.sub(r"<[^>]+>", "", shown)
    assert references == [str(item.id) for item in Outbox(store).waiting()]
    files = {"picture": ("x", blocked)}
    arabic = requests.post(site, files=files, headers={"Accept-Language": "ar-EG"}, timeout=60)
    assert 'lang="ar" dir="rtl"' in arabic.text
    assert "لم نتمكن من نشر هذا" in arabic.text


def test_another_site_can_not_post_and_headers_are_strict(site: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    files = {"picture": b"x"}
    assert requests.post(site, files=files, headers=headers, timeout=20).status_code == 403
    for path in ("/", "/moderation", "/style/skylark.css", "/nowhere", "/pictures/..%2Fx"):
        answer = requests.get(f"{site}{path}", timeout=20)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "://" not in answer.text
        assert "Set-Cookie" not in answer.headers
