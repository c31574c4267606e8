"""A hotline of one tree: its server, its worker and its database, each a process of that tree."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

from benchmarks.against.processes import Script, environment, running, seconds_of, wait_until
from benchmarks.against.trees import Tree

_PURPOSE: Final = 'lists = "Random codes, to measure with"\nmost_added_a_day = 100000000\n'
_TOGETHER: Final = 1_024  # pictures of one transaction when a backlog is put down
_REPORTERS: Final = 2
_SETTLING_SECONDS: Final = 0.3
"""How long a worker has after its last checkpoint to see that nothing is left, before it is held:
held in the middle of a transaction it would hold others, too."""


@dataclass(frozen=True)
class Hotline:
    """A hotline that answers at `url`; its worker can be held, and is held to begin with.

    `listing` and `reporters` put pictures on its list; `folder` is for whatever belongs to it.
    """

    tree: Tree
    folder: Path
    url: str
    variables: Mapping[str, str]
    worker: subprocess.Popen[bytes]
    listing: Script
    reporters: Sequence[Script]

    def size(self) -> int:
        """Return the number of events of the newest published checkpoint."""
        answer = _get(f"{self.url}/log/v1/checkpoint")
        answer.raise_for_status()
        return int(answer.text.splitlines()[1])

    def wait_for(self, size: int) -> None:
        """Wait until a checkpoint of so many events is published."""
        wait_until(lambda: self.size() >= size)

    def go_on(self) -> None:
        """Let the worker work."""
        self.worker.send_signal(signal.SIGCONT)

    def hold(self) -> None:
        """Let the worker stand still, with all that it has in memory."""
        time.sleep(_SETTLING_SECONDS)
        self.worker.send_signal(signal.SIGSTOP)

    def publish(self, events: int) -> float:
        """Let the worker publish so many events that wait; returns the seconds it took.

        The worker must be held, and is held again after it.
        """
        target = self.size() + events
        began = time.perf_counter()
        self.go_on()
        self.wait_for(target)
        took = time.perf_counter() - began
        self.hold()
        return took

    def begin_adding(self, pictures: int) -> None:
        """Put pictures among what waits to be published; `listing.finish` waits for it."""
        self.listing.begin("add", count=pictures, together=_TOGETHER)

    def change(self, added: int, withdrawn: int) -> None:
        """Add entries and withdraw the oldest; all of it waits to be published."""
        self.listing.call("change", added=added, withdrawn=withdrawn, together=_TOGETHER)

    def take_reports(self, events_a_second: float, seconds: float, pictures: int) -> float:
        """Let reports of so many pictures come in at a steady rate; returns events a second.

        That is from the first report until all events are in a published checkpoint.
        """
        each = round(events_a_second * seconds / pictures / _REPORTERS)
        events = each * pictures * _REPORTERS
        self.go_on()
        target = self.size() + events
        rate = events_a_second / _REPORTERS
        began = time.perf_counter()
        for reporter in self.reporters:
            reporter.begin("report", events_a_second=rate, reports=each, pictures=pictures)
        for reporter in self.reporters:
            reporter.finish()
        self.wait_for(target)
        took = time.perf_counter() - began
        self.hold()
        return events / took

    def token_of_new_platform(self, name: str) -> str:
        """Let a platform follow the list; returns its token."""
        command = self.tree.takeback("hotline", "platform", "add", name, "--json")
        _, output = seconds_of(command, self.variables)
        return str(json.loads(output)["token"])

    def sync_command(self, store: Path, *more: str) -> list[str]:
        """Return the command of a gate of this tree that follows this list."""
        return self.tree.takeback(
            "gate", "sync", "--hotline", self.url, "--store", str(store), *more
        )


def gate_variables(token: str) -> dict[str, str]:
    """Return what a gate finds in its environment: its token, nothing of the hotline's."""
    return environment({"TAKEBACK_GATE_TOKEN": token, "PYTHONUNBUFFERED": "1"})


@contextlib.contextmanager
def both_hotlines(trees: Sequence[Tree], folder: Path) -> Iterator[tuple[Hotline, Hotline]]:
    """Start a hotline of each tree with an empty list: this checkout's, then the other's."""
    with contextlib.ExitStack() as stack:
        new, old = (stack.enter_context(_hotline(tree, folder / tree.side)) for tree in trees)
        yield new, old


@contextlib.contextmanager
def _hotline(tree: Tree, folder: Path) -> Iterator[Hotline]:
    """Start a hotline with its embedded database."""
    folder.mkdir(parents=True)
    purpose = folder / "purpose.toml"
    purpose.write_text(_PURPOSE, encoding="utf-8")
    with contextlib.ExitStack() as stack:
        data = str(folder / "postgres")
        database = Script(tree.python, "database", [data], folder / "database.log")
        variables = environment(
            {
                "DATABASE_URL": str(stack.enter_context(database).call("url")),
                "DJANGO_SETTINGS_MODULE": "takeback.hotline.config.settings",
                "TAKEBACK_PURPOSE": str(purpose),
                "TAKEBACK_STATE": str(folder / "state"),
            }
        )
        seconds_of(tree.takeback("hotline", "migrate"), variables)
        port = _free_port()
        serve = tree.takeback("hotline", "serve", "--port", str(port))
        stack.enter_context(running(serve, variables, folder / "serve.log"))
        work = tree.takeback("hotline", "worker")
        worker = stack.enter_context(running(work, variables, folder / "worker.log"))
        listing, *reporters = (
            stack.enter_context(
                Script(tree.python, "listing", [], folder / "listing.log", variables)
            )
            for _ in range(1 + _REPORTERS)
        )
        url = f"http://127.0.0.1:{port}"
        hotline = Hotline(tree, folder, url, variables, worker, listing, reporters)
        wait_until(lambda: _has_begun(url))
        hotline.hold()
        yield hotline


def _has_begun(url: str) -> bool:
    """Whether the hotline answers, and its log has begun with the purpose of its list."""
    with contextlib.suppress(requests.RequestException):
        return _get(f"{url}/log/v1/checkpoint").ok
    return False


def _get(url: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False  # a proxy is for the world outside, not for this machine
        return session.get(url, timeout=30)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
