"""Every command that a message prints can be typed as it is printed: it lacks no option."""

import ast
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import takeback
from tests.support.command_words import understand

_SOURCES = Path(takeback.__file__).parent
_FILLED_IN = "1"


def _text_of(argument: ast.expr) -> str | None:
    """A text that stands in the source, with something put in for what is computed."""
    match argument:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            texts = (part.value if isinstance(part, ast.Constant) else _FILLED_IN for part in parts)
            return "".join(map(str, texts))
    return None


def _printed() -> Iterator[str]:
    for path in sorted(_SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="typed"), args=[argument]):
                    if (text := _text_of(argument)) is not None:
                        yield text


_PRINTED = sorted(set(_printed()))


def test_they_are_found() -> None:
    assert {"run", "hotline migrate", f"hotline platform renew {_FILLED_IN}"} < set(_PRINTED)


@pytest.mark.parametrize("command", _PRINTED)
def test_the_program_understands_it(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    understand(shlex.split(command), monkeypatch)
