"""Two more kinds of fingerprint: what a program with their rows does, and what an older one."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from takeback.cli.main import app
from takeback.gate.check.gate import Gate
from takeback.gate.check.wire import HealthAnswer
from takeback.gate.store.live_entries import read_live_entries
from takeback.gate.store.store import Store, StoreError
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.list_sync import ListSync
from takeback.hashlist.events import EntryId
from takeback.matching.matcher import FingerprintError, UploadFingerprints
from takeback.matching.snapshot import open_snapshot
from takeback.matching.snapshot_file import ForeignSnapshotError

REPOSITORY = Path(__file__).parents[2]


class Newer:
    """The process that knows more kinds: its report, and a way to have it follow into a store."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout
        self.report = self._line()
        self.entries: dict[str, str] = self.report["entries"]

    def follow(self, folder: Path) -> dict[str, Any]:
        return self._answer_to(f"follow {folder}")

    def change(self) -> None:
        self._answer_to("change")

    def _answer_to(self, line: str) -> dict[str, Any]:
        self._stdin.write(f"{line}\n")
        self._stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        line = self._stdout.readline()
        assert line, "the process has ended"
        read: dict[str, Any] = json.loads(line)
        return read


@pytest.fixture
def newer(tmp_path: Path) -> Iterator[Newer]:
    command = [sys.executable, "-m", "tests.gate.newer_program", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield Newer(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.fixture
def sync_older(newer: Newer, store: Store) -> Callable[[], None]:
    """Follow the log with this process, which has no rows for the new kinds."""

    def sync() -> None:
        token = PlatformToken.parse(newer.report["token"])
        with HotlineClient(newer.report["address"], token) as client, store.sync_lock():
            ListSync(store, client, token).sync()

    return sync


def test_a_kind_of_20_bytes_is_listed_followed_and_matched(newer: Newer) -> None:
    found, entries = newer.report["found"], newer.entries
    assert found["entries"] == 5
    assert found["unknown"] == {}
    assert found["exact"] == sorted(
        [entries[name], "sha1", 0, "review"] for name in ("exact", "both")
    )
    assert found["other"] == []


def test_a_kind_of_256_bits_matches_within_the_threshold_of_its_lane(newer: Newer) -> None:
    found, entries = newer.report["found"], newer.entries

    def near(far: int, **decisions: str) -> list[list[object]]:
        return sorted([entries[name], "sketch", far, what] for name, what in decisions.items())

    assert found["within 10"] == near(10, near="block", amended="block", both="review")
    assert found["within 20"] == near(20, near="block", amended="block")
    assert found["beyond"] == []
    assert {(entry, signal) for entry, signal, _, _ in found["all"]} == {
        (entries["exact"], "sha1"),
        (entries["both"], "sha1"),
        (entries["near"], "sketch"),
        (entries["known"], "pdq"),
        (entries["amended"], "pdq"),
    }


def test_a_snapshot_of_many_kinds_finds_what_a_plain_scan_finds(newer: Newer) -> None:
    assert newer.report["matched"] > 100


def test_a_policy_names_the_kind_whose_threshold_it_gets_wrong(newer: Newer) -> None:
    assert newer.report["refused"] == (
        "confirmed.thresholds.sketch is 257; it must be a whole number from 0 to 256"
    )


def test_an_older_gate_keeps_what_it_knows_and_counts_what_it_does_not(
    newer: Newer, store: Store, sync_older: Callable[[], None]
) -> None:
    sync_older()
    entries = newer.entries
    with Gate.open(store.folder) as gate:
        verdict = gate.check_fingerprints(
            UploadFingerprints(pdq=bytes.fromhex(pdq_of(store, entries["known"]))), report=False
        )
        answer = HealthAnswer.of(gate.health())
    assert {match.entry for match in verdict.matches} == {
        entries[name] for name in ("known", "both", "amended")
    }
    assert answer.can_check
    [health] = answer.lists
    assert health.entries == 5
    assert health.signals_unknown == {"sha1": 2, "sketch": 3}
    with store.read_list() as connection:
        kept = {live.entry: live for live in read_live_entries(connection)}
    only_unknown = kept[EntryId(entries["exact"])]
    assert (only_unknown.signals, [signal.kind for signal in only_unknown.unknown]) == (
        (),
        ["sha1"],
    )
    assert [signal.place for signal in kept[EntryId(entries["both"])].unknown] == [0, 2]


def pdq_of(store: Store, entry: str) -> str:
    with store.read_list() as connection:
        [live] = [live for live in read_live_entries(connection) if live.entry == entry]
    return live.signals[0].value


def test_the_status_of_an_older_gate_says_what_it_is_too_old_for(
    store: Store, sync_older: Callable[[], None]
) -> None:
    sync_older()
    done = CliRunner().invoke(app, ["gate", "status", "--store", str(store.folder)])
    assert done.exit_code == 0, done.stderr
    assert "unknown: 2 fingerprints of the kind sha1, which this gate is too old" in done.stdout
    assert "unknown: 3 fingerprints of the kind sketch" in done.stdout


def test_a_newer_program_finds_in_an_older_ones_store_what_that_left(
    newer: Newer, store: Store, sync_older: Callable[[], None]
) -> None:
    sync_older()
    assert newer.follow(store.folder) == newer.report["found"]
    # And the older one, should it come back, says so and puts nothing else in force.
    with pytest.raises(StoreError, match="newer"):
        store.state()
    [path] = [
        path
        for path in store.snapshots.glob("*.snapshot")
        if path.name == store.current.read_text().strip()
    ]
    with pytest.raises(ForeignSnapshotError, match="other tables"):
        open_snapshot(path)


def test_what_is_unknown_goes_with_its_entry(
    newer: Newer, store: Store, sync_older: Callable[[], None]
) -> None:
    sync_older()
    newer.change()
    sync_older()
    with Gate.open(store.folder) as gate:
        [health] = gate.health()
    assert (health.entries, health.signals_unknown) == (3, {"sha1": 1})


def test_an_older_gate_can_be_asked_only_for_kinds_that_it_knows() -> None:
    with pytest.raises(FingerprintError, match="sha1 is no further kind"):
        UploadFingerprints(others=(("sha1", bytes(20)),))
