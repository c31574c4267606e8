"""The help of every group and command: it ends with examples, and each can be typed as it is."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from takeback.cli.main import app
from takeback.shell.typed_commands import typed
from tests.support.command_words import understand

_EXAMPLE = re.compile(r"^\* `(.+?)`$", re.MULTILINE | re.DOTALL)
_ENDS = {"|", ">", "<"}


def _below(command: Any, *words: str) -> Iterator[tuple[str, ...]]:
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from _below(inner, *words, name)


_ALL = sorted(_below(typer.main.get_command(app)))


def _found(*words: str) -> Any:
    command: Any = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    return command


def _words_of(example: str) -> list[str]:
    """What follows the program in an example, up to a pipe."""
    start = typed()
    assert start in example
    words = shlex.split(example.split(start, 1)[1])
    end = next((place for place, word in enumerate(words) if word in _ENDS), len(words))
    return words[:end]


@pytest.mark.parametrize("words", _ALL, ids=" ".join)
def test_help_ends_with_examples_that_the_program_understands(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = _EXAMPLE.findall(_found(*words).epilog or "")
    assert examples
    ours = [_words_of(" ".join(example.split())) for example in examples if typed() in example]
    assert ours
    for typed_words in ours:
        understand(typed_words, monkeypatch)
    if words:
        assert any(tuple(example[: len(words)]) == words for example in ours)


@pytest.mark.parametrize(
    ("words", "examples"),
    [
        ([], ["run", "hotline migrate", "gate status --store gate", "hash picture.jpg"]),
        (
            ["hotline", "staff"],
            ['hotline staff invite "Ana Example" --role lead', "hotline staff list"],
        ),
        (["hotline", "log", "rotate-key"], ["hotline log rotate-key"]),
    ],
    ids=["program", "group", "command"],
)
def test_help_is_printed_with_the_examples_last(words: list[str], examples: list[str]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "300"}).stdout
    before, heading, after = shown.partition("Example")
    assert heading
    assert ("Options" in before, "--help" in before) == (True, True)
    bullets = [line.strip() for line in after.splitlines()[1:] if line.strip()]
    assert bullets == [f"• {typed(example)}" for example in examples]
