"""Knows which living processes use an embedded PostgreSQL, and which are PostgreSQL's own.

The package that brings the server notes who uses it, so that whoever ends last stops it. A process
that was killed can't strike itself off its list, so here a number counts only while the process
that wrote it lives: also not if it is another program's by now.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LIST: Final = ".handle_pids.json"  # of the package
_MOST_COMMAND: Final = 100  # characters
_START_IN_STAT: Final = 19  # field 22 of proc_pid_stat(5), counted from the state, field 3


@dataclass(frozen=True, slots=True)
class User:
    """A living process that uses the server; `command`: how it was started, cut to 100."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


class UserList:
    """The package's list of who uses the server on `data`, without the dead; under its lock only.

    Each is kept with when it began, which tells it from a later process of the same number.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / _LIST

    def get_and_add(self, value: int) -> list[int]:
        """Note a process; returns the others that were there and live."""
        before = self._living()
        self._put({**before, value: _began(value)})
        return list(before)

    def get_and_remove(self, value: int) -> list[int]:
        """Strike a process off; returns those that were there and live, it among them."""
        before = self._living()
        self._put({pid: began for pid, began in before.items() if pid != value})
        return list(before)

    def others(self) -> list[User]:
        """Return who uses the server now, without this process."""
        return [User(pid, _command(pid)) for pid in self._living() if pid != os.getpid()]

    def _living(self) -> dict[int, str | None]:
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        if isinstance(noted, list):  # by a program before ours, or the package by itself
            return {pid: _began(pid) for pid in noted if _began(pid) is not None}
        pids = {int(pid): began for pid, began in noted.items()}
        return {pid: began for pid, began in pids.items() if began and _began(pid) == began}

    def _put(self, users: dict[int, str | None]) -> None:
        if not self._path.parent.exists():
            return  # all of it was removed while it was used, as after a demo
        draft = self._path.with_name(f"{self._path.name}.draft")
        draft.write_text(json.dumps(users), encoding="utf-8")
        draft.replace(self._path)  # whole, or as it was


def server_processes(data: Path) -> Iterator[int]:
    """Yield the numbers of PostgreSQL's processes that work in the folder `data`, dead ones not.

    Each stands in it, the server as well as its children, also those that a kill has left over.
    """
    import psutil  # noqa: PLC0415 - comes with the embedded server

    folder = str(data.resolve())
    for process in psutil.process_iter(["name", "cwd", "status"]):
        seen = process.info
        if (
            (seen["name"] or "").startswith("postgres")
            and seen["cwd"] == folder
            and seen["status"] not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
        ):
            yield int(process.pid)


def _began(pid: int) -> str | None:
    """Return when a process began, in words that are compared only; None if it lives no more.

    By the machine's own clock where it can be had: the other one is put right now and then.
    """
    import psutil  # noqa: PLC0415 - comes with the embedded server

    try:
        process = psutil.Process(pid)
        if process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
            return None
        if sys.platform == "linux":
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            return stat.rpartition(")")[2].split()[_START_IN_STAT]
        return str(round(process.create_time()))
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None


def _command(pid: int) -> str:
    import psutil  # noqa: PLC0415 - comes with the embedded server

    try:
        words = list(psutil.Process(pid).cmdline())
    except psutil.Error:
        return "?"
    for place, word in enumerate(words):
        if Path(word).name == "takeback":
            words = ["takeback", *words[place + 1 :]]
            break
    return " ".join(words)[:_MOST_COMMAND]
