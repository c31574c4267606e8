"""`takeback hash`, as somebody at a terminal or a script meets it."""

import hashlib
import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

_HASH = [sys.executable, "-m", "takeback", "hash"]


@pytest.fixture
def folder(tmp_path: Path, photographs: list[Path]) -> Path:
    """Two photographs, one deeper than the other, a note, and a broken picture's twin."""
    (tmp_path / "deep/er").mkdir(parents=True)
    with Image.open(photographs[0]) as photograph:
        photograph.reduce(4).save(tmp_path / "one.jpg")
        photograph.reduce(6).save(tmp_path / "deep/er/two two.png")
    (tmp_path / "deep/note.txt").write_text("no picture")
    return tmp_path


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_HASH, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def _objects(lines: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.splitlines()]


def test_fingerprints_are_printed_for_people(folder: Path) -> None:
    done = _run(folder, "one.jpg")
    assert (done.returncode, done.stderr) == (0, "")
    (record,) = _objects(_run(folder, "one.jpg", "--json").stdout)
    width, height, size = record["width"], record["height"], record["bytes"]
    assert done.stdout.splitlines() == [
        "one.jpg",
        "  type     image/jpeg",
        f"  size     {width} × {height} pixels, {size:,} bytes",
        f"  quality  {record['quality']}",
        f"  PDQ      {record['pdq']}",
        f"  SHA-256  {record['sha256']}",
        f"  MD5      {record['md5']}",
    ]


def test_fingerprints_are_printed_as_json(folder: Path) -> None:
    done = _run(folder, "one.jpg", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (record,) = _objects(done.stdout)
    data = (folder / "one.jpg").read_bytes()
    with Image.open(folder / "one.jpg") as picture:
        assert (record["width"], record["height"]) == picture.size
    assert record["bytes"] == len(data)
    assert record["type"] == "image/jpeg"
    assert record["sha256"] == hashlib.sha256(data).hexdigest()
    assert record["md5"] == hashlib.md5(data).hexdigest()
    assert len(str(record["pdq"])) == 64
    assert isinstance(record["quality"], int)


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        ([".", "one.jpg"], ["deep/er/two two.png", "one.jpg", "one.jpg"]),
        (["deep"], ["deep/er/two two.png"]),
        (["*.jpg"], ["one.jpg"]),
        (["**/*.png"], ["deep/er/two two.png"]),
        (["d??p"], ["deep/er/two two.png"]),
    ],
)
def test_folders_and_patterns_stand_for_their_pictures(
    folder: Path, arguments: Sequence[str], files: list[str]
) -> None:
    done = _run(folder, *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [record["file"] for record in _objects(done.stdout)] == files
    absolute = _run(folder, str(folder / "*.jpg"), "--json")
    assert [record["file"] for record in _objects(absolute.stdout)] == [str(folder / "one.jpg")]


def test_what_fails_is_told_and_the_rest_is_done(folder: Path) -> None:
    (folder / "cut.webp").write_bytes(b"RIFF\x10\0\0\0WEBPVP8 ")
    bad = ["gone.jpg", "deep/note.txt", "cut.webp", "no*.jpg", "/dev/null"]
    done = _run(folder, *bad, "one.jpg")
    assert done.returncode == 1
    assert done.stdout.startswith("one.jpg\n")
    lines = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in lines] == bad
    assert all(line.endswith(".") for line in lines)
    assert "Traceback" not in done.stderr
    done = _run(folder, *bad, "one.jpg", "--json")
    assert (done.returncode, done.stderr) == (1, "")
    *failures, fine = _objects(done.stdout)
    assert [failure["file"] for failure in failures] == bad
    assert [failure["error"] for failure in failures] == [
        *("FileNotFoundError", "UnsupportedMedia", "DamagedMedia", "FileNotFoundError"),
        "NotAFile",
    ]
    assert fine["file"] == "one.jpg"


def test_a_broken_picture_in_a_folder_is_told(folder: Path) -> None:
    (folder / "deep/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    done = _run(folder, "deep")
    assert done.returncode == 1
    assert done.stderr.startswith("deep/broken.png: ")


def test_a_folder_without_pictures_is_told(folder: Path) -> None:
    (folder / "empty").mkdir()
    done = _run(folder, "empty")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "No pictures in empty.\n"


def test_a_terminal_sees_progress_and_a_pipe_does_not(folder: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*_HASH, "."], cwd=folder, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as process:
        os.close(theirs)
        seen = b""
        while process.poll() is None or select.select([ours], [], [], 0)[0]:
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    seen += os.read(ours, 4096)
                except OSError:  # the other end is closed
                    break
        os.close(ours)
        assert process.stdout is not None
        printed = process.stdout.read()
    assert process.returncode == 0
    assert b"Pictures" in seen
    assert printed.count("SHA-256") == 2
    assert "\x1b" not in printed


def test_help_has_examples() -> None:
    done = _run(Path.cwd(), "--help")
    assert done.returncode == 0
    assert "takeback hash holiday.jpg" in done.stdout
