"""How long one added entry takes from the store to the answer of another process.

Run it by itself: `python -m benchmarks.changes 100000 1000000`.
"""

from __future__ import annotations

import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b32encode
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.machine import KEPT
from takeback.gate.store.live_entries import know_changes_since, put_live_entry
from takeback.gate.store.store import FollowedLog, Store, write_followed_log
from takeback.gate.sync.snapshot_publisher import SnapshotPublisher
from takeback.hashlist.events import EntryId, Provenance
from takeback.hashlist.fold import LiveEntry
from takeback.hashlist.rules import LogRules
from takeback.hashlist.signals import PdqSignal
from takeback.signals.lanes import Lane
from takeback.tlog.merkle import Frontier, leaf_hash

_CHANGES: Final = 25

# Asks for a code, over and over, until the list in force has it; then says when that was.
_READER: Final = """
import pathlib, sys, time
from takeback.gate.store.snapshots import SnapshotInForce
from takeback.gate.store.store import Store
from takeback.matching.matcher import UploadFingerprints
from takeback.matching.policy import MatchPolicy
in_force = SnapshotInForce(Store(pathlib.Path(sys.argv[1])), MatchPolicy())
for line in sys.stdin:
    upload = UploadFingerprints(bytes.fromhex(line))
    assert not in_force.matcher().match(upload).matches
    print("asking", flush=True)
    while not in_force.matcher().match(upload).matches:
        pass
    print(time.time(), flush=True)
"""


@dataclass(frozen=True)
class ChangeTimes:
    """Seconds; the last three are medians over the changes, `seen` from the transaction on."""

    entries: int
    read_arrays: float
    first_snapshot: float
    publish: float
    seen: float
    seen_at_worst: float


def measure(entries: int, folder: Path) -> ChangeTimes:
    """Fill a store with so many entries, publish it, then add entries one by one."""
    store = Store(folder)
    edge = Frontier().extended(leaf_hash(b"%d" % event) for event in range(entries))
    with store.change_list() as connection:
        know_changes_since(connection, entries)
        for event in range(entries):
            put_live_entry(connection, _entry(event), None)
        write_followed_log(connection, _log(edge))
    began = time.perf_counter()
    store.state()
    read = time.perf_counter() - began
    publisher = SnapshotPublisher(store)
    began = time.perf_counter()
    publisher.publish()
    first = time.perf_counter() - began
    publish, seen = [], []
    command = [sys.executable, "-c", _READER, str(folder)]
    with subprocess.Popen(  # noqa: S603 - our own reader
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin is not None and reader.stdout is not None  # noqa: S101
        for event in range(entries, entries + _CHANGES):
            added = _entry(event)
            reader.stdin.write(f"{added.signals[0].value}\n")
            reader.stdin.flush()
            reader.stdout.readline()
            edge = edge.extended([leaf_hash(b"%d" % event)])
            began = time.time()
            with store.change_list() as connection:
                put_live_entry(connection, added, edge.size)
                write_followed_log(connection, _log(edge))
            written = time.time()
            publisher.publish()
            publish.append(time.time() - written)
            seen.append(float(reader.stdout.readline()) - began)
        reader.stdin.close()
    publish_median, seen_median = statistics.median(publish), statistics.median(seen)
    return ChangeTimes(entries, read, first, publish_median, seen_median, max(seen))


def _log(edge: Frontier) -> FollowedLog:
    return FollowedLog("key", "benchmark.invalid", edge, b"note", LogRules())


def _entry(event: int) -> LiveEntry:
    digest = hashlib.sha256(b"%d" % event).digest()
    name = b32encode(digest[:16]).decode().rstrip("=").lower()
    signals = (PdqSignal(value=digest.hex(), quality=90),)
    return LiveEntry(EntryId(name), Lane.CONFIRMED, Provenance(hotline="example"), signals, event)


if __name__ == "__main__":
    for size in sys.argv[1:]:
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as made:
            print(measure(int(size), Path(made) / "gate"))
