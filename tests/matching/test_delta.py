"""The delta: base and delta together against a plain model, and every way a delta can be broken."""

import shutil
import struct
import tempfile
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
import xxhash
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from takeback.matching.delta_file import EntryChange, append_step, delta_path, read_delta
from takeback.matching.match_list import GrowingList, MatchList
from takeback.matching.matcher import Matcher, MatchResult, UploadFingerprints
from takeback.matching.policy import MatchPolicy
from takeback.matching.snapshot import (
    LANES,
    ListedEntry,
    SnapshotSource,
    open_snapshot,
    write_snapshot,
)
from takeback.matching.snapshot_file import DamagedSnapshotError
from takeback.signals.lanes import Lane
from tests.support.match_lists import (
    EVERYTHING,
    ListedPdq,
    PlainEntry,
    codes,
    entry_id,
    near_codes,
)

CENTRE = bytes(range(32))
DIGESTS = [bytes([number]) * 32 for number in range(4)]


def source(size: int) -> SnapshotSource:
    return SnapshotSource("list.example.org", size, bytes([size % 256]) * 32)


def entries(number: int) -> st.SearchStrategy[ListedEntry]:
    return st.builds(
        PlainEntry,
        st.just(entry_id(number)),
        st.sampled_from(Lane),
        st.lists(
            st.builds(ListedPdq, near_codes(CENTRE) | codes(), st.integers(0, 100)), max_size=3
        ).map(tuple),
        st.lists(st.sampled_from(DIGESTS), max_size=2).map(tuple),
        st.lists(st.sampled_from(DIGESTS).map(lambda digest: digest[:16]), max_size=2).map(tuple),
    ).map(lambda plain: plain.listed)


changes = st.integers(0, 12).flatmap(
    lambda number: st.builds(EntryChange, st.just(entry_id(number)), st.none() | entries(number))
)
steps = st.lists(changes, max_size=5, unique_by=lambda change: change.entry)


class Files:
    """A base and its delta in a folder, written and read as a gate does."""

    def __init__(self, folder: Path, listed: Iterable[ListedEntry] = (), size: int = 0) -> None:
        self.path = folder / f"{size}.snapshot"
        write_snapshot(self.path, source(size), listed)
        self.base = open_snapshot(self.path)
        self.delta = delta_path(self.path)

    def append(self, size: int, changed: Sequence[EntryChange]) -> None:
        tail = read_delta(self.delta, self.base.digest)
        append_step(self.delta, self.base.digest, tail, source(size), changed)

    def read(self) -> MatchList:
        growing = GrowingList(self.base)
        for step in read_delta(self.delta, self.base.digest).steps:
            growing.take(step)
        return growing.state()


def matches_of(
    listed: MatchList, upload: UploadFingerprints, policy: MatchPolicy = EVERYTHING
) -> MatchResult:
    return Matcher(listed, policy).match(upload)


def same_answers(listed: MatchList, alive: dict[str, ListedEntry], folder: Path) -> None:
    """Check that a list answers as a snapshot of the same entries does."""
    fresh = Files(folder, alive.values(), listed.source.checkpoint_size).read()
    assert listed.source == fresh.source
    assert listed.entries == fresh.entries == len(alive)
    for upload in (
        UploadFingerprints(CENTRE),
        *(UploadFingerprints(sha256=digest) for digest in DIGESTS),
        *(UploadFingerprints(md5=digest[:16]) for digest in DIGESTS),
    ):
        for policy in (EVERYTHING, MatchPolicy()):
            assert matches_of(listed, upload, policy) == matches_of(fresh, upload, policy)


class GrowingMachine(RuleBasedStateMachine):
    """Steps, torn tails, merges, readers that follow and readers that open anew."""

    @initialize(listed=st.lists(st.integers(0, 12), unique=True), data=st.data())
    def begin(self, listed: list[int], data: st.DataObject) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.alive: dict[str, ListedEntry] = {entry_id(n): data.draw(entries(n)) for n in listed}
        self.size = 1
        self._open()

    def _open(self) -> None:
        self.files = Files(self.folder, self.alive.values(), self.size)
        self.growing = GrowingList(self.files.base)
        self.end = 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(changed=steps)
    def append(self, changed: list[EntryChange]) -> None:
        self.size += 1
        self.files.append(self.size, changed)
        for entry, now in changed:
            if now is None:
                self.alive.pop(entry, None)
            else:
                self.alive[entry] = now

    @rule(rest=st.binary(min_size=1, max_size=200))
    def tear(self, rest: bytes) -> None:
        """A writer was stopped in the middle of a step."""
        if self.files.delta.exists():
            self.files.delta.write_bytes(self.files.delta.read_bytes() + rest)

    @rule()
    def merge(self) -> None:
        self._open()

    @invariant()
    def a_new_reader_sees_exactly_the_living(self) -> None:
        if hasattr(self, "files"):
            same_answers(self.files.read(), self.alive, self.folder)

    @invariant()
    def a_reader_that_follows_sees_exactly_the_living(self) -> None:
        if hasattr(self, "files"):
            tail = read_delta(self.files.delta, self.files.base.digest, self.end)
            for step in tail.steps:
                self.growing.take(step)
            self.end = tail.end
            same_answers(self.growing.state(), self.alive, self.folder)


