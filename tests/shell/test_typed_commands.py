"""A command that is printed can be typed as it stands: on the path, in a checkout, elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from takeback.shell.typed_commands import typed

_PRINTS = "from takeback.shell.typed_commands import typed; print(typed('hash --help'))"


def _printed_in(folder: Path, path: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _PRINTS],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_in_a_checkout_it_names_the_file_from_where_one_is() -> None:
    programs = Path(sys.executable).parent
    checkout = programs.parent.parent
    printed = _printed_in(checkout, "/usr/bin:/bin")
    assert printed == f"{programs.relative_to(checkout)}/takeback hash --help"
    done = subprocess.run(printed, shell=True, cwd=checkout, capture_output=True, check=False)
    assert done.returncode == 0


def test_elsewhere_it_names_the_whole_file(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("takeback")
    assert _printed_in(tmp_path, "/usr/bin:/bin") == f"{program} hash --help"


def test_where_the_path_leads_to_this_program_the_name_is_enough(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    assert _printed_in(tmp_path, path) == "takeback hash --help"


def test_another_program_of_that_name_on_the_path_is_not_taken_for_it(tmp_path: Path) -> None:
    other = tmp_path / "takeback"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    assert _printed_in(tmp_path, f"{tmp_path}:/usr/bin") != "takeback hash --help"


def test_the_file_that_was_called_counts_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tmp_path / "my programs" / "takeback"
    called.parent.mkdir()
    called.touch()
    monkeypatch.setattr(sys, "argv", [str(called), "run"])
    monkeypatch.chdir(tmp_path)
    assert typed("run") == "'my programs/takeback' run"
