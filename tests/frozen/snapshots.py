"""Compares facts of the running program with the file that keeps them, or writes it anew."""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
VARIABLE = "TAKEBACK_FREEZE"
"""Set to 1, every comparison writes its file and passes."""


def assert_frozen_lines(name: str, facts: Iterable[str]) -> None:
    """Compare facts, one a line in whatever order, with the file `name`; each stands there once."""
    assert_frozen(name, "".join(f"{fact}\n" for fact in sorted(set(facts))))


def assert_frozen(name: str, text: str, *, folder: Path | None = None) -> None:
    """Fail with the difference if the file `name`, here or in `folder`, does not hold `text`."""
    path = (folder or FOLDER) / name
    if os.environ.get(VARIABLE) == "1":
        path.write_text(text, encoding="utf-8")
        return
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    if kept != text:
        lines = difflib.unified_diff(
            kept.splitlines(), text.splitlines(), f"frozen {name}", "as it is now", n=1, lineterm=""
        )
        raise AssertionError(
            "\n".join(lines)
            + "\nIf this change is meant: `make freeze`, and commit the difference."
        )