GrowingMachine.TestCase.settings = settings(
    max_examples=15, stateful_step_count=12, suppress_health_check=list(HealthCheck)
)
TestGrowing = GrowingMachine.TestCase


@pytest.fixture
def three_steps(tmp_path: Path) -> Files:
    """A base of entry 0, and steps that add 1, put 0 anew, and withdraw 1."""
    files = Files(tmp_path, [listed(0)], 1)
    files.append(2, [EntryChange(entry_id(1), listed(1))])
    files.append(3, [EntryChange(entry_id(0), listed(0, far=True))])
    files.append(4, [EntryChange(entry_id(1), None), EntryChange(entry_id(9), None)])
    return files


def listed(number: int, *, far: bool = False) -> ListedEntry:
    code = bytes(32) if far else CENTRE
    return PlainEntry(entry_id(number), Lane.CONFIRMED, (ListedPdq(code, 90),)).listed


ALIVE = {1: {0}, 2: {0, 1}, 3: {0, 1}, 4: {0}}


def seen(state: MatchList) -> tuple[int, set[str]]:
    found = {match.entry for match in matches_of(state, UploadFingerprints(CENTRE)).matches}
    return state.source.checkpoint_size, found


def test_a_delta_cut_off_anywhere_counts_to_its_last_whole_step(three_steps: Files) -> None:
    data = three_steps.delta.read_bytes()
    sizes = set()
    for length in range(len(data) + 1):
        three_steps.delta.write_bytes(data[:length])
        size, found = seen(three_steps.read())
        sizes.add(size)
        assert found == {entry_id(number) for number in ALIVE[size]}
        # The next writer goes on from there.
        three_steps.append(7, [EntryChange(entry_id(5), listed(5))])
        assert seen(three_steps.read()) == (7, found | {entry_id(5)})
    assert sizes == {1, 2, 3, 4}


def test_a_changed_byte_ends_the_delta_before_its_step(three_steps: Files) -> None:
    data = three_steps.delta.read_bytes()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 0x10
        three_steps.delta.write_bytes(changed)
        size, found = seen(three_steps.read())
        assert size < 4
        assert found == {entry_id(number) for number in ALIVE[size]}


def test_a_step_at_another_place_does_not_count(three_steps: Files) -> None:
    data = three_steps.delta.read_bytes()
    first = data[48 : 48 + 72 + int.from_bytes(data[48:56], "little")]
    three_steps.delta.write_bytes(data + first)
    tail = read_delta(three_steps.delta, three_steps.base.digest)
    assert (len(tail.steps), tail.end, tail.torn) == (3, len(data), True)
    assert seen(three_steps.read()) == (4, {entry_id(0)})


