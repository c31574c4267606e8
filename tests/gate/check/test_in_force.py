"""What a gate that is open does when a file can't be read: it keeps its list, says why, and tries
again."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from takeback.gate.store import snapshots
from takeback.gate.store.snapshots import SnapshotInForce, path_in_force
from takeback.gate.store.store import Store
from takeback.gate.sync.snapshot_publisher import SnapshotPublisher
from takeback.matching.delta_file import delta_path
from takeback.matching.snapshot import open_snapshot
from takeback.matching.snapshot_file import damaged
from takeback.running.private_files import replacing
from tests.gate.histories import answers, expected_at, grow
from tests.support.match_lists import EVERYTHING

Fail = Callable[[str, Exception], list[object]]


@pytest.fixture
def publisher(store: Store) -> SnapshotPublisher:
    publisher = SnapshotPublisher(store, least_to_merge=30)
    grow(store, 20)
    publisher.publish()
    return publisher


@pytest.fixture
def follower(store: Store, publisher: SnapshotPublisher) -> SnapshotInForce:
    return SnapshotInForce(store, EVERYTHING)


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Let a function that `snapshots` uses fail at its next call, and count its calls."""

    def fail(name: str, error: Exception) -> list[object]:
        whole, errors = getattr(snapshots, name), [error]
        calls: list[object] = []

        def failing(*arguments: Any) -> Any:
            calls.append(arguments)
            if errors:
                raise errors.pop()
            return whole(*arguments)

        monkeypatch.setattr(snapshots, name, failing)
        return calls

    return fail


def sees(follower: SnapshotInForce, size: int) -> None:
    assert answers(follower.matcher()) == (size, expected_at(size))
    assert follower.problem is None


def keeps(follower: SnapshotInForce, size: int, why: str) -> None:
    assert answers(follower.matcher()) == (size, expected_at(size))
    assert why in (follower.problem or "")


def too_many_files() -> OSError:
    return OSError(errno.EMFILE, "Too many open files")


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def point_anew(store: Store) -> None:
    with replacing(store.current) as pointer:
        pointer.write(store.current.read_bytes())


@pytest.mark.parametrize("place", ["path_in_force", "open_snapshot", "read_delta"])
def test_a_passing_failure_at_the_start_is_tried_again(
    follower: SnapshotInForce, fails: Fail, place: str
) -> None:
    fails(place, too_many_files())
    assert follower.matcher() is None
    assert "Too many" in (follower.problem or "")
    sees(follower, 20)


def test_a_passing_failure_leaves_out_no_step(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce, fails: Fail
) -> None:
    sees(follower, 20)
    for size in (22, 24):
        grow(store, size)
        publisher.publish()
        fails("read_delta", too_many_files())
        keeps(follower, size - 2, "Too many")
        sees(follower, size)


@pytest.mark.parametrize("place", ["path_in_force", "open_snapshot", "read_delta"])
def test_a_passing_failure_leaves_no_new_snapshot_out(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce, fails: Fail, place: str
) -> None:
    sees(follower, 20)
    # The old delta has grown since the follower looked last: that must not count as the news.
    grow(store, 60)
    publisher.publish()
    old = path_in_force(store)
    publisher.merge_if_due()
    assert path_in_force(store) != old
    grow(store, 62)
    publisher.publish()
    fails(place, too_many_files())
    keeps(follower, 20, "Too many")
    sees(follower, 62)


def test_growth_of_the_old_delta_hides_no_damage_of_the_new_snapshot(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
    sees(follower, 20)
    grow(store, 60)
    publisher.publish()
    old = path_in_force(store)
    publisher.merge_if_due()
    spoil(path_in_force(store))
    keeps(follower, 20, "damaged")
    with delta_path(old).open("ab") as file:
        file.write(b"more")
    keeps(follower, 20, "damaged")
    SnapshotPublisher(store).publish()
    sees(follower, 60)


def test_what_is_damaged_is_not_read_again_at_each_look(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce, fails: Fail
) -> None:
    sees(follower, 20)
    grow(store, 22)
    publisher.publish()
    reads = fails("read_delta", damaged(store.folder, "a change in it can't be read"))
    for _ in range(3):
        keeps(follower, 20, "can't be read")
    assert len(reads) == 1
    opens = fails("open_snapshot", damaged(store.folder, "it is empty"))
    point_anew(store)
    for _ in range(3):
        keeps(follower, 20, "it is empty")
    assert len(opens) == 1
    grow(store, 24)
    SnapshotPublisher(store, least_to_merge=1).merge_if_due()
    sees(follower, 24)


def test_a_pointer_that_a_power_cut_left_empty_keeps_the_list(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
    sees(follower, 20)
    with replacing(store.current) as file:
        file.write(bytes(40))
    keeps(follower, 20, "null")


def test_a_snapshot_that_is_missing_is_named(
    store: Store, publisher: SnapshotPublisher, follower: SnapshotInForce
) -> None:
    sees(follower, 20)
    # As after a backup that left the folder of the snapshots out.
    base = path_in_force(store)
    away = store.folder / "away"
    base.rename(away)
    point_anew(store)
    fresh = SnapshotInForce(store, EVERYTHING)
    assert fresh.matcher() is None
    for in_force in (follower, fresh):
        in_force.matcher()
        assert in_force.problem is not None
        assert base.name in in_force.problem
        assert "takeback gate sync" in in_force.problem
    away.rename(base)
    sees(follower, 20)
    sees(fresh, 20)


def test_a_pointer_that_moves_on_meanwhile_is_no_problem(
    store: Store,
    publisher: SnapshotPublisher,
    follower: SnapshotInForce,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def just_removed(path: Path) -> NoReturn:
        point_anew(store)
        monkeypatch.setattr(snapshots, "open_snapshot", open_snapshot)
        raise FileNotFoundError(errno.ENOENT, "No such file", str(path))

    monkeypatch.setattr(snapshots, "open_snapshot", just_removed)
    assert follower.matcher() is None
    assert follower.problem is None
    sees(follower, 20)


@pytest.mark.parametrize("number", [errno.EACCES, errno.ESTALE])
@pytest.mark.parametrize("which", ["pointer", "delta"])
def test_a_file_that_can_not_be_looked_at_keeps_the_list(
    store: Store,
    publisher: SnapshotPublisher,
    follower: SnapshotInForce,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    which: str,
) -> None:
    fresh = SnapshotInForce(store, EVERYTHING)
    sees(follower, 20)
    refused = store.current if which == "pointer" else delta_path(path_in_force(store))
    whole = Path.stat

    def stat(path: Path, **options: Any) -> os.stat_result:
        if path == refused:
            raise OSError(number, "Refused")
        return whole(path, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", stat)
        keeps(follower, 20, "Refused")
        assert fresh.matcher() is None
        assert "Refused" in (fresh.problem or "")
    sees(follower, 20)
    sees(fresh, 20)
    grow(store, 22)
    publisher.publish()
    sees(follower, 22)
