"""Gives matchers the list that is in force, and takes up every change of it by itself."""

import threading
from pathlib import Path

from takeback.gate.store import Store
from takeback.matching.delta_file import delta_path, read_delta
from takeback.matching.match_list import GrowingList
from takeback.matching.matcher import Matcher
from takeback.matching.policy import MatchPolicy
from takeback.matching.snapshot import open_snapshot
from takeback.matching.snapshot_file import SnapshotError

SNAPSHOT_SUFFIX = ".snapshot"

# Of a file: device, inode, length and time of its last change; None if there is none.
_Stamp = tuple[int, int, int, int] | None


class SnapshotInForce:
    """Gives the matcher of the list in force, and takes up what is published by itself.

    Looking for something new costs two `stat`s. A newer list that can't be used leaves the last
    good one in force; `problem` then says why. Safe to use from many threads.
    """

    def __init__(self, store: Store, policy: MatchPolicy) -> None:
        self._store = store
        self._policy = policy
        self._lock = threading.Lock()
        self._seen_pointer: _Stamp = None
        self._open: _OpenList | None = None
        self._matcher: Matcher | None = None
        self.problem: str | None = None

    def matcher(self) -> Matcher | None:
        """Return the matcher in force, or None if there has never been a usable snapshot."""
        if not self._something_new():
            return self._matcher
        # One thread changes over; meanwhile the others go on with the old list, if there is one.
        if not self._lock.acquire(blocking=self._matcher is None):
            return self._matcher
        try:
            if self._something_new():
                self._take_up()
        finally:
            self._lock.release()
        return self._matcher

    def _something_new(self) -> bool:
        opened = self._open
        return _stamp_of(self._store.current) != self._seen_pointer or (
            opened is not None and opened.has_changed
        )

    def _take_up(self) -> None:
        pointer = _stamp_of(self._store.current)
        if pointer is None:
            return  # there is no list yet; one that was in force stays so
        try:
            opened = self._open
            if opened is None or pointer != self._seen_pointer or not opened.take_growth():
                opened = _OpenList(path_in_force(self._store))
            self._matcher = Matcher(opened.growing.state(), self._policy)
            self._open = opened
            self.problem = None
        except FileNotFoundError:
            return  # the pointer has moved on meanwhile: the next look finds the next one
        except (SnapshotError, OSError, UnicodeDecodeError) as error:
            self.problem = str(error)
        self._seen_pointer = pointer


class _OpenList:
    """A mapped snapshot, and how much of its delta has been taken in."""

    def __init__(self, path: Path) -> None:
        self._delta = delta_path(path)
        snapshot = open_snapshot(path)
        self._digest = snapshot.digest
        self.growing = GrowingList(snapshot)
        self._seen: _Stamp = None
        self._end = 0
        self._take_steps()

    @property
    def has_changed(self) -> bool:
        """Whether the delta is not as it was when it was read last."""
        return _stamp_of(self._delta) != self._seen

    def take_growth(self) -> bool:
        """Take in what was appended; False if the delta is another file than before."""
        now = _stamp_of(self._delta)
        if self._seen is not None and (now is None or now[:2] != self._seen[:2]):
            return False
        self._take_steps()
        return True

    def _take_steps(self) -> None:
        # The stamp comes first: what is appended while we read is then noticed at the next look.
        self._seen = _stamp_of(self._delta)
        tail = read_delta(self._delta, self._digest, self._end)
        for step in tail.steps:
            self.growing.take(step)
        self._end = tail.end


def path_in_force(store: Store) -> Path:
    """Return the snapshot file in force; raises FileNotFoundError if there is none."""
    return store.snapshots / Path(store.current.read_text(encoding="ascii").strip()).name


def _stamp_of(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
