"""What `takeback run` prints can be pasted into a terminal that has set nothing."""

import shlex
import subprocess
from pathlib import Path

import pytest

from takeback.cli.first_steps import first_steps
from takeback.demo.stack import Ports, Stack

_NAMES = (
    "TAKEBACK_STATE",
    "TAKEBACK_SECRETS",
    "TAKEBACK_MARK",
    "TAKEBACK_PUBLIC_URL",
    "DATABASE_URL",
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where one is, with nothing set."""
    for name in _NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _set_when_pasted(state: Path) -> dict[str, str]:
    """What the printed command of the hotline finds in its environment."""
    lines = first_steps(Stack(state=state, ports=Ports(8000, 8001)))
    (invite,) = (line for line in lines if line.endswith("hotline platform invite Plover"))
    words = shlex.split(invite)
    program = next(place for place, word in enumerate(words) if "=" not in word)
    shows_environment = invite.replace(shlex.join(words[program:]), "/usr/bin/env")
    done = subprocess.run(
        shows_environment, shell=True, env={}, capture_output=True, text=True, check=True
    )
    found = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    return {name: found[name] for name in _NAMES if name in found}


def test_in_the_usual_folder_nothing_is_needed(here: Path) -> None:
    assert _set_when_pasted(here / "var") == {}


def test_another_folder_is_named_from_here_or_whole(here: Path) -> None:
    assert _set_when_pasted(here / "my state") == {"TAKEBACK_STATE": "my state/hotline"}
    beyond = here.parent / "$HOME"
    assert _set_when_pasted(beyond) == {"TAKEBACK_STATE": f"{beyond}/hotline"}


def test_what_is_set_here_is_set_there(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAKEBACK_STATE", str(here / "state" / "hotline"))
    monkeypatch.setenv("TAKEBACK_SECRETS", "the keys")
    monkeypatch.setenv("TAKEBACK_MARK", str(here / "mark"))
    monkeypatch.setenv("TAKEBACK_PUBLIC_URL", "https://list.example.org")
    assert _set_when_pasted(here / "state") == {
        "TAKEBACK_STATE": "state/hotline",
        "TAKEBACK_SECRETS": "the keys",
        "TAKEBACK_MARK": str(here / "mark"),
        "TAKEBACK_PUBLIC_URL": "http://127.0.0.1:8000",
    }


def test_a_database_is_named_where_that_shows_no_password(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql:///list?host=/run/pg&user=a"
    monkeypatch.setenv("DATABASE_URL", url)
    assert _set_when_pasted(here / "var") == {"DATABASE_URL": url}
    for secret in (
        "postgresql://a:hush@db/list",
        "postgresql:///list?password=hush",
        "host=db password = hush",
        "postgresql://[hush",
    ):
        monkeypatch.setenv("DATABASE_URL", secret)
        assert _set_when_pasted(here / "var") == {}
        lines = "\n".join(first_steps(Stack(state=here / "var")))
        assert "hush" not in lines
        assert f"in another terminal, in {here}, with DATABASE_URL as here:" in lines
