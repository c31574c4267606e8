"""A hotline and a gate that know two more kinds of fingerprint: run as a process of its own.

The rows and their models come before anything else of takeback: whatever stands on the table has to
find them there. It prints what it has listed and what it has matched, as a line of JSON, then
does what lines on its standard input say: `follow FOLDER`, or `change`.
"""

from tests.support.newer_kinds import SHA1, SKETCH, Sha1Signal, SketchSignal  # isort: skip

import json
import random
import sys
from pathlib import Path

from takeback.gate.check.gate import Gate
from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.list_sync import ListSync
from takeback.hashlist.events import EntryId
from takeback.hashlist.openings import decode_openings_in_bulk
from takeback.hashlist.signals import PdqSignal
from takeback.matching.match_list import GrowingList
from takeback.matching.matcher import Matcher, UploadFingerprints
from takeback.matching.policy import PolicyError, parse_policy
from takeback.matching.snapshot import (
    ListedEntry,
    SnapshotSource,
    open_snapshot,
    write_snapshot,
)
from takeback.signals.lanes import Lane
from takeback.signals.packing import ListedSignal, packed_signal
from takeback.tlog.bundles import EventRange
from tests.support.log_server import Log, serving
from tests.support.match_lists import distance, entry_id, flipped

RANDOM = random.Random(7)
EXACT, NEAR, PDQ = RANDOM.randbytes(20), RANDOM.randbytes(32), RANDOM.randbytes(32)
POLICY = """
[self_reported]
thresholds = { sketch = 10 }
[confirmed]
thresholds = { sketch = 20 }
"""


def listed(log: Log) -> dict[str, str]:
    """List entries of both kinds, alone and beside kinds that every gate knows."""
    sha1, sketch = Sha1Signal(value=EXACT.hex()), SketchSignal(value=NEAR.hex(), detail=300)
    pdq = PdqSignal(value=PDQ.hex(), quality=90)
    entries = {
        "exact": log.add_signals([sha1]),
        "near": log.add_signals([sketch], Lane.CONFIRMED),
        "both": log.add_signals([sha1, pdq, sketch]),
        "known": log.add(PDQ, Lane.CONFIRMED),
        "amended": log.add(PDQ),
    }
    log.amend_signals(entries["amended"], [sketch, pdq], Lane.CONFIRMED)
    gone = log.add_signals([sketch])
    log.withdraw(gone)
    return {name: str(entry) for name, entry in entries.items()}


def change(log: Log, entries: dict[str, str]) -> None:
    """Withdraw an entry of both new kinds, suspend one, and leave a third with its PDQ alone."""
    log.withdraw(EntryId(entries["both"]))
    log.suspend(EntryId(entries["near"]))
    log.amend(EntryId(entries["amended"]), PDQ, Lane.CONFIRMED)


def follow(log: Log, address: str, folder: Path) -> dict[str, object]:
    """Follow the log into a folder, and look up uploads of either kind."""
    store = Store(folder)
    token = PlatformToken.parse(log.token)
    with HotlineClient(address, token) as client, store.sync_lock():
        ListSync(store, client, token).sync()
    with Gate.open(folder, parse_policy(POLICY)) as gate:

        def found(*others: tuple[str, bytes], pdq: bytes | None = None) -> list[list[object]]:
            upload = UploadFingerprints(pdq=pdq, others=others)
            matches = gate.check_fingerprints(upload, report=False).matches
            return sorted([m.entry, m.signal, m.distance, m.decision.value] for m in matches)

        [health] = gate.health()
        return {
            "exact": found(("sha1", EXACT)),
            "other": found(("sha1", bytes(20))),
            "within 10": found(("sketch", flipped(NEAR, range(10)))),
            "within 20": found(("sketch", flipped(NEAR, range(20)))),
            "beyond": found(("sketch", flipped(NEAR, range(21)))),
            "all": found(("sha1", EXACT), ("sketch", NEAR), pdq=PDQ),
            "entries": health.entries,
            "unknown": dict(health.signals_unknown),
        }


