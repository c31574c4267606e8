"""Every command of `takeback`, its arguments and options are kept: operators' scripts hold them.

The texts of `--help` are not kept.
"""

import enum
import inspect
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any, get_args

import typer.main

from tests.frozen.snapshots import assert_frozen_lines


def test_commands_and_their_options_are_the_frozen_ones() -> None:
    (script,) = entry_points(group="console_scripts", name="takeback")
    assert_frozen_lines("commands.txt", facts("takeback", typer.main.get_command(script.load())))


def facts(path: str, command: Any) -> Iterator[str]:
    hidden = " hidden" if command.hidden else ""
    yield f"{path}{hidden}"
    place = 0
    for parameter in command.params:
        shown = "/".join([*parameter.opts, *parameter.secondary_opts])
        if parameter.param_type_name == "argument":
            place += 1
            shown = f"[{place}: {shown}]"
        yield f"{path} {shown} {described(parameter)}"
    for name, below in getattr(command, "commands", {}).items():
        yield from facts(f"{path} {name}", below)


def described(parameter: Any) -> str:
    parts = [f"({type_name(parameter.type_descriptor.annotation)})"]
    parts += ["required"] if parameter.required else []
    parts += [f"takes {parameter.nargs}"] if parameter.nargs != 1 else []
    parts += ["repeated"] if parameter.multiple else []
    if parameter.default is not None:
        default = getattr(parameter.default, "value", parameter.default)
        parts.append(f"default {str(default)!r}")
    for bound in ("min", "max"):
        if (limit := getattr(parameter, bound, None)) is not None:
            parts.append(f"{bound} {limit}")
    parts += [f"variable {parameter.envvar}"] if parameter.envvar else []
    parts += ["hidden"] if getattr(parameter, "hidden", False) else []
    return " ".join(parts)


def type_name(annotation: Any) -> str:
    """The name of a type without its module, which may move; of an enumeration, its values."""
    if inspect.isclass(annotation) and issubclass(annotation, enum.Enum):
        return " | ".join(str(member.value) for member in annotation)
    inner = get_args(annotation)
    name = getattr(annotation, "__name__", str(annotation))
    return f"{name}[{', '.join(map(type_name, inner))}]" if inner else name
