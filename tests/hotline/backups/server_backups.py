"""Backups of a server's database: where they go to, and the commands as another process."""

import os
import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import add_platform
from tests.support.followers import some_signals
from tests.support.listing import list_picture


def takeback(
    database: str, state: Path | None, *command: str, limit: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command. `state`: another hotline's folder; `limit`: no file may grow beyond it."""
    environment = {**os.environ, "DATABASE_URL": database}
    if state is not None:
        environment["TAKEBACK_STATE"] = str(state)

    def bounded() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "takeback", "hotline", *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=bounded,
    )


@dataclass
class Place:
    """Where a backup goes to, and a key for it."""

    folder: Path
    key: Path
    public: str

    def make(self, database: str, *options: str, limit: int | None = None) -> Path:
        before = set(self.files())
        command = ("backup", "make", str(self.folder), "--to", self.public)
        done = takeback(database, None, *command, *options, limit=limit)
        assert done.returncode == 0, done.stderr
        (made,) = set(self.files()) - before
        return made

    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.exists() else []

    def restore(
        self, backup: Path, database: str, state: Path, *options: str
    ) -> subprocess.CompletedProcess[str]:
        command = ("restore", str(backup), "--key", str(self.key))
        return takeback(database, state, *command, *options)


def databases(database: str) -> set[str]:
    with psycopg.connect(database) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def aged(backup: Path) -> Path:
    """Let a backup have been made in the year 2020."""
    old = backup.with_name(re.sub(r"\d{4}-\d\d-\d\dT\d{6}Z", "2020-01-01T000000Z", backup.name))
    return backup.rename(old)


def name_of(database: str) -> str:
    return urlsplit(database).path[1:]


def filled() -> None:
    add_platform("Skylark")
    list_picture(some_signals())
    sequence_pending()
