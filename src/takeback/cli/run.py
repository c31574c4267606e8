"""`takeback run`: the whole of Takeback on this machine, to try it out."""

import os
import shlex
import signal
import types
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.printing import say
from takeback.shell.typed_commands import typed

if TYPE_CHECKING:
    from takeback.demo.stack import Stack


def run(
    state: Annotated[Path, typer.Option(help="Folder for everything that is kept.")] = Path("var"),
    port: Annotated[
        int | None, typer.Option(help="Port of the hotline; by default 8000, or the next free one.")
    ] = None,
    skylark_port: Annotated[
        int | None, typer.Option(help="Port of Skylark; by default 8001, or the next free one.")
    ] = None,
) -> None:
    """Start a hotline and Skylark, a small photo-sharing site with a gate before its uploads.

    Ctrl-C stops all of it. Where somebody else runs one on this machine, the next free ports are
    taken; a state keeps those that it began with.

    **Examples**

    * `takeback run`
    * `takeback run --port 9000 --skylark-port 9001 --state /srv/takeback`
    """
    from rich.console import Console

    from takeback.demo.stack import STOPPING_SIGNALS, Ports, Stack, StackError

    # Also where a shell has started us in the background, with Ctrl-C switched off.
    for stop in STOPPING_SIGNALS:
        signal.signal(stop, _leave)
    console = Console()
    status = console.status("Starting")
    show = status.update if console.is_terminal else console.print
    own = Ports.of(state.resolve())
    ports = Ports(port or own.hotline, skylark_port or own.platform)
    stack = Stack(state=state.resolve(), ports=ports, on_progress=show)
    try:
        with status, stack:
            status.stop()
            say(*_steps(stack))
            for _ in stack.watch():
                pass
    except StackError as error:
        say(str(error), err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        console.print("Stopped.")


def _steps(stack: "Stack") -> list[str]:
    """What to try, for each who has a part in it; the commands can be typed as they stand."""
    desk = f"http://localhost:{stack.ports.hotline}/desk/"  # where browsers make passkeys
    before = _environment_of(stack)
    with_database = ", with DATABASE_URL as here" if os.environ.get("DATABASE_URL") else ""
    invite = typed('hotline staff invite "Ana Example" --role lead')
    status = f"gate status --store {shlex.quote(_from_here(stack.gate_store))}"
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
        f"     {typed(status)}",
        "No mail is sent: each link is printed once, and you hand it on yourself.",
        "",
        "Ctrl-C stops all of it.",
    ]


def _environment_of(stack: "Stack") -> str:
    """What a command needs before it to find this hotline; nothing with the usual folder."""
    from takeback.hotline.foundation.state import state_directory

    needed = {}
    if state_directory() != stack.hotline_state:
        needed["TAKEBACK_STATE"] = _from_here(stack.hotline_state)
    if os.environ.get("TAKEBACK_PUBLIC_URL", stack.hotline_url) != stack.hotline_url:
        needed["TAKEBACK_PUBLIC_URL"] = stack.hotline_url
    return "".join(f"{name}={shlex.quote(value)} " for name, value in needed.items())


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _leave(_signal: int, _frame: types.FrameType | None) -> None:
    raise KeyboardInterrupt
