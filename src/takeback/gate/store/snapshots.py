"""Gives matchers the list that is in force, and takes up every change of it by itself."""

import threading
from pathlib import Path

from takeback.gate.store.store import Store
from takeback.matching.delta_file import delta_path, read_delta
from takeback.matching.match_list import GrowingList
from takeback.matching.matcher import Matcher
from takeback.matching.policy import MatchPolicy
from takeback.matching.snapshot import open_snapshot
from takeback.matching.snapshot_file import SnapshotError

SNAPSHOT_SUFFIX = ".snapshot"

# Of a file: device, inode, length and time of its last change; None if it does not exist.
_Stamp = tuple[int, int, int, int] | None

# Stamps of the pointer and of the delta.
_Look = tuple[_Stamp, _Stamp]


class SnapshotInForce:
    """Gives the matcher of the list in force, and takes up what is published by itself.

    Looking for something new costs two `stat`s. A newer list that can't be used leaves the last
    good one in force; `problem` then says why. A damaged one is looked at again when its files
    change; what the system refuses is tried again at each look. Safe to use from many threads.
    """

    def __init__(self, store: Store, policy: MatchPolicy) -> None:
        self._store = store
        self._policy = policy
        self._lock = threading.Lock()
        # What has been dealt with; None: nothing has.
        self._dealt_with: _Look | None = (None, None)
        self._open: _OpenList | None = None
        self._matcher: Matcher | None = None
        self.problem: str | None = None

    def matcher(self) -> Matcher | None:
        """Return the matcher in force, or None if there has never been a usable snapshot."""
        if not self._something_new():
            return self._matcher
        # One thread changes over; until then the others go on with any old list.
        if not self._lock.acquire(blocking=self._matcher is None):
            return self._matcher
        try:
            if self._something_new():
                self._take_up()
        finally:
            self._lock.release()
        return self._matcher

    def _something_new(self) -> bool:
        try:
            return self._look() != self._dealt_with
        except OSError:
            return True  # `_take_up` meets it too, and says so

    def _look(self) -> _Look:
        pointer = _stamp_of(self._store.current)
        opened = self._open
        if opened is None or opened.pointer != pointer:
            return pointer, None  # the delta of a list that the pointer has left says nothing
        return pointer, _stamp_of(opened.delta)

    def _take_up(self) -> None:
        try:
            look = self._look()
            pointer = look[0]
            if pointer is None:
                return  # there is no list yet; one that was in force stays so
            opened = self._open
            if opened is None or opened.pointer != pointer or not opened.take_growth():
                opened = _OpenList(path_in_force(self._store), pointer)
            self._matcher = Matcher(opened.growing.state(), self._policy)
            self._open = opened
            self._dealt_with = (pointer, opened.seen)
            self.problem = None
        except (SnapshotError, ValueError) as error:  # a pointer of zeros is no name
            self.problem = self._to_be_written_anew(str(error))
            self._dealt_with = look
        except OSError as error:
            # It may pass without any file changing.
            self._dealt_with = None
            if not isinstance(error, FileNotFoundError):
                self.problem = str(error)
            elif self._points_there_still(pointer):
                self.problem = self._to_be_written_anew(
                    f"The list's file {error.filename} is missing."
                )

    def _to_be_written_anew(self, problem: str) -> str:
        return f"{problem} Run `{self._store.sync_command()}` to write it anew."

    def _points_there_still(self, pointer: _Stamp) -> bool:
        """Say whether the pointer is unmoved; if it moved, the next look finds the new snapshot."""
        try:
            return _stamp_of(self._store.current) == pointer
        except OSError:
            return False


class _OpenList:
    """A mapped snapshot, and how much of its delta has been taken in.

    `pointer`: of the pointer that named it; `seen`: of the delta when it was read last.
    """

    def __init__(self, path: Path, pointer: _Stamp) -> None:
        self.pointer = pointer
        self.delta = delta_path(path)
        snapshot = open_snapshot(path)
        self._digest = snapshot.digest
        self.growing = GrowingList(snapshot)
        self.seen: _Stamp = None
        self._end = 0
        self._take_steps()

    def take_growth(self) -> bool:
        """Take in what was appended; False if the delta is another file than before."""
        now = _stamp_of(self.delta)
        if self.seen is not None and (now is None or now[:2] != self.seen[:2]):
            return False
        self._take_steps()
        return True

    def _take_steps(self) -> None:
        # The stamp comes first: what is appended while we read is then noticed at the next look.
        # It counts when all is taken in: a reading that fails is done again.
        stamp = _stamp_of(self.delta)
        tail = read_delta(self.delta, self._digest, self._end)
        for step in tail.steps:
            self.growing.take(step)
        self.seen, self._end = stamp, tail.end


def path_in_force(store: Store) -> Path:
    """Return the snapshot file in force; raises FileNotFoundError if nothing is."""
    return store.snapshots / Path(store.current.read_text(encoding="ascii").strip()).name


def _stamp_of(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
