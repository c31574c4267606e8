"""Starts a whole hotline from any tree for a campaign: migrated, with its worker, one platform."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

_READY_SECONDS = 120.0
_STOP_SECONDS = 15.0
PLATFORM = "Skylark"
"""The platform that the hotline knows."""


@dataclass(frozen=True)
class HotlineProcess:
    """A hotline that answers at `url`; `pid` is that of `takeback hotline serve`."""

    url: str
    pid: int
    state: Path

    def rows_of_visits(self) -> int:
        """How many rows the table of sessions has."""
        with self._connect() as connection:
            row = connection.execute("SELECT count(*) FROM foundation_sealedsession").fetchone()
        return int(row[0]) if row else 0

    def cases(self) -> int:
        """How many reports were sent."""
        with self._connect() as connection:
            row = connection.execute("SELECT count(*) FROM intake_case").fetchone()
        return int(row[0]) if row else 0

    def resident_mebibytes(self) -> float:
        """The memory that the answering process holds now (VmRSS)."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        # PostgreSQL itself says where it listens: lines 4 and 5 of this file are port and folder.
        lines = (self.state / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        return psycopg.connect(host=lines[4], port=lines[3], user="postgres", dbname="postgres")


@contextmanager
def running_hotline(takeback: Path, state: Path) -> Iterator[HotlineProcess]:
    """Start the program `takeback` on a fresh state folder; stop it and its worker at the end."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TAKEBACK_", "DJANGO_", "DATABASE_URL"))
    }
    environment = kept | {"TAKEBACK_STATE": str(state), "TAKEBACK_PUBLIC_URL": url}
    command = [str(takeback), "hotline"]
    subprocess.run([*command, "migrate"], env=environment, check=True, capture_output=True)
    log = (state / "hotline.log").open("ab")
    processes = [
        subprocess.Popen([*command, *words], env=environment, stdout=log, stderr=log)
        for words in (["serve", "--port", str(port)], ["worker"])
    ]
    try:
        _await_answer(url, processes[0])
        add = [*command, "platform", "add", PLATFORM]
        subprocess.run(add, env=environment, check=True, capture_output=True)
        yield HotlineProcess(url, processes[0].pid, state)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        log.close()


def _await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("The hotline has ended; read hotline.log in its state folder.")
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/log/v1/checkpoint", trust_env=False).is_success:
                return
        time.sleep(0.2)
    raise RuntimeError("The hotline does not answer; read hotline.log in its state folder.")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
