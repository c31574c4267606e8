"""The snapshot file: the round trip, and every way in which a file may not be trusted."""

import dataclasses
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takeback.hashlist.events import EntryId
from takeback.matching import index
from takeback.matching.digest_table import order_of, rows_of
from takeback.matching.matcher import Matcher, UploadFingerprints
from takeback.matching.policy import Decision, LanePolicy, MatchPolicy
from takeback.matching.snapshot import (
    LANES,
    ListedEntry,
    ListTables,
    SignalTable,
    Snapshot,
    SnapshotSource,
    open_snapshot,
    write_snapshot,
)
from takeback.matching.snapshot_file import (
    DamagedSnapshotError,
    ForeignSnapshotError,
    open_arrays,
    write_arrays,
)
from takeback.signals.lanes import Lane
from tests.support.match_lists import (
    SOURCE,
    ListedPdq,
    PlainEntry,
    codes,
    entry_id,
    lists,
    match_list,
    written,
)

REPOSITORY = Path(__file__).parents[2]
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_back(snapshot: Snapshot) -> list[PlainEntry]:
    """The entries of a snapshot, rebuilt from its tables."""
    signals = snapshot.tables.signals
    entries = []
    for row in range(snapshot.entries):
        found = {
            kind: [table.values[at].tobytes() for at in np.flatnonzero(table.entry == row)]
            for kind, table in signals.items()
        }
        qualities = signals["pdq"].numbers[0][signals["pdq"].entry == row] if "pdq" in found else []
        pdq = tuple(map(ListedPdq, found.get("pdq", ()), map(int, qualities)))
        sha256, md5 = tuple(found.get("sha256", ())), tuple(found.get("md5", ()))
        lane = LANES[snapshot.tables.entry_lane[row]]
        entries.append(PlainEntry(EntryId(snapshot.entry_of(row)), lane, pdq, sha256, md5))
    return entries


@same_folder
@given(data=st.data(), centre=codes())
def test_what_is_written_is_read(data: st.DataObject, centre: bytes, tmp_path: Path) -> None:
    entries = data.draw(lists(centre))
    snapshot = written(tmp_path / "list.snapshot", entries)
    assert snapshot.source == SOURCE
    assert read_back(snapshot) == [
        PlainEntry(
            listed.entry,
            listed.lane,
            listed.pdq,
            listed.sha256,
            () if listed.sha256 else listed.md5,
        )
        for listed in sorted(entries, key=lambda listed: listed.entry)
    ]
    for row, listed in enumerate(read_back(snapshot)):
        assert snapshot.row_of(listed.entry) == row
        assert all(row in snapshot.rows_of("sha256", digest) for digest in listed.sha256)
        assert all(row in snapshot.rows_of("md5", digest) for digest in listed.md5)
    listed_ids = {listed.entry for listed in entries}
    absent: list[str] = [entry_id(number) for number in (0, 2**127, 2**128 - 1)]
    absent += [entry[:-1] + other for entry in listed_ids for other in "2z"]
    for entry in set(absent) - listed_ids:
        assert snapshot.row_of(entry) is None


@same_folder
@given(data=st.data(), centre=codes())
def test_the_same_state_gives_the_same_bytes(
    data: st.DataObject, centre: bytes, tmp_path: Path
) -> None:
    entries = data.draw(lists(centre))
    write_snapshot(tmp_path / "one", SOURCE, [entry.listed for entry in entries])
    write_snapshot(tmp_path / "two", SOURCE, [entry.listed for entry in reversed(entries)])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


# The first byte of the first is less, its first eight bytes as one little-endian number are more.
SHA256 = (bytes(range(1, 33)), b"\xff" + bytes(31))


def two_entries() -> list[PlainEntry]:
    return [
        PlainEntry(entry_id(1), Lane.SELF_REPORTED, (ListedPdq(bytes(32), 80),), SHA256),
        PlainEntry(entry_id(2), Lane.CONFIRMED, (), (), (bytes(16),)),
    ]


@pytest.fixture
def snapshot_bytes(tmp_path: Path) -> bytes:
    written(tmp_path / "good", two_entries())
    return (tmp_path / "good").read_bytes()


