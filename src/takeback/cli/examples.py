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
        _place_examples(self, typed())


def _place_examples(command: Any, program: str) -> None:
    """Move them below the options, for a command and all below it, and name the program in them."""

    def as_typed(text: str) -> str:
        return _COMMAND.sub(lambda _: program, text)

    text, *examples = _EXAMPLES.split(as_typed(inspect.cleandoc(command.help or "")), maxsplit=1)
    command.help = text
    if examples:
        command.epilog = examples[0]
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = as_typed(parameter.help)
    for inner in getattr(command, "commands", {}).values():
        _place_examples(inner, program)
