"""`takeback gate match` as a process, on a folder of real photographs beside other files."""

import contextlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from takeback.fingerprints import fingerprint_picture
from takeback.gate.store.store import Store
from takeback.gate.sync.list_sync import ListSync
from takeback.hashlist.events import EntryId
from takeback.media import Decoder
from tests.support.log_server import Log
from tests.support.rights import as_ordinary_user

LISTED = 3


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "takeback", "gate", "match", *map(str, arguments)]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, timeout=200
    )


@pytest.fixture(scope="session")
def small_files(photographs: list[Path]) -> list[Path]:
    """A dozen photographs that are quickly decoded."""
    return sorted(photographs, key=lambda path: path.stat().st_size)[:12]


@pytest.fixture
def folder(small_files: list[Path], tmp_path: Path) -> Path:
    """Photographs at two depths, and a file that is no picture."""
    folder = tmp_path / "uploads"
    (folder / "deep/er").mkdir(parents=True)
    for number, path in enumerate(small_files):
        shutil.copy(path, folder / ("deep/er" if number % 2 else ".") / path.name)
    (folder / "readme.txt").write_text("not a picture")
    return folder


@pytest.fixture
def listed(log: Log, sync: ListSync, folder: Path, decoder: Decoder) -> dict[str, EntryId]:
    """Three of the photographs are on the list, as re-encoded copies of other sizes."""
    expected = {}
    for path in sorted(folder.rglob("*.*"))[:LISTED]:
        with Image.open(path) as picture:
            smaller = picture.convert("RGB").resize((900, 600))
        smaller.save(folder.parent / "copy.jpg", quality=70)
        code = fingerprint_picture((folder.parent / "copy.jpg").read_bytes(), decoder).pdq
        expected[str(path)] = log.add(code.bits)
    (folder.parent / "copy.jpg").unlink()
    sync.sync()
    return expected


def test_a_folder_is_matched_whole(
    listed: dict[str, EntryId], folder: Path, small_files: list[Path], store: Store
) -> None:
    done = run(folder, "--store", store.folder, "--json", "--jobs", 2)
    assert done.returncode == 0, done.stderr
    *pictures, last = map(json.loads, done.stdout.splitlines())
    assert [picture["file"] for picture in pictures] == sorted(
        picture["file"] for picture in pictures
    )
    assert len(pictures) == len(small_files)
    assert {picture["file"]: picture["entry"] for picture in pictures if picture["entry"]} == listed
    summary = last["summary"]
    assert summary["decisions"] == {"allow": len(small_files) - LISTED, "review": LISTED}
    assert (summary["pictures"], summary["not_read"]) == (len(small_files), 0)
    assert (summary["jobs"], summary["interrupted"]) == (2, False)
    assert summary["pictures_a_second"] > 0
    assert set(summary["shares"]) == {"read", "decode and fingerprint", "digest", "match"}
    assert sum(summary["shares"].values()) == pytest.approx(1, abs=0.001)
    assert all(share > 0 for share in summary["shares"].values())


def test_what_can_not_be_read_is_counted_and_named_at_the_end(
    listed: dict[str, EntryId], folder: Path, store: Store
) -> None:
    damaged = folder / "damaged.png"
    damaged.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    gone = folder / "gone.jpg"
    done = run(gone, folder, "--store", store.folder)
    assert done.returncode == 3
    assert done.stdout.count(": review.") == LISTED
    speed, shares, heading, *named = done.stderr.splitlines()
    assert "12 pictures in " in speed
    assert "a second" in speed
    assert "decode and fingerprint" in shares
    assert heading == "2 could not be read:"
    assert [line.partition(": ")[0] for line in named] == [str(gone), str(damaged)]
    assert "readme.txt" not in done.stdout + done.stderr


