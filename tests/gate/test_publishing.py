"""Publishing: what is in force is exactly what the store has verified, by delta, merge or anew."""

import multiprocessing
import random
import threading
import time

import pytest

from takeback.gate.snapshot_publisher import SnapshotPublisher
from takeback.gate.snapshots import SnapshotInForce, path_in_force
from takeback.gate.store import Store
from takeback.matching.delta_file import delta_path
from tests.gate.histories import EVERYTHING, answers, expected_at, grow, publish_until_killed

KILLS = 40


@pytest.fixture
def publisher(store):
    return SnapshotPublisher(store, least_to_merge=30)


@pytest.fixture
def follower(store):
    """A gate that stays open through all changes."""
    return SnapshotInForce(store, EVERYTHING)


def both_see(store, follower, size):
    """Check what a gate that was open, and one that opens now, match."""
    for in_force in (follower, SnapshotInForce(store, EVERYTHING)):
        assert answers(in_force.matcher()) == (size, expected_at(size))
        assert in_force.problem is None


def test_nothing_is_published_before_the_first_sync(publisher, follower):
    assert publisher.publish() is None
    publisher.merge_if_due()
    assert follower.matcher() is None


def test_a_small_change_leaves_the_snapshot_alone(store, publisher, follower):
    grow(store, 20)
    publisher.publish()
    both_see(store, follower, 20)
    base = path_in_force(store)
    before = base.stat()
    for size in (21, 22, 25, 30):
        grow(store, size)
        assert publisher.publish().checkpoint_size == size
        both_see(store, follower, size)
        publisher.merge_if_due()
    assert path_in_force(store) == base
    after = base.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert delta_path(base).exists()


def test_a_delta_that_has_grown_is_merged_and_nothing_changes(store, publisher, follower):
    grow(store, 20)
    publisher.publish()
    base = path_in_force(store)
    for size in range(21, 80, 2):
        grow(store, size)
        publisher.publish()
        publisher.merge_if_due()
        both_see(store, follower, size)
    assert path_in_force(store) != base
    assert len(list(store.snapshots.glob("*.snapshot"))) <= 3
    assert len(list(store.snapshots.glob("*.delta"))) <= 3


def test_more_than_the_list_holds_is_written_anew(store, publisher, follower):
    grow(store, 20)
    publisher.publish()
    base = path_in_force(store)
    grow(store, 1600)
    publisher.publish()
    assert path_in_force(store) != base
    both_see(store, follower, 1600)


def test_what_is_published_while_a_merge_writes_is_not_lost(store, publisher, follower):
    grow(store, 20)
    publisher.publish()
    grow(store, 60)
    publisher.publish()
    with publisher.merging_in_background(lambda error, _: pytest.fail(str(error))) as merge_if_due:
        merge_if_due()
        for size in range(61, 90):
            grow(store, size)
            publisher.publish()
            both_see(store, follower, size)
    both_see(store, follower, 89)


def test_publishing_again_does_nothing(store, publisher):
    grow(store, 20)
    publisher.publish()
    grow(store, 22)
    publisher.publish()
    before = {file.name: file.stat().st_mtime_ns for file in store.snapshots.iterdir()}
    publisher.publish()
    SnapshotPublisher(store).publish()
    assert before == {file.name: file.stat().st_mtime_ns for file in store.snapshots.iterdir()}


@pytest.mark.parametrize("spoil", ["base", "delta", "pointer", "no base", "no delta"])
def test_what_is_damaged_is_put_right(store, publisher, follower, spoil):
    grow(store, 20)
    publisher.publish()
    for size in (22, 24):
        grow(store, size)
        publisher.publish()
    both_see(store, follower, 24)
    base = path_in_force(store)
    path = {"base": base, "no base": base, "pointer": store.current}.get(spoil, delta_path(base))
    if spoil.startswith("no"):
        path.unlink()
    else:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    # A gate that is open keeps a whole list.
    size, found = answers(follower.matcher())
    assert found == expected_at(size)
    for size in (24, 27):
        grow(store, size)
        SnapshotPublisher(store).publish()
        both_see(store, follower, size)


def test_a_store_of_another_log_is_never_patched_up(store, publisher, follower, tmp_path):
    grow(store, 20)
    publisher.publish()
    base = path_in_force(store)
    # The database was lost and made anew from the log; the snapshots stayed.
    for path in store.folder.glob("list.db*"):
        path.unlink()
    anew = Store(store.folder)
    grow(anew, 23)
    SnapshotPublisher(anew).publish()
    assert path_in_force(anew) != base
    both_see(anew, follower, 23)


def test_killed_at_any_instant_every_reader_sees_exactly_the_living(store, follower):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.gate.histories"])
    chance = random.Random(4)
    wrong, sizes, done = [], set(), threading.Event()

    def follow():
        """A gate that looks all the time, through every kill."""
        last = 0
        while not done.is_set():
            matcher = follower.matcher()
            if matcher is None:
                continue
            size, found = answers(matcher)
            if found != expected_at(size) or size < last:
                wrong.append((last, size))
            sizes.add(size)
            last = size

    reader = threading.Thread(target=follow)
    reader.start()
    try:
        for kill in range(KILLS):
            process = context.Process(target=publish_until_killed, args=(store.folder, kill))
            process.start()
            time.sleep(chance.uniform(0.05, 0.3))
            process.kill()
            process.join()
            matcher = SnapshotInForce(store, EVERYTHING).matcher()
            if matcher is not None:
                size, found = answers(matcher)
                assert found == expected_at(size)
    finally:
        done.set()
        reader.join()
    assert wrong == []
    assert len(sizes) > 5, "hardly anything was published between the kills"
    SnapshotPublisher(store).publish()
    both_see(store, follower, store.followed_log().frontier.size)
    assert list(store.snapshots.glob(".*")) == []