def test_the_delta_of_another_base_does_not_count(three_steps: Files, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Files(tmp_path / "other", [listed(7)], 1)
    shutil.copy(three_steps.delta, other.delta)
    assert seen(other.read()) == (1, {entry_id(7)})
    other.append(2, [])
    assert seen(other.read()) == (2, {entry_id(7)})


def test_a_reader_never_meets_a_byte_that_is_written_over(three_steps: Files) -> None:
    """A torn tail is not cut off under a reader: the writer makes a new file of the sound part."""
    with three_steps.delta.open("rb") as reader:
        whole = reader.read()
        three_steps.delta.write_bytes(whole + b"torn")
        three_steps.append(5, [])
        reader.seek(0)
        assert reader.read() == whole + b"torn"
    assert seen(three_steps.read())[0] == 5


def documented_step(place: int, size: int, count: int, changed: bytes) -> bytes:
    """A step as docs/matching.md describes it."""
    head = struct.pack("<QQQ32s", len(changed), count, size, bytes(32))
    return head + xxhash.xxh3_128_digest(head + changed, seed=place) + changed


def test_a_file_made_by_its_description_is_read(tmp_path: Path) -> None:
    files = Files(tmp_path, [listed(0)], 1)
    start = struct.pack("<8sII16s", b"TAKEDLTA", 2, 0, files.base.digest)
    start += xxhash.xxh3_128_digest(start)
    gone = struct.pack("<26s?BI", entry_id(0).encode(), False, 0, 0)
    signals = bytes([3, 1, 1, 2, 1, 3, 1]) + CENTRE + bytes([77]) + DIGESTS[1] + DIGESTS[2][:16]
    put = struct.pack("<26s?BI", entry_id(1).encode(), True, 1, len(signals)) + signals
    first = documented_step(len(start), 2, 1, gone)
    second = documented_step(len(start) + len(first), 3, 1, put)
    files.delta.write_bytes(start + first + second)
    written = PlainEntry(
        entry_id(1),
        Lane.CONFIRMED,
        (ListedPdq(CENTRE, 77),),
        (DIGESTS[1],),
        (DIGESTS[2][:16],),
    ).listed
    steps = read_delta(files.delta, files.base.digest).steps
    assert [list(step.changes()) for step in steps] == [
        [EntryChange(entry_id(0), None)],
        [EntryChange(entry_id(1), written)],
    ]
    assert seen(files.read()) == (3, {entry_id(1)})


def put_as(*signals: bytes) -> bytes:
    """A change that puts an entry with signals that are none."""
    packed = b"".join(signals)
    return struct.pack("<26s?BI", b"a" * 26, True, 0, len(packed)) + packed


@pytest.mark.parametrize(
    "changed",
    [
        b"",
        struct.pack("<26s?BI", b"a" * 26, False, 0, 0)[:-1],
        struct.pack("<26s?BI", b"a" * 26, False, 0, 0) + b"more",
        struct.pack("<26s?BI", b"a" * 26, True, 0, 0),
        put_as(bytes([1, 2, 1]), bytes(31)),
        put_as(bytes([1, 2, 1]), bytes(33)),
        put_as(bytes([1, 2])),
        put_as(bytes([1, 2, 0])),
        put_as(bytes([2, 2, 1, 2, 1]), bytes(64)),
        put_as(bytes([2, 3, 1, 2, 1]), bytes(48)),
        put_as(bytes([1, 200, 1]), bytes(32)),
        put_as(bytes([1, 1, 1]), bytes(32), bytes([101])),
        struct.pack("<26s?BI", b"a" * 26, True, len(LANES), 1) + bytes(1),
        struct.pack("<26s?BI", b"\xff" * 26, False, 0, 0),
        struct.pack("<26s?BI", b"a" * 26, True, 0, 2**32 - 1),
    ],
)
def test_changes_that_make_no_sense_are_refused(changed: bytes, tmp_path: Path) -> None:
    files = Files(tmp_path, [listed(0)], 1)
    files.append(2, [])
    place = files.delta.stat().st_size
    with files.delta.open("ab") as file:
        file.write(documented_step(place, 3, 1, changed))
    growing = GrowingList(files.base)
    sound, spoilt = read_delta(files.delta, files.base.digest).steps
    growing.take(sound)
    with pytest.raises(DamagedSnapshotError, match=" is damaged: "):
        growing.take(spoilt)
    assert seen(growing.state()) == (2, {entry_id(0)})


def test_a_state_stays_as_it_was_while_others_read_it(three_steps: Files) -> None:
    growing = GrowingList(three_steps.base)
    states = [growing.state()]
    for step in read_delta(three_steps.delta, three_steps.base.digest).steps:
        growing.take(step)
        states.append(growing.state())
    assert [seen(state) for state in states] == [
        (size, {entry_id(number) for number in alive}) for size, alive in ALIVE.items()
    ]


def test_threads_match_while_the_list_grows(tmp_path: Path) -> None:
    files = Files(tmp_path, [listed(number) for number in range(50)], 1)
    growing = GrowingList(files.base)
    states, wrong, done = [(growing.state(), set(range(50)))], [], threading.Event()

    def look() -> None:
        while not done.is_set():
            state, alive = states[-1]
            if seen(state)[1] != {entry_id(number) for number in alive}:
                wrong.append(state.source)

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    alive = set(range(50))
    for size in range(2, 150):
        alive = (alive | {size + 50}) - {size - 2}
        changed = [
            EntryChange(entry_id(size + 50), listed(size + 50)),
            EntryChange(entry_id(size - 2), None),
        ]
        files.append(size, changed)
        growing.take(read_delta(files.delta, files.base.digest).steps[-1])
        states.append((growing.state(), set(alive)))
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
