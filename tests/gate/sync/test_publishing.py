"""Publishing: what is in force is exactly what the store has verified, by delta, merge or anew."""

import errno
import multiprocessing
import os
import random
import signal
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest

from takeback.gate.store.snapshots import SnapshotInForce, path_in_force
from takeback.gate.store.store import Store
from takeback.gate.sync import snapshot_publisher
from takeback.gate.sync.snapshot_publisher import SnapshotPublisher
from takeback.matching.delta_file import delta_path
from takeback.matching.snapshot import write_snapshot
from takeback.running import private_files
from tests.gate.histories import answers, expected_at, grow, publish_until_killed
from tests.support.followed_log import followed
from tests.support.match_lists import EVERYTHING

KILLS = 40


@pytest.fixture
def publisher(store: Store) -> SnapshotPublisher:
    return SnapshotPublisher(store, least_to_merge=30)


@pytest.fixture
def follower(store: Store) -> SnapshotInForce:
    """A gate that stays open through all changes."""
    return SnapshotInForce(store, EVERYTHING)


def both_see(store: Store, follower: SnapshotInForce, size: int) -> None:
    """Check what a gate that was open, and one that opens now, match."""
    for in_force in (follower, SnapshotInForce(store, EVERYTHING)):
        assert answers(in_force.matcher()) == (size, expected_at(size))
        assert in_force.problem is None