def test_a_file_cut_off_anywhere_is_refused(snapshot_bytes: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    for length in range(len(snapshot_bytes)):
        path.write_bytes(snapshot_bytes[:length])
        with pytest.raises(
            (DamagedSnapshotError, ForeignSnapshotError), match=r"is damaged|is not a snapshot"
        ):
            open_snapshot(path)


def test_a_file_with_one_byte_changed_anywhere_is_refused(
    snapshot_bytes: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "changed"
    for place in range(len(snapshot_bytes)):
        changed = bytearray(snapshot_bytes)
        changed[place] ^= 0x40
        path.write_bytes(changed)
        with pytest.raises((DamagedSnapshotError, ForeignSnapshotError)):
            open_snapshot(path)


def test_every_byte_stands_where_the_description_says(snapshot_bytes: bytes) -> None:
    magic, version, header_bytes, length, checksum = struct.unpack_from("<8sIIQ16s", snapshot_bytes)
    assert (magic, version, length) == (b"TAKEBACK", 3, len(snapshot_bytes))
    text = snapshot_bytes[40 : 40 + header_bytes]
    assert checksum == xxhash.xxh3_128_digest(snapshot_bytes[:24] + text)
    header = json.loads(text)
    assert header["about"] == {
        "origin": SOURCE.origin,
        "checkpoint_size": SOURCE.checkpoint_size,
        "root_hash": SOURCE.root_hash.hex(),
        "kinds": "pdq sha256 md5",
    }
    at, arrays = 40 + header_bytes, {}
    for section in header["sections"]:
        assert section["offset"] == at
        assert at % 64 == 0
        array = np.frombuffer(
            snapshot_bytes, section["dtype"], int(np.prod(section["shape"])), at
        ).reshape(section["shape"])
        end = at + array.nbytes + -array.nbytes % 64
        assert section["checksum"] == xxhash.xxh3_128_hexdigest(snapshot_bytes[at:end])
        at, arrays[section["name"]] = end, array
    assert at == len(snapshot_bytes)
    assert list(arrays["entry_ids"]) == [entry_id(1).encode(), entry_id(2).encode()]
    assert arrays["entry_lane"].tolist() == [0, 1]
    assert arrays["pdq.value"].tobytes() + arrays["sha256.value"].tobytes() == bytes(32) + b"".join(
        SHA256
    )
    # Two rows take two bits, one row takes one.
    beginnings = [int.from_bytes(digest[:8], "little") for digest in SHA256]
    assert arrays["sha256.order"].tolist() == [beginnings[1] & ~3 | 1, beginnings[0] & ~3 | 0]
    assert arrays["md5.order"].tolist() == [0]
    assert (arrays["pdq.quality"].tolist(), arrays["md5.entry"].tolist()) == ([80], [1])


def test_a_longer_file_is_refused(snapshot_bytes: bytes, tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(snapshot_bytes + bytes(64))
    with pytest.raises(DamagedSnapshotError, match="bytes, not"):
        open_snapshot(tmp_path / "long")


@pytest.mark.parametrize("version", [2, 4])
def test_another_version_is_refused_by_name(
    version: int, snapshot_bytes: bytes, tmp_path: Path
) -> None:
    changed = bytearray(snapshot_bytes)
    struct.pack_into("<I", changed, 8, version)
    (tmp_path / "other").write_bytes(changed)
    with pytest.raises(ForeignSnapshotError, match=f"format {version}; this program reads"):
        open_snapshot(tmp_path / "other")


def test_a_sound_file_of_other_arrays_is_refused(tmp_path: Path) -> None:
    write_arrays(tmp_path / "other", {"origin": "x"}, {"numbers": np.arange(3)})
    with pytest.raises(ForeignSnapshotError, match="other tables"):
        open_snapshot(tmp_path / "other")


def test_a_long_list_brings_its_index_along(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    rows = 9_000
    tables = ListTables(
        np.sort(np.array([entry_id(row) for row in range(rows)], "S26")),
        np.zeros(rows, np.uint8),
        {
            "pdq": SignalTable(
                random.integers(0, 256, (rows, 32), np.uint8),
                random.permutation(rows).astype(np.uint32),
                (np.full(rows, 90, np.uint8),),
            )
        },
    )
    path = tmp_path / "long"
    write_snapshot(path, SOURCE, tables)
    arrays = open_arrays(path).arrays
    snapshot = open_snapshot(path)
    assert snapshot.indexes["pdq"].tables.keys() == {
        name.removeprefix("pdq.index.") for name in arrays if name.startswith("pdq.index.")
    }
    assert snapshot.indexes["pdq"].tables
    pdq = tables.signals["pdq"]
    for row in random.integers(0, rows, 200):
        code = bytearray(pdq.values[row].tobytes())
        code[3] ^= 0b1010
        [found], [far] = snapshot.indexes["pdq"].search(bytes(code), 31)
        assert (snapshot.tables.signals["pdq"].entry[found], far) == (pdq.entry[row], 2)
    whole = path.read_bytes()
    for place in random.integers(len(whole) // 2, len(whole), 20):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DamagedSnapshotError):
            open_snapshot(path)


def test_a_very_long_list_is_found_whole_in_the_order_that_its_index_prefers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if 9,000 rows were so many that tables name blocks of rows.
    monkeypatch.setattr(index, "_SHAPES", ((1 << 13, None),))
    monkeypatch.setattr(index, "_LARGEST", index.TableShape(16, slot_bits=14, block_bits=2))
    random = np.random.default_rng(5)
    rows, entries = 9_000, 4_000
    tables = ListTables(
        np.sort(np.array([entry_id(row) for row in range(entries)], "S26")),
        random.integers(0, len(LANES), entries, np.uint8),
        {
            "pdq": SignalTable(
                random.integers(0, 256, (rows, 32), np.uint8),
                random.integers(0, entries, rows).astype(np.uint32),
                (random.integers(0, 101, rows, np.uint8),),
            )
        },
    )
    pdq = tables.signals["pdq"]
    write_snapshot(tmp_path / "long", SOURCE, tables)
    snapshot = open_snapshot(tmp_path / "long")
    found = snapshot.tables.signals["pdq"]
    assert not np.array_equal(found.values, pdq.values)
    index_of = snapshot.indexes["pdq"]
    limits, places, distances = index_of.search_flat(pdq.values ^ np.uint8(1), 32)
    assert np.array_equal(limits, np.arange(rows + 1))
    assert (distances == 32).all()
    assert np.array_equal(found.values[places], pdq.values)
    assert np.array_equal(found.numbers[0][places], pdq.numbers[0])
    assert np.array_equal(found.entry[places], pdq.entry)
    # And as a matcher sees them.
    policy = LanePolicy(0, 0, Decision.REVIEW)
    matcher = Matcher(match_list(snapshot), MatchPolicy(**{lane.value: policy for lane in Lane}))
    for row in random.integers(0, rows, 50):
        [match] = matcher.match(UploadFingerprints(pdq.values[row].tobytes())).matches
        entry = pdq.entry[row]
        assert match.entry.encode() == tables.entry_ids[entry]
        assert match.lane is LANES[tables.entry_lane[entry]]


@given(
    st.lists(st.binary(min_size=16, max_size=16) | st.sampled_from([bytes(16), b"\xff" * 16])),
    st.binary(min_size=16, max_size=16),
)
def test_digests_are_found_wherever_they_stand(digests: list[bytes], another: bytes) -> None:
    table = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 16)
    order = order_of(table)
    for wanted in (*digests, another, bytes(16), b"\xff" * 16):
        expected = [row for row, digest in enumerate(digests) if digest == wanted]
        assert rows_of(order, table, wanted).tolist() == expected


def test_a_file_that_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG" + bytes(1000))
    with pytest.raises(ForeignSnapshotError, match="not a snapshot"):
        open_snapshot(tmp_path / "picture")


def test_a_mapped_snapshot_is_read_only_and_outlives_its_replacement(tmp_path: Path) -> None:
    path = tmp_path / "list.snapshot"
    first = written(path, two_entries())
    written(path, [])
    assert [first.entry_of(row) for row in range(first.entries)] == [entry_id(1), entry_id(2)]
    with pytest.raises(ValueError, match="read-only"):
        first.tables.signals["pdq"].values[0, 0] = 1


@pytest.mark.parametrize(
    "fields",
    [
        ("short", Lane.CONFIRMED),
        ("ü" * 26, Lane.CONFIRMED),
        (entry_id(1), Lane.CONFIRMED, (ListedPdq(bytes(31), 80),)),
        (entry_id(1), Lane.CONFIRMED, (ListedPdq(bytes(32), 101),)),
        (entry_id(1), Lane.CONFIRMED, (), (bytes(16),)),
        (entry_id(1), Lane.CONFIRMED, (), (), (bytes(32),)),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(fields: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"entry|bytes, not|must be from"):
        _ = PlainEntry(*fields).listed


ROW = np.zeros(1, np.uint32)


def tables_of(**changed: Any) -> ListTables:
    return dataclasses.replace(ListTables.of(entry.listed for entry in two_entries()), **changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"entry_ids": np.array([entry_id(1)] * 2, "S26")}, "stands twice"),
        ({"entry_ids": np.array([entry_id(2), entry_id(1)], "S26")}, "must ascend"),
        ({"entry_lane": np.array([0, len(LANES)], np.uint8)}, "lane is unknown"),
        ({"entry_lane": np.zeros(3, np.uint8)}, "entry_lane must be"),
        ({"signals": {"other": SignalTable(np.zeros((1, 8), np.uint8), ROW)}}, "does not exist"),
    ],
)
def test_tables_that_do_not_fit_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tables_of(**changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"values": np.zeros((1, 31), np.uint8)}, "pdq.value must be"),
        ({"numbers": (np.array([101], np.uint8),)}, "quality that is not from 0 to 100"),
        ({"numbers": (np.array([10], np.uint16),)}, "pdq.quality must be"),
        ({"numbers": ()}, "shorter"),
        ({"entry": np.array([2], np.uint32)}, "not there"),
        ({"entry": np.array([0], np.int64)}, "pdq.entry must be"),
    ],
)
def test_a_table_of_signals_that_does_not_fit_is_refused(
    changed: dict[str, Any], message: str
) -> None:
    signals = dict(tables_of().signals)
    with pytest.raises(ValueError, match=message):
        tables_of(signals={**signals, "pdq": dataclasses.replace(signals["pdq"], **changed)})


