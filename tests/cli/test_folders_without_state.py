"""Commands in a folder that holds no state: one sentence, and nothing is made."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from takeback.cli.main import app
from takeback.tlog.signed_note import Signer

_MAKE_A_HOTLINE = {("hotline", "migrate"), ("hotline", "restore")}
_NEED_NO_STATE = {("hotline", "backup", "key")}
_MAKE_A_STATE = {("gate", "sync"), ("gate", "serve"), ("witness", "serve")}
"""Where nothing stands: a store that waits for its list, and a witness."""

_GIVEN = {
    "lists": None,
    "hotline": "http://127.0.0.1:9",
    "token": f"tb1_{'a' * 52}_{'0' * 16}",
    "name": "witness.example/w1",
    "log": Signer("log.example", bytes(32)).verifier_key.line,
    "value": "blocked",
    "entry": "aebagbafaydqqcikbmga2dqpca",
    "scope": "send_feedback",
    "role": "lead",
    "shape": "ncmec",
    "port": "0",
    "to": "age1x",
}
"""Values of options, by name; every other one that is required gets a file, a folder or `1`."""


def _commands(command: Any, *words: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not getattr(command, "commands", None):
        yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, *words, name)


_ALL = dict(_commands(typer.main.get_command(app)))
_HOTLINE = [words for words in _ALL if words[0] == "hotline"]
_WITH_STORE = [
    words for words, command in _ALL.items() if any(p.name == "store" for p in command.params)
]


def _arguments(words: tuple[str, ...], beside: Path) -> list[str]:
    """What makes the command complete, whatever it then does."""
    arguments: list[str] = []
    for parameter in _ALL[words].params:
        is_option = parameter.param_type_name == "option"
        if parameter.name == "store" or not (parameter.required or parameter.name in _GIVEN):
            continue
        value = _GIVEN.get(parameter.name, "1") if is_option else "1"
        if value is None:
            continue
        described = parameter.type_descriptor
        if described.annotation is Path:
            value = str(beside / ("file" if described.parameter_info.file_okay else "folder"))
        arguments += [parameter.opts[0], value] if is_option else [value]
    return arguments


def _nothing(_folder: Path) -> None:
    pass


def _make_file(folder: Path) -> None:
    folder.write_text("a letter")


def _make_others(folder: Path) -> None:
    folder.mkdir()
    (folder / "letter.txt").write_text("a letter")


def _make_hotline(folder: Path) -> None:
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets" / "audit").write_bytes(bytes(32))


def _make_store(folder: Path) -> None:
    folder.mkdir()
    (folder / "list.db").touch()


def _make_unreadable(folder: Path) -> Path:
    """One that not even root can look into."""
    folder.mkdir()
    return folder / ("x" * 300)


def _make_run(folder: Path) -> None:
    folder.mkdir()
    (folder / "ports.json").write_text("{}")


_FOLDERS: dict[str, tuple[Callable[[Path], Path | None], str]] = {
    "missing": (_nothing, "which does not exist"),
    "empty": (Path.mkdir, "which is empty"),
    "file": (_make_file, "which is not a folder"),
    "others": (_make_others, "which holds files of something else"),
    "unreadable": (_make_unreadable, "which can't be read"),
    "run": (_make_run, "which is that of `takeback run`"),
}
_OTHERS_STATE = {
    "hotline": (_make_store, "which holds a gate's store"),
    "store": (_make_hotline, "which holds the secrets of a hotline"),
}


def _seen(folder: Path) -> list[tuple[str, bytes]]:
    """Everything in and beside a folder, with what is in it."""
    return [
        (str(path), path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    ]


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A folder with a file and a folder for whatever a command wants."""
    place = tmp_path / "beside"
    (place / "folder").mkdir(parents=True)
    (place / "file").touch()
    return place


def _refuses(
    arguments: list[str], environment: dict[str, str | None], tmp_path: Path, why: str
) -> None:
    before = _seen(tmp_path)
    done = CliRunner().invoke(app, arguments, env=environment)
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (1, 2), done.output
    (sentence,) = done.stderr.strip().splitlines()
    assert str(tmp_path / "state") in sentence
    assert why in sentence
    assert _seen(tmp_path) == before


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        *((words, kind) for words in _HOTLINE for kind in ("missing", "file")),
        *((("hotline", "staff", "list"), kind) for kind in [*_FOLDERS, "hotline"]),
        *(
            (words, kind)
            for words in sorted(_MAKE_A_HOTLINE)
            for kind in ("unreadable", "run", "hotline")
        ),
    ],
)
def test_the_hotlines_commands_make_no_hotline(
    words: tuple[str, ...],
    kind: str,
    tmp_path: Path,
    beside: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if words in _NEED_NO_STATE:
        pytest.skip("it needs no state")
    if words in _MAKE_A_HOTLINE and kind == "missing":
        pytest.skip("it is there to make one")
    make, why = _FOLDERS.get(kind) or _OTHERS_STATE[kind]
    folder = make(tmp_path / "state") or tmp_path / "state"
    monkeypatch.chdir(beside)
    environment = {"DATABASE_URL": None, "TAKEBACK_STATE": str(folder)}
    _refuses([*words, *_arguments(words, beside)], environment, tmp_path, why)


@pytest.mark.parametrize("kind", [*_FOLDERS, "store"])
@pytest.mark.parametrize("words", _WITH_STORE, ids=" ".join)
def test_commands_of_gate_list_and_witness_take_no_other_folder(
    words: tuple[str, ...],
    kind: str,
    tmp_path: Path,
    beside: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if words in _MAKE_A_STATE and kind in ("missing", "empty"):
        pytest.skip("it is there to make one")
    make, why = _FOLDERS.get(kind) or _OTHERS_STATE[kind]
    folder = make(tmp_path / "state") or tmp_path / "state"
    monkeypatch.chdir(beside)
    arguments = [*words, *_arguments(words, beside), "--store", str(folder)]
    _refuses(arguments, {"TAKEBACK_GATE_TOKEN": None}, tmp_path, why)


def test_secrets_without_a_database_are_named_as_what_they_are(tmp_path: Path) -> None:
    """As in a new shell, without the DATABASE_URL of the one before."""
    _make_hotline(tmp_path / "state")
    environment = {"DATABASE_URL": None, "TAKEBACK_STATE": str(tmp_path / "state")}
    _refuses(["hotline", "staff", "list"], environment, tmp_path, "secrets of a hotline but no")


def test_a_command_that_is_typed_in_the_wrong_folder_starts_nothing(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAKEBACK_")}
    kept.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "takeback", "hotline", "staff", "list"],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (sentence,) = done.stderr.splitlines()
    assert f"{tmp_path}/var/hotline, which does not exist" in sentence
    assert "TAKEBACK_STATE" in sentence
    assert list(tmp_path.iterdir()) == []
