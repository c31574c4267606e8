"""A folder in which `takeback run` can keep nothing: one sentence, and nothing is made there."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


def run(state: Path, *options: str) -> tuple[int, str]:
    """The exit code, and what is said on standard error, in one line."""
    command = [sys.executable, "-m", "takeback", "run", "--state", str(state), *options]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, " ".join(done.stderr.split())


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("words")
    code, sentence = run(file)
    assert code == 1
    assert sentence.startswith(f"Nothing can be kept in {file}, which is not a folder: give")
    assert file.read_text() == "words"


def test_what_belongs_to_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    code, sentence = run(tmp_path)
    assert code == 1
    assert sentence.startswith(f"Nothing can be kept in {tmp_path}, which holds files of something")
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_in_a_checkout_what_make_keeps_is_not_in_the_way(photographs: list[Path]) -> None:
    assert photographs, "make keeps them in var"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, sentence = run(REPOSITORY / "var", "--port", str(port))
    assert code == 1
    assert f"{port}" in sentence
    assert "Nothing can be kept" not in sentence


def test_a_port_that_there_is_not_is_refused(tmp_path: Path) -> None:
    code, sentence = run(tmp_path, "--port", "99999")
    assert code == 2
    assert "less than or equal to 65535" in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a b", "a'b", "a$b"])
def test_a_path_that_the_database_cannot_take_is_one_sentence(tmp_path: Path, name: str) -> None:
    state = tmp_path / name
    code, sentence = run(state)
    assert code == 1
    assert sentence.startswith(f"The embedded PostgreSQL can't work in {state}")
    assert sentence.endswith("Choose another folder, or name a server of your own in DATABASE_URL.")
