"""Processes of a tree: commands, programs that run meanwhile, and scripts that answer calls."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

INSIDE: Final = Path(__file__).with_name("inside")
"""The scripts that run in a tree's own interpreter."""

PATIENCE_SECONDS: Final = 900.0
"""After which something that never comes true is a fault of the measurement."""

_STOP_SECONDS: Final = 20.0
_LAST_LINES: Final = 15
_NOT_HANDED_ON: Final = ("DATABASE_URL", "TAKEBACK_", "DJANGO_", "PYTHON", "VIRTUAL_ENV")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what a tree's processes know: nothing of this one's settings, and `more`."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(_NOT_HANDED_ON)}
    return kept | dict(more or {})


def seconds_of(command: Sequence[str], variables: Mapping[str, str]) -> tuple[float, str]:
    """Run a command to its end: the seconds, its interpreter's start included, and its output.

    Raises RuntimeError with what it wrote if it fails.
    """
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own programs
        command, env=dict(variables), capture_output=True, text=True, check=False
    )
    took = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command)}` failed.\n{done.stderr or done.stdout}")
    return took, done.stdout


@contextlib.contextmanager
def running(
    command: Sequence[str], variables: Mapping[str, str], log: Path, *, output: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command meanwhile, and end it, even where it was stopped in the meantime.

    It writes into `log`; its standard output into `output` if that is given (`subprocess.PIPE`).
    """
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603 - our own programs
            command,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=file if output is None else output,
            stderr=file,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[Any]) -> None:
    """Ask a process to end, and kill it if it does not."""
    process.terminate()
    process.send_signal(signal.SIGCONT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(truth: Callable[[], bool], pause: float = 0.025) -> None:
    """Wait for something; raises RuntimeError after `PATIENCE_SECONDS`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not truth():
        if time.monotonic() > deadline:
            raise RuntimeError("What the measurement waits for never came true.")
        time.sleep(pause)


class Script:
    """A script of `inside/` in a process of its own, which does what it is called for.

    Use it as a context manager. `arguments` are for the script, `log` takes what it complains of.
    """

    def __init__(
        self,
        python: str,
        name: str,
        arguments: Sequence[str],
        log: Path,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Start it; it may take its time until the first answer."""
        self._name = name
        self._log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                [python, str(INSIDE / f"{name}.py"), *arguments],
                env=environment() if variables is None else dict(variables),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )

    def __enter__(self) -> Script:
        """Wait until it is ready."""
        try:
            self.finish()
        except BaseException:
            end(self._process)
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let it end by itself, as there is nothing more to do."""
        with contextlib.suppress(OSError):
            _pipe(self._process.stdin).close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        end(self._process)

    def call(self, what: str, **arguments: object) -> Any:
        """Call a function there; returns what it returns."""
        self.begin(what, **arguments)
        return self.finish()["result"]

    def seconds(self, what: str, **arguments: object) -> float:
        """Call a function there; returns the seconds that it took, by the script's own clock."""
        self.begin(what, **arguments)
        return float(self.finish()["seconds"])

    def begin(self, what: str, **arguments: object) -> None:
        """Call a function there without waiting for it."""
        line = json.dumps({"call": what, "arguments": arguments})
        with contextlib.suppress(BrokenPipeError):  # `finish` says what became of it
            _pipe(self._process.stdin).write(f"{line}\n")
            _pipe(self._process.stdin).flush()

    def finish(self) -> dict[str, Any]:
        """Wait for what was begun; raises RuntimeError with the script's last words if it ended."""
        line = _pipe(self._process.stdout).readline()
        if not line:
            raise RuntimeError(f"inside/{self._name}.py ended.\n{last_lines(self._log)}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def last_lines(log: Path) -> str:
    """Return how a log ends."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:])


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise RuntimeError("A script has no pipe.")
    return stream
