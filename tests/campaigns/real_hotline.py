"""A hotline and its worker as real processes of any checkout, on the embedded PostgreSQL."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx
import psycopg

PATIENCE_SECONDS = 90.0
_WORDS = 40  # lines


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on right now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class RealHotline:
    """Runs `takeback hotline serve` and `worker` with `python`; use it as a context manager.

    `python`: the interpreter of the checkout to look at. `state`: the folder for all that is kept;
    the database lies in it. `settings`: further variables of the environment. `logs`: the folder
    for what both say; without it, the one that the state is in.
    """

    python: Path
    state: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    logs: Path | None = None
    port: int = field(default_factory=free_port)
    health_port: int = field(default_factory=free_port)
    _processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict, init=False)

    @property
    def url(self) -> str:
        """Where the hotline answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> str:
        """The URL of the embedded database, by the file it leaves. Raises OSError if it is gone."""
        lines = (self.state / "postgres" / "postmaster.pid").read_text().splitlines()
        return f"postgresql://postgres@/postgres?host={lines[4]}"

    @property
    def postmaster(self) -> int:
        """The number of the process of PostgreSQL. Raises OSError or ValueError if it is gone."""
        return int((self.state / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def __enter__(self) -> Self:
        """Make the tables, start both, and wait until the log has begun."""
        try:
            self.takeback("migrate")
            self.start("worker", "serve")
            self.wait_until_it_answers()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop both, and the database."""
        self.stop()

    def takeback(self, *arguments: str) -> str:
        """Run another `takeback hotline …` to its end; returns what it printed."""
        return subprocess.run(
            [self.python, "-m", "takeback", "hotline", *arguments],
            env=self._environment(),
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def start(self, *names: str) -> None:
        """Start `serve` or `worker`; what they say goes to a file beside the state."""
        for name in names:
            options = ["--port", str(self.port)] if name == "serve" else []
            with self.log_of(name).open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    [self.python, "-m", "takeback", "hotline", name, *options],
                    env=self._environment(),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )

    def kill(self, *names: str) -> None:
        """Kill processes at once."""
        for name in names:
            process = self._processes.pop(name)
            process.kill()
            process.wait()

    def ended(self) -> list[str]:
        """The processes that have come to an end by themselves."""
        return [name for name, process in self._processes.items() if process.poll() is not None]

    def log_of(self, name: str) -> Path:
        """The file with what a process says."""
        return (self.logs or self.state.parent) / f"{name}.log"

    def last_words(self) -> list[str]:
        """The ends of what both said."""
        return [
            line
            for name in ("serve", "worker")
            for line in self.log_of(name).read_text(errors="replace").splitlines()[-_WORDS:]
        ]

    def wait_until_it_answers(self) -> None:
        """Wait for the first checkpoint. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/log/v1/checkpoint", trust_env=False).is_success:
                    return
            time.sleep(0.1)
        raise TimeoutError(f"The hotline does not answer; see {self.log_of('serve')}.")

    def kill_database(self) -> None:
        """End PostgreSQL as a machine that runs out of memory does."""
        with contextlib.suppress(OSError, ValueError):
            os.kill(self.postmaster, signal.SIGKILL)

    def stop(self) -> None:
        """Stop everything, the database last."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()
        with contextlib.suppress(OSError, ValueError):
            os.kill(self.postmaster, signal.SIGINT)  # fast shutdown (postgres(1))
            end = time.monotonic() + 15
            while (self.state / "postgres" / "postmaster.pid").exists():
                if time.monotonic() > end:
                    break
                time.sleep(0.1)

    def _environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "TAKEBACK_STATE": str(self.state),
            "TAKEBACK_PUBLIC_URL": self.url,
            "TAKEBACK_WORKER_HEALTH_PORT": str(self.health_port),
            "PYTHONUNBUFFERED": "1",
            **self.settings,
        }


@contextlib.contextmanager
def connected(url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A connection to a hotline's database, to look at what it holds."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
