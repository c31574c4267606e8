"""Where no process can be started that decodes pictures, every command says so in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from takeback.gate.store.store import Store
from takeback.gate.sync.list_sync import ListSync
from tests.support.database import hotline_database
from tests.support.followed_log import client, codes, hotline, log, store, sync

__all__ = ["client", "codes", "hotline", "hotline_database", "log", "store", "sync"]

# What is no program, and a program that ends at once instead of decoding.
NOT_PYTHON = ["/dev/null", "/bin/false"]
_TAKEBACK = "import sys; from takeback.cli.main import app; sys.executable = sys.argv.pop(1); app()"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.linear_gradient("L").save(folder / "one.png")
    return folder / "one.png"


def run(
    python: str, *arguments: object, database: str = "postgresql:///none"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _TAKEBACK, python, *map(str, arguments)],
        env={**os.environ, "DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


@pytest.mark.parametrize("python", NOT_PYTHON)
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["hash"], 2),
        (["hash", "--json"], 2),
        (["demo", "--photos"], 1),
    ],
    ids=["hash", "hash --json", "demo"],
)
def test_it_is_said_in_one_line(python: str, command: list[str], code: int, picture: Path) -> None:
    is_said_in_one_line(run(python, *command, picture.parent), code)


@pytest.mark.parametrize("python", NOT_PYTHON)
def test_no_corpus_is_built(python: str, hotline_database: str, picture: Path) -> None:
    build = ("hotline", "guard", "build", picture.parent)
    is_said_in_one_line(run(python, *build, database=hotline_database), 2)


def is_said_in_one_line(done: subprocess.CompletedProcess[str], code: int) -> None:
    assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
    assert done.stderr.startswith("The process that decodes pictures could not")


@pytest.mark.parametrize("python", NOT_PYTHON)
def test_a_gate_says_it_too(python: str, sync: ListSync, store: Store, picture: Path) -> None:
    sync.sync()
    for command in (["match", picture], ["serve", "--port", 0]):
        is_said_in_one_line(run(python, "gate", *command, "--store", store.folder), 2)
