"""Puts the examples of every command at the end of its help, as they can be typed here."""

from __future__ import annotations

import inspect
import re
from typing import Any, Final

from typer.core import TyperGroup

from takeback.shell.typed_commands import typed

_EXAMPLES: Final = re.compile(r"\n+(?=\*\*Examples?\*\*\n)")
"""Where they begin, in the text that a command or a group gives as its help."""
_COMMAND: Final = re.compile(r"(?<![\w./-])takeback(?= [a-z])")


class GroupWithExamples(TyperGroup):
    """The outermost group: it and all below it say at the end of their help how they are used."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        _place_examples(self)


def _place_examples(command: Any) -> None:
    """Move them below the options, for a command and all below it."""
    text, *examples = _EXAMPLES.split(inspect.cleandoc(command.help or ""), maxsplit=1)
    command.help = _as_typed(text)
    if examples:
        command.epilog = _as_typed(examples[0])
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = _as_typed(parameter.help)
    for inner in getattr(command, "commands", {}).values():
        _place_examples(inner)


def _as_typed(text: str) -> str:
    return _COMMAND.sub(lambda _: typed(), text)