def test_the_views_that_are_looked_up_can_be_chosen(
    log: Log, sync: ListSync, folder: Path, store: Store, decoder: Decoder, small_files: list[Path]
) -> None:
    mirrored = folder.parent / "mirrored.png"
    with Image.open(small_files[0]) as picture:
        ImageOps.mirror(picture.convert("RGB")).resize((900, 700)).save(mirrored)
        framed = ImageOps.expand(picture.convert("RGB"), picture.width // 10, "white")
    framed.save(folder.parent / "framed.png")
    entry = log.add(fingerprint_picture(small_files[0].read_bytes(), decoder).pdq.bits)
    sync.sync()
    for views, found in (("plain", [entry, None]), ("standard", [entry, entry])):
        files = (mirrored, folder.parent / "framed.png")
        done = run(*files, "--store", store.folder, "--json", "--views", views)
        assert [json.loads(line)["entry"] for line in done.stdout.splitlines()[:2]] == found
    wrong = run(mirrored, "--store", store.folder, "--views", "perhaps")
    assert wrong.returncode == 2
    assert "standard" in wrong.stderr


def test_a_folder_without_pictures_is_said_to_have_none(
    listed: dict[str, EntryId], tmp_path: Path, store: Store
) -> None:
    (tmp_path / "empty").mkdir()
    done = run(tmp_path / "empty", "--store", store.folder)
    assert done.returncode == 2
    assert "No pictures in" in done.stderr


def test_a_terminal_is_shown_how_far_it_is(
    listed: dict[str, EntryId], folder: Path, store: Store
) -> None:
    terminal, its_end = pty.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as shown:
        done = subprocess.run(
            command(folder, "--store", store.folder),
            stdout=subprocess.DEVNULL,
            stderr=its_end,
            check=False,
            timeout=200,
        )
        os.close(its_end)
        written = b""
        with contextlib.suppress(OSError):  # how a terminal ends
            while piece := shown.read(4096):
                written += piece
    assert done.returncode == 0
    assert re.search(rb"Pictures .*/13.* a second", written)


def test_without_a_list_nothing_is_checked(folder: Path, store: Store) -> None:
    done = run(folder, "--store", store.folder)
    assert done.returncode == 1
    assert "takeback gate sync" in done.stderr
    assert done.stdout == ""


def test_an_interrupted_match_ends_with_what_was_done(
    listed: dict[str, EntryId], folder: Path, store: Store, small_files: list[Path]
) -> None:
    many = folder / "many"
    many.mkdir()
    for number in range(600):
        (many / f"{number}.jpg").symlink_to(small_files[number % len(small_files)])
    with subprocess.Popen(
        command(many, "--store", store.folder, "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background has the signal ignored, and hands that on.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    assert first["file"].startswith(str(many))
    summary = json.loads(rest.splitlines()[-1])["summary"]
    assert process.returncode == 130
    assert summary["interrupted"]
    assert 1 <= summary["pictures"] < 600
    assert "Traceback" not in errors
    assert "Interrupted." in errors


def test_what_was_not_looked_into_is_counted_and_no_name_forges_a_line(
    listed: dict[str, EntryId], folder: Path, store: Store, small_files: list[Path]
) -> None:
    (folder / "closed").mkdir(mode=0)
    (folder / "elsewhere.jpg").symlink_to("nowhere")
    forged = "x.jpg: review.\nlisted.jpg: allow. Nothing on the list is like it.\x1b[1A"
    shutil.copy(small_files[0], folder / forged)
    plain, as_json = (
        subprocess.run(
            command(folder, "--store", store.folder, *options),
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
            preexec_fn=as_ordinary_user,
        )
        for options in ([], ["--json"])
    )
    assert (plain.returncode, as_json.returncode) == (3, 3)
    printed = plain.stdout + plain.stderr
    assert "\x1b" not in printed
    assert not any(line.startswith("listed.jpg") for line in printed.splitlines())
    assert plain.stderr.splitlines()[-3:] == [
        "2 places could not be looked into:",
        f"{folder}/closed: Permission denied. Check the name and the rights.",
        f"{folder}/elsewhere.jpg: This link leads nowhere.",
    ]
    *lines, last = map(json.loads, as_json.stdout.splitlines())
    assert last["summary"]["not_looked_into"] == 2
    assert str(folder / forged) in {line["file"] for line in lines}
