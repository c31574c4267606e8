"""Worker, witness and gate are killed at random while the list changes; the gate is never wrong.

`TAKEBACK_KILLS` says how often; `make kill-loop` kills 500 times.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from takeback.gate.check.gate import Gate
from takeback.gate.store.store import Store
from takeback.hashlist.events import EntryId
from takeback.hotline.entries.actions import withdraw_entries
from takeback.hotline.log import access as log_access
from takeback.hotline.log.models import LogEntry
from takeback.hotline.platforms.actions import add_platform
from takeback.matching.matcher import UploadFingerprints
from takeback.tlog.cosignature import CosignatureKind
from tests.support.followers import some_signals
from tests.support.listing import list_picture
from tests.support.match_lists import EVERYTHING
from tests.support.running import environment, hotline
from tests.support.witnesses import keys_of

KILLS = int(os.environ.get("TAKEBACK_KILLS", "8"))
WITNESS = "witness.example/w1"
PATIENCE_SECONDS = 60


@dataclass
class Killable:
    """A process that comes back whenever it was killed."""

    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "takeback", *self.command],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@dataclass
class Listing:
    """The young people's side: it lists and takes back, and knows what it did."""

    chance: random.Random
    live: list[EntryId] = field(default_factory=list)

    def act(self) -> None:
        if self.live and self.chance.random() < 0.4:
            at = self.chance.randrange(len(self.live))
            withdraw_entries([self.live.pop(at)], "reporter")
        else:
            self.live.append(list_picture(some_signals()))


def alive_at(size: int) -> set[str]:
    """The entries that the log says are alive after so many events."""
    events: dict[str, list[int]] = {}
    for logged in LogEntry.objects.order_by("index"):
        if logged.subject is not None:
            events.setdefault(logged.subject, []).append(logged.index)
    return {
        entry
        for entry, (added, *withdrawn) in events.items()
        if added < size and not any(index < size for index in withdrawn)
    }


def in_force(gate: Gate) -> tuple[int, set[str]]:
    verdict = gate.check_fingerprints(UploadFingerprints(pdq=bytes(32)), report=False)
    return verdict.checked_against[0].checkpoint_size, {match.entry for match in verdict.matches}


@contextmanager
def running(*processes: Killable) -> Iterator[None]:
    try:
        for process in processes:
            process.start()
        yield
    finally:
        for process in processes:
            process.kill()


def wait_until(truth: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not truth():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


@pytest.mark.timeout(300 + 5 * KILLS)
def test_at_every_instant_the_gate_matches_exactly_what_is_alive_at_its_checkpoint(
    hotline_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(8)
    listing = Listing(chance)
    token = add_platform("Skylark")
    port = free_port()
    key = keys_of(tmp_path / "witness", WITNESS)[CosignatureKind.ED25519]
    policy = tmp_path / "policy"
    policy.write_text(
        f"log {log_access.verifier_key_line()}\n"
        f"witness w {key.line} http://127.0.0.1:{port}\nquorum w\n"
    )
    monkeypatch.setenv("TAKEBACK_WITNESSES", str(policy))
    processes_environment = environment(hotline_database, TAKEBACK_GATE_TOKEN=token)
    store = Store(tmp_path / "gate")
    with ExitStack() as stack:
        url, _ = stack.enter_context(hotline(hotline_database))
        watched = ["--name", WITNESS, "--log", log_access.verifier_key_line(), "--port", str(port)]
        folders = ["--store", str(tmp_path / "witness")]
        follow = ["--store", str(store.folder), "--trust", str(policy), "--follow"]
        processes = [
            Killable(["hotline", "worker"], processes_environment),
            Killable(["witness", "serve", *watched, *folders], processes_environment),
            Killable(["gate", "sync", "--hotline", url, *follow], processes_environment),
        ]
        stack.enter_context(running(*processes))
        gate = stack.enter_context(Gate.open(store.folder, EVERYTHING, decoders=1))
        listing.act()
        wait_until(lambda: gate.ready)
        sizes = set()
        for _ in range(KILLS):
            end = time.monotonic() + chance.uniform(0.2, 4.0)
            while time.monotonic() < end:
                listing.act()
                size, entries = in_force(gate)
                assert entries == alive_at(size)
                sizes.add(size)
            victim = chance.choice(processes)
            victim.kill()
            size, entries = in_force(gate)
            assert entries == alive_at(size)
            victim.start()
        wait_until(lambda: in_force(gate)[1] == set(listing.live))
    assert len(sizes) > 2  # the list did change meanwhile


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