def check_reading_in_bulk(log: Log) -> None:
    """Check that additions of the new kinds are read without models, too."""
    data = log.openings(EventRange(1, 4))
    read = [addition[4] for addition in decode_openings_in_bulk(data, 3).additions if addition]
    sha1, sketch = packed_signal(SHA1, EXACT), packed_signal(SKETCH, NEAR, (300,))
    pdq = PDQ + bytes([90])
    assert read == [
        bytes([1, 200, 1]) + sha1,
        bytes([1, 201, 1]) + sketch,
        bytes([3, 1, 1, 200, 1, 201, 1]) + pdq + sha1 + sketch,
    ]
    assert sketch == NEAR + (300).to_bytes(2, "little")


def agrees_with_a_plain_scan(folder: Path) -> int:
    """Match against a snapshot of entries of five kinds; returns how many matches there were."""
    entries = []
    for number in range(300):
        signals_of_all_kinds = [
            ListedSignal("sketch", flipped(NEAR, RANDOM.sample(range(256), number % 40)), (1,)),
            ListedSignal("pdq", flipped(PDQ, RANDOM.sample(range(256), number % 50)), (90,)),
            ListedSignal("sha1", bytes([number % 7]) * 20),
            ListedSignal("sha256", bytes([number % 5]) * 32),
            ListedSignal("md5", bytes([number % 3]) * 16),
        ]
        kept = RANDOM.sample(signals_of_all_kinds, RANDOM.randint(0, 5))
        entries.append((entry_id(number), RANDOM.choice(list(Lane)), kept))
    path = folder / "many.snapshot"
    source = SnapshotSource("list.example.org", 1, bytes(32))
    write_snapshot(path, source, [ListedEntry.of(*entry) for entry in entries])
    policy = parse_policy(POLICY)
    matcher = Matcher(GrowingList(open_snapshot(path)).state(), policy)
    matched = 0
    for number in range(100):
        value = {
            "sketch": flipped(NEAR, RANDOM.sample(range(256), number % 12)),
            "pdq": flipped(PDQ, RANDOM.sample(range(256), number % 12)),
            "sha1": bytes([number % 9]) * 20,
            "sha256": bytes([number % 11]) * 32,
            "md5": bytes([number % 5]) * 16,
        }
        chosen = set(RANDOM.sample(sorted(value), 3))
        others = tuple((kind, value[kind]) for kind in ("sketch", "sha1") if kind in chosen)
        explicit = {kind: value[kind] for kind in ("pdq", "sha256", "md5") if kind in chosen}
        expected = set()
        for entry, lane, kept in entries:
            kinds = {signal.kind for signal in kept}
            for signal in kept:
                if signal.kind not in chosen:
                    continue
                far = distance(signal.value, value[signal.kind])
                near = signal.kind in ("pdq", "sketch")
                limit = policy.of(lane).threshold_of(signal.kind) if near else 0
                if far <= limit and not (signal.kind == "md5" and "sha256" in kinds):
                    expected.add(entry)
        result = matcher.match(
            UploadFingerprints(
                explicit.get("pdq"), explicit.get("sha256"), explicit.get("md5"), others=others
            )
        )
        assert {match.entry for match in result.matches} == expected
        matched += len(expected)
    return matched


def refusal(text: str) -> str:
    try:
        parse_policy(text)
    except PolicyError as error:
        return str(error)
    return ""


def main(folder: Path) -> None:
    log = Log()
    entries = listed(log)
    check_reading_in_bulk(log)
    with serving(log) as address:
        report = {
            "address": address,
            "token": log.token,
            "entries": entries,
            "found": follow(log, address, folder / "newer"),
            "matched": agrees_with_a_plain_scan(folder),
            "refused": refusal("[confirmed]\nthresholds = { sketch = 257 }"),
        }
        print(json.dumps(report), flush=True)
        for line in sys.stdin:
            match line.split():
                case ["follow", name]:
                    print(json.dumps(follow(log, address, Path(name))), flush=True)
                case ["change"]:
                    change(log, entries)
                    print("{}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
