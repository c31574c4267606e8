"""Reads the words of a command as the program does, without running it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import typer

from takeback.cli.main import app


def understand(words: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """Return the values that the command gets; the files that it names need not be there.

    Raises what click raises of an option that is unknown or missing.
    """
    command: Any = typer.main.get_command(app)
    context = command.make_context("takeback", [], resilient_parsing=True)
    left = list(words)
    while getattr(command, "commands", None):
        command = command.commands[left.pop(0)]
    for parameter in command.params:
        monkeypatch.setattr(parameter.type_descriptor.parameter_info, "exists", False)
    values: Mapping[str, Any] = command.make_context("example", left, parent=context).params
    return values