def test_a_writer_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "list.snapshot"
    before = written(path, two_entries())

    def entries() -> Iterator[ListedEntry]:
        yield two_entries()[0].listed
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk is gone"):
        write_snapshot(path, SOURCE, entries())
    assert read_back(open_snapshot(path)) == read_back(before)
    assert [file.name for file in tmp_path.iterdir()] == ["list.snapshot"]


def test_the_same_entry_twice_is_refused(tmp_path: Path) -> None:
    entry = ListedEntry(entry_id(1), Lane.CONFIRMED)
    with pytest.raises(ValueError, match="stands twice"):
        write_snapshot(tmp_path / "x", SOURCE, [entry, entry])


@pytest.mark.parametrize("fields", [("", 0, bytes(32)), ("x" * 321, 0, bytes(32)), ("x", 0, b"")])
def test_a_source_that_does_not_fit_is_refused(fields: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="must have"):
        SnapshotSource(*fields)


WRITER = """
import itertools, pathlib, sys
from takeback.matching.policy import Lane
from takeback.matching.snapshot import ListedEntry, SnapshotSource, write_snapshot
from tests.support.match_lists import entry_id
for size in itertools.count(1):
    listed = [ListedEntry(entry_id(n), Lane.CONFIRMED) for n in range(size % 500)]
    write_snapshot(pathlib.Path(sys.argv[1]), SnapshotSource("x", size, bytes(32)), listed)
    print(size, flush=True)
"""


def test_killed_while_writing_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "list.snapshot"
    for wait in range(5):
        command = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "1\n"
            time.sleep(wait * 0.013)
            os.kill(writer.pid, signal.SIGKILL)
        snapshot = open_snapshot(path)
        assert snapshot.entries == snapshot.source.checkpoint_size % 500
