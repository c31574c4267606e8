"""Writes a command so that it can be typed as it stands: in a checkout nothing is on the path."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

_NAME: Final = "takeback"


def typed(arguments: str = "") -> str:
    """Return `takeback` with these arguments as a shell in this folder finds it.

    That is the bare name where the path leads to the program that runs now, and otherwise the
    program's own file: from this folder, if it is below it, such as `.venv/bin/takeback`.
    """
    return f"{_program()} {arguments}".rstrip()


def _program() -> str:
    script = _script()
    if script is None:
        return _NAME
    found = shutil.which(_NAME)
    if found is not None and Path(found).resolve() == script.resolve():
        return _NAME
    try:
        return shlex.quote(str(script.relative_to(Path.cwd())))
    except (OSError, ValueError):
        return shlex.quote(str(script))


def _script() -> Path | None:
    """The file of the program that runs, None where it can't be told (as inside another's)."""
    for script in (Path(sys.argv[0]), Path(sys.executable).with_name(_NAME)):
        if script.name == _NAME and script.is_file():
            return script.absolute()
    return None
