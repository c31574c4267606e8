"""What to try once `takeback run` is up; each command can be pasted into another terminal."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from takeback.shell.typed_commands import typed

if TYPE_CHECKING:
    from takeback.demo.stack import Stack

_PLACES: Final = ("TAKEBACK_SECRETS", "TAKEBACK_MARK")
"""Where the hotline that runs here keeps things apart from its state folder."""


def first_steps(stack: Stack) -> list[str]:
    """Return the lines for each who has a part in it: who reports, who posts, who runs it."""
    desk = f"http://localhost:{stack.ports.hotline}/desk/"  # where browsers make passkeys
    needed = _environment_of(stack)
    before = "".join(f"{name}={shlex.quote(value)} " for name, value in needed.items())
    invite = typed('hotline staff invite "Ana Example" --role lead')
    status = typed(f"gate status --store {shlex.quote(_from_here(stack.gate_store))}")
    is_left_out = "DATABASE_URL" in os.environ and "DATABASE_URL" not in needed
    with_database = ", with DATABASE_URL as here" if is_left_out else ""
    return [
        f"1. Open {stack.hotline_url} and report a picture; keep the code you get.",
        f"2. Open {stack.platform_url} and try to post a changed copy of it.",
        f"3. Go back to {stack.hotline_url}/open with your code.",
        "",
        f"For the people who run it, in another terminal, in {Path.cwd()}{with_database}:",
        "4. Let yourself in to the desk. Open the link that this prints, and make a passkey:",
        f"     {before}{invite}",
        f"   From then on the desk is at {desk}",
        "5. Invite a platform. On the page of this link it makes the key of its gate:",
        f"     {before}{typed('hotline platform invite Plover')}",
        f"6. See how the gate of {stack.platform} is doing:",
        f"     {status}",
        "No mail is sent: each link is printed once, and you hand it on yourself.",
        "",
        "Ctrl-C stops all of it.",
    ]


def _environment_of(stack: Stack) -> dict[str, str]:
    """What a command needs to find this hotline from a terminal that has set nothing.

    Nothing with the usual folder. A password of a database is not shown.
    """
    from takeback.hotline.foundation.state import state_directory

    needed = {name: value for name in _PLACES if (value := os.environ.get(name))}
    if "TAKEBACK_STATE" in os.environ or state_directory() != stack.hotline_state:
        needed["TAKEBACK_STATE"] = _from_here(stack.hotline_state)
    if os.environ.get("TAKEBACK_PUBLIC_URL", stack.hotline_url) != stack.hotline_url:
        needed["TAKEBACK_PUBLIC_URL"] = stack.hotline_url
    database = os.environ.get("DATABASE_URL")
    if database and not _has_password(database):
        needed["DATABASE_URL"] = database
    return needed


def _has_password(database: str) -> bool:
    """Whether a connection string names a password; one that can't be read may."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return "password" in conninfo_to_dict(database)
    except ProgrammingError:
        return True


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
