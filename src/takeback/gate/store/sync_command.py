"""The command that brings a store's list up to date, as it can be typed on this machine."""

import shlex
from pathlib import Path

from takeback.shell.typed_commands import typed


def sync_command(folder: Path | None, hotline: str | None = None, *, follow: bool = False) -> str:
    """Return `takeback gate sync` with all that it needs.

    What is not known stands there to be filled in: FOLDER without a `folder` (of a store), and
    https://… without a `hotline` (its address). The platform's token is taken from a file `token`.
    """
    address = shlex.quote(hotline) if hotline else "https://…"
    store = shlex.quote(str(folder.absolute())) if folder else "FOLDER"
    command = f"gate sync --hotline {address} --token-file token --store {store}"
    return typed(f"{command} --follow" if follow else command)
