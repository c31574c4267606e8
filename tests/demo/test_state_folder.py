"""A state folder in which nothing can start: one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", ["a b", "a'b", "a$b"])
def test_a_path_that_the_database_cannot_take_is_one_sentence(tmp_path: Path, name: str) -> None:
    state = tmp_path / name
    command = [sys.executable, "-m", "takeback", "run", "--state", str(state)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    sentence = " ".join(done.stderr.split())
    assert sentence.startswith(f"The embedded PostgreSQL can't work in {state}")
    assert sentence.endswith("Choose another folder, or name a server of your own in DATABASE_URL.")
