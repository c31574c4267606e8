"""`takeback run`: the whole of Takeback on this machine, to try it out."""

import signal
import types
from pathlib import Path
from typing import Annotated

import typer

from takeback.cli.first_steps import first_steps
from takeback.cli.printing import say
from takeback.shell.state_folders import State, look_into

_KEPT_BY_MAKE = Path(__file__).resolve().parents[3] / "var"
"""In a checkout, where `make` keeps what tests and benchmarks fetch, too."""


def run(
    state: Annotated[Path, typer.Option(help="Folder for everything that is kept.")] = Path("var"),
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Port of the hotline; by default 8000, or the next free one."
        ),
    ] = None,
    skylark_port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Port of Skylark; by default 8001, or the next free one."
        ),
    ] = None,
) -> None:
    """Start a hotline and Skylark, a small photo-sharing site with a gate before its uploads.

    Ctrl-C stops all of it. Where somebody else runs one on this machine, the next free ports are
    taken; a state keeps those that it began with.

    **Examples**

    * `takeback run`
    * `takeback run --port 9000 --skylark-port 9001 --state /srv/takeback`
    """
    found = look_into(state.resolve(), State.RUN)
    is_kept_by_make = found.is_folder and found.path == _KEPT_BY_MAKE
    if found.state is not State.RUN and not found.is_free and not is_kept_by_make:
        say(
            f"Nothing can be kept in {found.path}, which {found.seen}: "
            "give --state an empty folder, or one that `takeback run` has made.",
            err=True,
        )
        raise typer.Exit(1)
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
            say(*first_steps(stack))
            for _ in stack.watch():
                pass
    except StackError as error:
        say(str(error), err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        console.print("Stopped.")


def _leave(_signal: int, _frame: types.FrameType | None) -> None:
    raise KeyboardInterrupt
