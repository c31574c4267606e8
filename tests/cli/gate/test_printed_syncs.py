"""The `gate sync` that a message prints does what the message says, pasted into a shell."""

import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from takeback.cli.main import app
from takeback.gate.store.snapshots import path_in_force
from takeback.gate.store.store import Store
from tests.support.log_server import Log

_COMMAND = re.compile(r"`([^`]+ gate sync [^`]+)`")


@pytest.fixture
def place(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where one is, with the file of the token; a shell takes its name apart."""
    folder = tmp_path / "Skylark's gate; here"
    folder.mkdir()
    (folder / "token").write_text(log.token)
    monkeypatch.chdir(folder)
    return folder


def run(*arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(app, ["gate", *map(str, arguments)], env=environment)


def printed_by(*arguments: object) -> str:
    done = run(*arguments)
    assert done.exit_code == 1
    (command,) = _COMMAND.findall(done.stderr)
    return str(command)


def pasted(command: str) -> str:
    """What it prints, without a token in the environment."""
    done = subprocess.run(command, shell=True, env={}, capture_output=True, text=True, check=True)
    return done.stdout


def test_where_there_is_no_store_it_begins_one(hotline: str, place: Path) -> None:
    command = printed_by("status", "--store", place / "store")
    assert command.count("https://…") == 1, "of a list that was never synced nobody knows where"
    assert pasted(command.replace("https://…", hotline)).startswith("In force: the list at ")
    assert run("status", "--store", place / "store").exit_code == 0


def test_in_a_folder_of_something_else_it_begins_none(place: Path) -> None:
    (place / "letter").write_text("a letter")
    assert printed_by("status", "--store", place).endswith(" --store FOLDER")


def test_where_no_list_is_in_force_it_puts_one_in_force(hotline: str, place: Path) -> None:
    Store(place / "store")
    command = printed_by("match", __file__, "--store", place / "store")
    assert pasted(command.replace("https://…", hotline)).startswith("In force: the list at ")


@pytest.mark.parametrize("damage", ["emptied", "removed"])
def test_where_the_snapshot_is_damaged_it_writes_it_anew(
    damage: str, log: Log, hotline: str, place: Path
) -> None:
    store = Store(place / "store")
    options = ("--hotline", hotline, "--store", store.folder)
    assert run("sync", *options, TAKEBACK_GATE_TOKEN=log.token).exit_code == 0
    path = path_in_force(store)
    path.unlink()
    if damage == "emptied":
        path.touch()
    command = printed_by("match", __file__, "--store", store.folder)
    assert f" --hotline {hotline} " in command
    pasted(command)
    assert path_in_force(store).stat().st_size > 0
    assert run("status", "--store", store.folder).exit_code == 0
