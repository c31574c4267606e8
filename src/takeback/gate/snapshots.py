"""Puts a snapshot of the store in force, and lets matchers pick it up."""

import contextlib
import threading
from pathlib import Path

from takeback.gate.store import Store
from takeback.matching.matcher import Matcher
from takeback.matching.policy import MatchPolicy
from takeback.matching.snapshot import SnapshotSource, open_snapshot, write_snapshot
from takeback.matching.snapshot_file import SnapshotError, remove_arrays, replacing

_SUFFIX = ".snapshot"
# A matcher may read CURRENT just before the pointer moves: the snapshots that it has named last
# stay a while.
_KEPT = 3


def publish_snapshot(store: Store) -> SnapshotSource | None:
    """Write the store's verified state as a snapshot and put it in force.

    Returns what is now in force, None before the first sync. Only the process that holds the sync
    lock may call it. Does nothing if a sound snapshot of this state is in force already.
    """
    log = store.followed_log()
    if log is None:
        return None
    if _source_in_force(store) == log.source:
        return log.source
    state = store.state()
    if state is None:
        return None
    source, entries = state
    path = store.snapshots / _file_name(source)
    write_snapshot(path, source, entries)
    _move_pointer(store, path)
    _remove_old(store, path)
    return source


class SnapshotInForce:
    """Gives the matcher of the snapshot in force, and changes to a newer one by itself.

    Looking for a newer one costs one `stat`. A newer snapshot that can't be used leaves the last
    good one in force; `problem` then says why. Safe to use from many threads.
    """

    def __init__(self, store: Store, policy: MatchPolicy) -> None:
        self._store = store
        self._policy = policy
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._matcher: Matcher | None = None
        self.problem: str | None = None

    def matcher(self) -> Matcher | None:
        """Return the matcher in force, or None if there has never been a usable snapshot."""
        try:
            status = self._store.current.stat()
        except FileNotFoundError:
            return self._matcher
        stamp = (status.st_ino, status.st_mtime_ns)
        if stamp == self._seen:
            return self._matcher
        # One thread changes over; meanwhile the others go on with the old list, if there is one.
        if not self._lock.acquire(blocking=self._matcher is None):
            return self._matcher
        try:
            if stamp != self._seen:
                self._change_over(stamp)
        finally:
            self._lock.release()
        return self._matcher

    def _change_over(self, stamp: tuple[int, int]) -> None:
        try:
            snapshot = open_snapshot(_path_in_force(self._store))
        except FileNotFoundError:
            return  # the pointer has moved on meanwhile: the next look finds the next one
        except (SnapshotError, OSError) as error:
            self.problem = str(error)
        else:
            self._matcher = Matcher(snapshot, self._policy)
            self.problem = None
        self._seen = stamp


def _file_name(source: SnapshotSource) -> str:
    return f"{source.checkpoint_size:012d}-{source.root_hash.hex()[:16]}{_SUFFIX}"


def _path_in_force(store: Store) -> Path:
    return store.snapshots / Path(store.current.read_text(encoding="ascii").strip()).name


def _source_in_force(store: Store) -> SnapshotSource | None:
    with contextlib.suppress(SnapshotError, OSError, UnicodeDecodeError):
        return open_snapshot(_path_in_force(store)).source
    return None


def _move_pointer(store: Store, path: Path) -> None:
    with replacing(store.current) as file:
        file.write(f"{path.name}\n".encode("ascii"))


def _remove_old(store: Store, in_force: Path) -> None:
    for folder in (store.folder, store.snapshots):
        for leftover in folder.glob(".*.partial"):
            leftover.unlink()
    files = sorted(store.snapshots.glob(f"*{_SUFFIX}"), key=lambda file: file.stat().st_mtime_ns)
    for file in files[:-_KEPT]:
        if file != in_force:
            remove_arrays(file)
