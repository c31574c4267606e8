"""The snapshot file: the round trip, and every way in which a file may not be trusted."""

import hashlib
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takeback.matching.index import columns_of
from takeback.matching.policy import Lane
from takeback.matching.snapshot import (
    DamagedSnapshotError,
    ForeignSnapshotError,
    ListedEntry,
    ListedPdq,
    SnapshotSource,
    open_snapshot,
    write_snapshot,
)
from tests.matching.lists import SOURCE, codes, entry_id, lists, written

REPOSITORY = Path(__file__).parents[2]
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_back(snapshot):
    """The entries of a snapshot, rebuilt from its tables."""
    entries = []
    for row in range(snapshot.entries):
        pdq = [
            ListedPdq(snapshot.pdq_columns[:, at].tobytes(), int(snapshot.pdq_quality[at]))
            for at in range(len(snapshot.pdq_entry))
            if snapshot.pdq_entry[at] == row
        ]
        sha256, md5 = (
            tuple(
                digest.tobytes()
                for digest, owner in zip(table, owners, strict=True)
                if owner == row
            )
            for table, owners in (
                (snapshot.sha256, snapshot.sha256_entry),
                (snapshot.md5, snapshot.md5_entry),
            )
        )
        entries.append(
            ListedEntry(snapshot.entry_of(row), snapshot.lane_of(row), tuple(pdq), sha256, md5)
        )
    return entries


@same_folder
@given(data=st.data(), centre=codes())
def test_what_is_written_is_read(data, centre, tmp_path):
    entries = data.draw(lists(centre))
    snapshot = written(tmp_path / "list.snapshot", entries)
    assert snapshot.source == SOURCE
    assert read_back(snapshot) == [
        ListedEntry(
            listed.entry,
            listed.lane,
            listed.pdq,
            tuple(sorted(listed.sha256)),
            () if listed.sha256 else tuple(sorted(listed.md5)),
        )
        for listed in sorted(entries, key=lambda listed: listed.entry)
    ]
    for table in (snapshot.sha256, snapshot.md5):
        assert [d.tobytes() for d in table] == sorted(d.tobytes() for d in table)


@same_folder
@given(data=st.data(), centre=codes())
def test_the_same_state_gives_the_same_bytes(data, centre, tmp_path):
    entries = data.draw(lists(centre))
    write_snapshot(tmp_path / "one", SOURCE, entries)
    write_snapshot(tmp_path / "two", SOURCE, reversed(entries))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def two_entries():
    return [
        ListedEntry(entry_id(1), Lane.SELF_REPORTED, (ListedPdq(bytes(32), 80),), (bytes(32),)),
        ListedEntry(entry_id(2), Lane.CONFIRMED, (), (), (bytes(16),)),
    ]


@pytest.fixture
def snapshot_bytes(tmp_path):
    written(tmp_path / "good", two_entries())
    return (tmp_path / "good").read_bytes()


def test_a_file_cut_off_anywhere_is_refused(snapshot_bytes, tmp_path):
    path = tmp_path / "cut"
    for length in range(len(snapshot_bytes)):
        path.write_bytes(snapshot_bytes[:length])
        with pytest.raises(
            (DamagedSnapshotError, ForeignSnapshotError), match="takeback gate sync"
        ):
            open_snapshot(path)


def test_a_file_with_one_byte_changed_anywhere_is_refused(snapshot_bytes, tmp_path):
    path = tmp_path / "changed"
    for place in range(len(snapshot_bytes)):
        changed = bytearray(snapshot_bytes)
        changed[place] ^= 0x40
        path.write_bytes(changed)
        with pytest.raises((DamagedSnapshotError, ForeignSnapshotError)):
            open_snapshot(path)


def test_a_longer_file_is_refused(snapshot_bytes, tmp_path):
    body = snapshot_bytes[:-32] + bytes(64)
    (tmp_path / "long").write_bytes(body + hashlib.sha256(body).digest())
    with pytest.raises(DamagedSnapshotError, match="do not fit"):
        open_snapshot(tmp_path / "long")