def test_nothing_is_published_before_the_first_sync(
    publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
    assert publisher.publish() is None
    publisher.merge_if_due()
    assert follower.matcher() is None


def test_a_small_change_leaves_the_snapshot_alone(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
    grow(store, 20)
    publisher.publish()
    both_see(store, follower, 20)
    base = path_in_force(store)
    before = base.stat()
    for size in (21, 22, 25, 30):
        grow(store, size)
        published = publisher.publish()
        assert published is not None
        assert published.checkpoint_size == size
        both_see(store, follower, size)
        publisher.merge_if_due()
    assert path_in_force(store) == base
    after = base.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert delta_path(base).exists()


def test_a_delta_that_has_grown_is_merged_and_nothing_changes(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
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


def test_more_than_the_list_holds_is_written_anew(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
    grow(store, 20)
    publisher.publish()
    base = path_in_force(store)
    grow(store, 1600)
    publisher.publish()
    assert path_in_force(store) != base
    both_see(store, follower, 1600)


def test_what_is_published_while_a_merge_writes_is_not_lost(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
    grow(store, 20)
    publisher.publish()
    grow(store, 60)
    publisher.publish()
    troubles: list[Exception] = []
    with publisher.merging_in_background(troubles.append) as merge_if_due:
        merge_if_due()
        for size in range(61, 90):
            grow(store, size)
            publisher.publish()
            both_see(store, follower, size)
    assert troubles == []
    both_see(store, follower, 89)


def test_publishing_again_does_nothing(store: Store, publisher: SnapshotPublisher) -> None:
    grow(store, 20)
    publisher.publish()
    grow(store, 22)
    publisher.publish()
    before = {file.name: file.stat().st_mtime_ns for file in store.snapshots.iterdir()}
    publisher.publish()
    SnapshotPublisher(store).publish()
    assert before == {file.name: file.stat().st_mtime_ns for file in store.snapshots.iterdir()}


@pytest.mark.parametrize("spoil", ["base", "delta", "pointer", "no base", "no delta"])
def test_what_is_damaged_is_put_right(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce, spoil: str
) -> None:
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
        path.unlink()  # what is mapped stays as it was; it is another file that is damaged
        path.write_bytes(data)
    # A gate that is open keeps a whole list.
    size, found = answers(follower.matcher())
    assert found == expected_at(size)
    for size in (24, 27):
        grow(store, size)
        SnapshotPublisher(store).publish()
        both_see(store, follower, size)


def without_database(store: Store) -> Store:
    """The store after its database was lost; the snapshots stayed."""
    for path in store.folder.glob("list.db*"):
        path.unlink()
    return Store(store.folder)


def test_a_database_made_anew_patches_up_no_older_snapshot(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
    grow(store, 20)
    publisher.publish()
    base = path_in_force(store)
    anew = without_database(store)
    grow(anew, 23)  # what led from 20 to 23 is not known
    SnapshotPublisher(anew).publish()
    assert path_in_force(anew) != base
    both_see(anew, follower, 23)


def test_a_snapshot_of_another_origin_is_never_patched_up(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
    grow(store, 20)
    publisher.publish()
    base = path_in_force(store)
    anew = without_database(store)
    for size in (20, 23):  # so that what changed since the size of the snapshot is known
        grow(anew, size, origin="other.example.org")
    assert SnapshotPublisher(anew).publish() == followed(anew).source
    assert path_in_force(anew) != base
    both_see(anew, follower, 23)
    matcher = follower.matcher()
    assert matcher is not None
    assert matcher.listed.source == followed(anew).source


def test_a_snapshot_of_another_tree_of_the_same_size_does_not_stay(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
    grow(store, 20)
    publisher.publish()
    base = path_in_force(store)
    anew = without_database(store)
    grow(anew, 20, salt="other")
    SnapshotPublisher(anew).publish()
    assert path_in_force(anew) != base
    both_see(anew, follower, 20)
    matcher = follower.matcher()
    assert matcher is not None
    assert matcher.listed.source == followed(anew).source


def fails_once(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> None:
    """Let a function of a module fail at its next call."""
    whole = getattr(module, name)

    def failing(*_: object) -> NoReturn:
        monkeypatch.setattr(module, name, whole)
        raise OSError(errno.EIO, "The disk refuses")

    monkeypatch.setattr(module, name, failing)


def test_a_step_that_was_not_synced_is_written_anew(
    store: Store,
    publisher: SnapshotPublisher,
    follower: SnapshotInForce,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grow(store, 20)
    publisher.publish()
    grow(store, 22)
    publisher.publish()
    delta = delta_path(path_in_force(store))
    before = delta.stat().st_ino
    grow(store, 24)
    with monkeypatch.context() as patched:
        fails_once(patched, os, "fsync")
        with pytest.raises(OSError, match="disk refuses"):
            publisher.publish()
    both_see(store, follower, 24)  # whole in the file, but not on the disk
    assert delta.stat().st_ino == before
    publisher.publish()
    anew = delta.stat()
    assert anew.st_ino != before
    both_see(store, follower, 24)
    publisher.publish()
    assert (delta.stat().st_ino, delta.stat().st_mtime_ns) == (anew.st_ino, anew.st_mtime_ns)
    grow(store, 25)
    publisher.publish()
    assert delta.stat().st_ino == anew.st_ino
    both_see(store, follower, 25)


def test_a_new_delta_whose_name_was_not_synced_is_written_anew(
    store: Store,
    publisher: SnapshotPublisher,
    follower: SnapshotInForce,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grow(store, 20)
    publisher.publish()
    grow(store, 22)
    fails_once(monkeypatch, private_files, "sync_directory")
    with pytest.raises(OSError, match="disk refuses"):
        publisher.publish()
    both_see(store, follower, 22)
    delta = delta_path(path_in_force(store))
    before = delta.stat().st_ino
    publisher.publish()
    assert delta.stat().st_ino != before
    both_see(store, follower, 22)


def test_a_failed_append_is_made_good_even_if_its_delta_is_gone(
    store: Store,
    publisher: SnapshotPublisher,
    follower: SnapshotInForce,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for size in (20, 22):
        grow(store, size)
        publisher.publish()
    grow(store, 24)
    fails_once(monkeypatch, os, "fsync")
    with pytest.raises(OSError, match="disk refuses"):
        publisher.publish()
    delta_path(path_in_force(store)).unlink()
    publisher.publish()
    both_see(store, follower, 24)


def names(store: Store) -> set[str]:
    return {path.name for path in store.snapshots.iterdir()}


def test_what_was_left_half_removed_goes_at_the_start(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
    for size in (20, 22):
        grow(store, size)
        publisher.publish()
    kept = names(store)
    for name in ("gone.delta", "gone.snapshot.verified", ".gone.snapshot.1.2.partial"):
        (store.snapshots / name).touch()
    stamp = store.snapshots / f"{path_in_force(store).name}.verified"
    stamp.touch()
    SnapshotPublisher(store).publish()
    assert names(store) == kept | {stamp.name}
    both_see(store, follower, 22)


def test_a_leftover_that_another_process_takes_away_is_no_trouble(
    store: Store, publisher: SnapshotPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(store, 20)
    (store.snapshots / ".some.verified.1.2.partial").touch()
    whole = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.exists() and path.name.startswith(".some"):
            whole(path)
        whole(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    publisher.publish()
    assert not [name for name in names(store) if name.startswith(".")]


def test_a_snapshot_that_goes_leaves_nothing_that_is_not_found_again(
    store: Store, publisher: SnapshotPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at any instant of the removal: the next start finds what is left by its snapshot."""
    removed = []
    whole = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        removed.append(path)
        whole(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    for size in range(20, 400, 8):
        grow(store, size)
        publisher.publish()
        publisher.merge_if_due()
    gone = [path for path in removed if path.suffix == ".snapshot"]
    assert len(gone) > 3
    for path in gone:
        assert removed.index(delta_path(path)) < removed.index(path)


def test_no_more_threads_build_than_may_run(
    store: Store, publisher: SnapshotPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(store, 20)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5}, raising=False)
    used = []

    def write(*arguments: Any, threads: int) -> None:
        used.append(threads)
        write_snapshot(*arguments, threads=threads)

    monkeypatch.setattr(snapshot_publisher, "write_snapshot", write)
    publisher.publish()
    assert used == [1]


def test_a_merge_that_fails_is_logged_and_tried_again(
    store: Store,
    publisher: SnapshotPublisher,
    follower: SnapshotInForce,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for size in (20, 60):
        grow(store, size)
        publisher.publish()
    base = path_in_force(store)
    fails_once(monkeypatch, snapshot_publisher, "_file_name")
    for _ in range(2):
        assert path_in_force(store) == base
        with publisher.merging_in_background() as merge_if_due:
            merge_if_due()
        both_see(store, follower, 60)
    [record] = caplog.records
    assert "The disk refuses" in record.message
    assert "Trying again" not in record.message
    assert path_in_force(store) != base


def test_killed_at_any_instant_every_reader_sees_exactly_the_living(
    store: Store, follower: SnapshotInForce
) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.gate.histories"])
    chance = random.Random(4)
    wrong, sizes, done = [], set(), threading.Event()

    def follow() -> None:
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
            assert process.exitcode == -signal.SIGKILL, "it ended by itself"
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
    both_see(store, follower, followed(store).frontier.size)
    assert list(store.snapshots.glob(".*")) == []
