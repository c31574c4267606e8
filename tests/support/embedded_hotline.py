"""A hotline on an embedded PostgreSQL of its own, whose every command is a real process."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.support.running import answers, await_truth


class EmbeddedHotline:
    """A hotline on a database of its own in a folder; every command is a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.data = self.state / "postgres"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            name: value for name, value in os.environ.items() if name != "DATABASE_URL"
        } | {"TAKEBACK_STATE": str(self.state), "TAKEBACK_PUBLIC_URL": self.url}

    def run(self, *command: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "takeback", "hotline", *command],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done

    def take_state(self, migrated: Path) -> None:
        """Begin with a copy of a state folder that nobody uses; its owners stay, as it needs."""
        subprocess.run(["cp", "-a", str(migrated), str(self.state)], check=True)

    @contextmanager
    def process(self, *command: str) -> Iterator["subprocess.Popen[str]"]:
        process = subprocess.Popen(
            [sys.executable, "-m", "takeback", "hotline", *command],
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    @contextmanager
    def serving(self) -> Iterator["subprocess.Popen[str]"]:
        with self.process("serve", "--port", str(self.port)) as process:
            await_truth(lambda: answers(self.url), process)
            yield process

    @property
    def postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])

    @property
    def database(self) -> str:
        socket_folder = (self.data / "postmaster.pid").read_text().split("\n")[4]
        return f"postgresql://postgres@/postgres?host={socket_folder}"

    def ask(self, statement: str) -> str:
        with psycopg.connect(self.database, autocommit=True) as connection:
            row = connection.execute(statement.encode()).fetchone()
        return str(row[0]) if row else ""