def test_another_version_is_refused_by_name(snapshot_bytes, tmp_path):
    body = bytearray(snapshot_bytes[:-32])
    struct.pack_into("<I", body, 8, 2)
    (tmp_path / "newer").write_bytes(bytes(body) + hashlib.sha256(body).digest())
    with pytest.raises(ForeignSnapshotError, match="format 2; this program reads format 1"):
        open_snapshot(tmp_path / "newer")


def test_something_else_is_refused(tmp_path):
    (tmp_path / "picture").write_bytes(b"\x89PNG" + bytes(1000))
    with pytest.raises(ForeignSnapshotError, match="not a snapshot"):
        open_snapshot(tmp_path / "picture")


def test_a_mapped_snapshot_is_read_only_and_outlives_its_replacement(tmp_path):
    path = tmp_path / "list.snapshot"
    first = written(path, two_entries())
    written(path, [])
    assert [first.entry_of(row) for row in range(first.entries)] == [entry_id(1), entry_id(2)]
    with pytest.raises(ValueError, match="read-only"):
        first.pdq_columns[0, 0] = 1


@pytest.mark.parametrize(
    "entry",
    [
        ListedEntry("short", Lane.CONFIRMED),
        ListedEntry("ü" * 26, Lane.CONFIRMED),
        ListedEntry(entry_id(1), Lane.CONFIRMED, (ListedPdq(bytes(31), 80),)),
        ListedEntry(entry_id(1), Lane.CONFIRMED, (ListedPdq(bytes(32), 101),)),
        ListedEntry(entry_id(1), Lane.CONFIRMED, (), (bytes(16),)),
        ListedEntry(entry_id(1), Lane.CONFIRMED, (), (), (bytes(32),)),
    ],
)
def test_an_entry_that_does_not_fit_leaves_the_old_file(entry, tmp_path):
    path = tmp_path / "list.snapshot"
    before = written(path, two_entries())
    with pytest.raises(ValueError, match="entry"):
        write_snapshot(path, SOURCE, [entry])
    assert read_back(open_snapshot(path)) == read_back(before)
    assert [file.name for file in tmp_path.iterdir()] == ["list.snapshot"]


def test_the_same_entry_twice_is_refused(tmp_path):
    entry = ListedEntry(entry_id(1), Lane.CONFIRMED)
    with pytest.raises(ValueError, match="stands twice"):
        write_snapshot(tmp_path / "x", SOURCE, [entry, entry])


@pytest.mark.parametrize(
    "source",
    [
        SnapshotSource("", 0, bytes(32)),
        SnapshotSource("x" * 321, 0, bytes(32)),
        SnapshotSource("x", 0, bytes(31)),
    ],
)
def test_a_source_that_does_not_fit_is_refused(source, tmp_path):
    with pytest.raises(ValueError, match="must have"):
        write_snapshot(tmp_path / "x", source, [])


WRITER = """
import itertools, pathlib, sys
from takeback.matching.policy import Lane
from takeback.matching.snapshot import ListedEntry, SnapshotSource, write_snapshot
from tests.matching.lists import entry_id
for size in itertools.count(1):
    listed = [ListedEntry(entry_id(n), Lane.CONFIRMED) for n in range(size % 500)]
    write_snapshot(pathlib.Path(sys.argv[1]), SnapshotSource("x", size, bytes(32)), listed)
    print(size, flush=True)
"""


def test_killed_while_writing_leaves_a_whole_file(tmp_path):
    path = tmp_path / "list.snapshot"
    for wait in range(5):
        command = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as writer:
            assert writer.stdout.readline() == "1\n"
            time.sleep(wait * 0.013)
            os.kill(writer.pid, signal.SIGKILL)
        snapshot = open_snapshot(path)
        assert snapshot.entries == snapshot.source.checkpoint_size % 500


def test_columns_hold_the_words_of_the_codes():
    assert columns_of(bytes(range(64))).T.tobytes() == bytes(range(64))
