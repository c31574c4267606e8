"""Starts a gate's service on a list of its own, and watches the memory of it and its children."""

import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from takeback.gate.store.store import Store
from takeback.hashlist.events import new_entry_id
from takeback.matching.snapshot import ListedEntry, SnapshotSource, write_snapshot
from takeback.signals.lanes import Lane
from takeback.signals.packing import ListedSignal

_START_SECONDS = 120.0
_BETWEEN_LOOKS = 0.05
_PAGE_BYTES = 4096
_PROC = Path("/proc")


@dataclass
class Memory:
    """What a process and all below it have had resident, in bytes, each for itself and together.

    Pages that several of them share are counted for each.
    """

    pid: int
    most: int = 0
    parent_most: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def now(self) -> tuple[int, int]:
        """Return what all of them have now, and what the process itself has."""
        parents = {}
        for folder in _PROC.iterdir():
            if folder.name.isdecimal():
                try:
                    stat = (folder / "stat").read_text()
                except OSError:
                    continue
                parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
        family = {self.pid}
        while found := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= found
        return sum(map(_resident, family)), _resident(self.pid)

    def watch(self) -> None:
        """Look every now and then until the gate is gone."""
        while not self._stop.wait(_BETWEEN_LOOKS):
            together, parent = self.now()
            self.most = max(self.most, together)
            self.parent_most = max(self.parent_most, parent)

    def stop(self) -> None:
        """End `watch`."""
        self._stop.set()


def _resident(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0


def make_store(folder: Path, entries: int) -> Path:
    """Write a store with a list of random fingerprints in force; return its folder."""
    random = Random(0)
    store = Store(folder)
    snapshot = store.snapshots / f"{entries}.snapshot"
    listed = [
        ListedEntry.of(
            new_entry_id(),
            Lane.SELF_REPORTED,
            [ListedSignal("pdq", random.randbytes(32), (100,))],
        )
        for _ in range(entries)
    ]
    write_snapshot(snapshot, SnapshotSource("flood.example.org", entries, bytes(32)), listed)
    store.current.write_text(f"{snapshot.name}\n", encoding="ascii")
    return store.folder


@contextmanager
def running_gate(command: Sequence[str], entries: int) -> Iterator[tuple[int, Memory]]:
    """Serve a list of so many entries; yield the port and the memory, which is being watched."""
    with tempfile.TemporaryDirectory() as folder:
        store = make_store(Path(folder) / "store", entries)
        log = Path(folder) / "log"
        with (
            log.open("wb") as output,
            subprocess.Popen(
                [*command, "gate", "serve", "--store", str(store), "--port", "0"],
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as gate,
        ):
            memory = Memory(gate.pid)
            watching = threading.Thread(target=memory.watch)
            try:
                port = _port(gate, log)
                watching.start()
                yield port, memory
            finally:
                memory.stop()
                gate.terminate()
                try:
                    gate.wait(30)
                except subprocess.TimeoutExpired:
                    gate.kill()


def _port(gate: "subprocess.Popen[bytes]", log: Path) -> int:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and gate.poll() is None:
        if found := re.search(r"http://\S+:(\d+)", log.read_text(errors="replace")):
            return int(found[1])
        time.sleep(0.05)
    raise SystemExit(f"The gate did not start: {log.read_text(errors='replace')}")
