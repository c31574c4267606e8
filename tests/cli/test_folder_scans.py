"""Folders as strangers leave them: what a scan could not look into is said, and no name lies."""

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.support.rights import as_ordinary_user

# The name of a file that would print a line of its own, and paint a terminal.
FORGED = "x.png: review.\nlisted.png: allow. Nothing on the list is like it.\x1b[2K\x9b1A\u202e"


def hash_files(folder: Path, *arguments: str | bytes) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "takeback", "hash", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=as_ordinary_user,
    )


def hashed(folder: Path, *arguments: str) -> list[str]:
    """The files that were fingerprinted, in the order in which they were printed."""
    objects = map(json.loads, hash_files(folder, "--json", *arguments).stdout.splitlines())
    return [printed["file"] for printed in objects if "pdq" in printed]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One picture in a folder, in a folder."""
    (tmp_path / "year/month").mkdir(parents=True)
    Image.linear_gradient("L").resize((96, 96)).save(tmp_path / "year/month/picture.png")
    return tmp_path


@pytest.fixture
def closed(folder: Path) -> Iterator[Path]:
    """A folder beside it that nobody may look into."""
    inside = folder / "year/closed"
    inside.mkdir()
    (inside / "picture.png").write_bytes((folder / "year/month/picture.png").read_bytes())
    inside.chmod(0)
    yield inside
    inside.chmod(0o700)


@pytest.mark.parametrize("argument", ["year", ".", "*", "ye*/*", "**/*.png", "year/*"])
def test_a_folder_without_rights_is_said_and_the_rest_is_done(
    folder: Path, closed: Path, argument: str
) -> None:
    done = hash_files(folder, argument)
    assert done.returncode == 1
    assert "year/month/picture.png\n" in done.stdout
    assert done.stderr.splitlines() == [
        "1 place could not be looked into:",
        "year/closed: Permission denied. Check the name and the rights.",
    ]
    *_, last = map(json.loads, hash_files(folder, argument, "--json").stdout.splitlines())
    assert (last["file"], last["error"]) == ("year/closed", "NotLookedInto")


def test_a_folder_that_is_named_and_closed_is_no_traceback(folder: Path, closed: Path) -> None:
    done = hash_files(folder, "year/closed", "year/closed/picture.png", "n" * 5000)
    assert done.returncode == 1
    assert "year/closed: Permission denied." in done.stderr
    assert "year/closed/picture.png: Permission denied." in done.stderr
    assert "File name too long." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_only_lists_its_names_is_said(folder: Path) -> None:
    (folder / "year/month").chmod(0o400)
    done = hash_files(folder, "year")
    (folder / "year/month").chmod(0o700)
    assert done.returncode == 1
    assert "year/month/picture.png: Permission denied." in done.stderr


def test_linked_folders_are_followed_each_folder_once(folder: Path) -> None:
    elsewhere = folder / "elsewhere"
    (folder / "year/month").rename(elsewhere)
    (folder / "year/link").symlink_to(elsewhere)
    (folder / "year/another").symlink_to("../elsewhere")
    assert hashed(folder, "year") == ["year/another/picture.png"]
    # Its own name comes before any link's.
    (folder / "a-link").symlink_to("elsewhere")
    assert hashed(folder, ".") == ["elsewhere/picture.png"]
    assert hashed(folder, "a-link") == ["a-link/picture.png"]
    assert hash_files(folder, ".").returncode == 0


def test_a_ring_of_links_ends(folder: Path) -> None:
    (folder / "year/month/up").symlink_to(folder / "year")
    (folder / "year/month/self").symlink_to("self")
    done = hash_files(folder, "year")
    assert done.stdout.count("PDQ") == 1
    assert done.returncode == 1
    assert "year/month/self: Too many levels of symbolic links." in done.stderr


def test_a_link_that_leads_nowhere_is_said(folder: Path) -> None:
    (folder / "year/gone.png").symlink_to("deleted.png")
    done = hash_files(folder, "year")
    assert done.returncode == 1
    assert "year/gone.png: This link leads nowhere." in done.stderr


def test_pipes_sockets_and_devices_hold_nobody_up(folder: Path) -> None:
    os.mkfifo(folder / "year/pipe.png")
    (folder / "year/device.png").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "year/s.png"))
        whole = hash_files(folder, "year")
        named = hash_files(folder, "year/pipe.png", "year/s.png", "year/device.png")
    assert (whole.returncode, whole.stderr) == (0, "")
    assert named.returncode == 1
    assert named.stderr.count("This is not a file.") == 3


def test_no_name_begins_a_line_or_steers_a_terminal(folder: Path) -> None:
    (folder / "year/month/picture.png").rename(folder / FORGED)
    (folder / "year/\x1b[2Kbroken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (folder / "year/gone\nlisted.png: allow.").symlink_to("nowhere")
    for done in (hash_files(folder, "."), hash_files(folder, "*"), hash_files(folder, FORGED)):
        printed = done.stdout + done.stderr
        assert not any(line.startswith("listed.png") for line in printed.splitlines())
        assert not set(printed) & {"\x1b", "\x9b", "\u202e"}
        assert r"x.png: review.\nlisted.png: allow." in done.stdout
    assert hashed(folder, ".") == [FORGED]


def test_a_name_that_is_not_utf_8_is_printed_and_kept_whole(folder: Path) -> None:
    raw = os.fsencode(folder / "year/month") + b"/caf\xe9.png"
    os.rename(folder / "year/month/picture.png", raw)  # noqa: PTH104 - a name in bytes
    assert r"caf\xe9.png" in hash_files(folder, "year").stdout
    (printed,) = hash_files(folder, "year", "--json").stdout.splitlines()
    found = json.loads(printed)
    assert found["file"] == "year/month/caf\N{REPLACEMENT CHARACTER}.png"
    assert base64.b64decode(found["file_base64"]) == b"year/month/caf\xe9.png"


def test_a_path_of_any_depth_is_looked_into_or_said(folder: Path) -> None:
    here = os.open(folder / "year", os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=here)
        deeper = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    done = hash_files(folder, "year")
    assert done.returncode == 1
    assert done.stdout.count("PDQ") == 1
    assert "File name too long." in done.stderr
