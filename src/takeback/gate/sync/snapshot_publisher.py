"""Puts the store's verified state in force: by a step in the delta, or by a new snapshot.

Only the process that holds the sync lock publishes.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from takeback.gate.cores import usable_cores
from takeback.gate.store.snapshots import SNAPSHOT_SUFFIX, path_in_force
from takeback.gate.store.store import Store
from takeback.matching.delta_file import (
    DELTA_SUFFIX,
    DeltaTail,
    append_step,
    delta_path,
    read_delta,
)
from takeback.matching.snapshot import Snapshot, SnapshotSource, open_snapshot, write_snapshot
from takeback.matching.snapshot_file import (
    STAMP_SUFFIX,
    SnapshotError,
    remove_arrays,
)
from takeback.running.private_files import replacing

logger = logging.getLogger(__name__)

# A matcher may read CURRENT just before the pointer moves: the snapshots that it has named last
# stay a while.
_KEPT = 3

# Matching compares with the delta entry by entry, and a gate that starts reads all of it.
_MOST_CHANGES_IN_DELTA = 20_000
_LEAST_CHANGES_TO_MERGE = 1_000
_SHARE_OF_BASE_TO_MERGE = 20

# More than that at once is written as a snapshot of its own straight away.
_MOST_CHANGES_IN_STEP = 200_000


def _log_trouble(error: Exception) -> None:
    logger.warning("The changes stay beside the snapshot for now: they can't be merged. %s", error)


@dataclass(frozen=True)
class _Published:
    """A snapshot file, and what its delta has led it to."""

    path: Path
    base: Snapshot
    tail: DeltaTail

    @classmethod
    def at(cls, path: Path) -> "_Published":
        base = open_snapshot(path)
        return cls(path, base, read_delta(delta_path(path), base.digest))

    @property
    def source(self) -> SnapshotSource:
        if not self.tail.steps:
            return self.base.source
        last = self.tail.steps[-1]
        return SnapshotSource(self.base.source.origin, last.checkpoint_size, last.root_hash)

    @property
    def changes(self) -> int:
        return sum(step.count for step in self.tail.steps)


class SnapshotPublisher:
    """Keeps what is in force at the store's verified state. One a store.

    `least_to_merge`: up to so many changes stay in the delta of the smallest list.
    """

    def __init__(self, store: Store, *, least_to_merge: int = _LEAST_CHANGES_TO_MERGE) -> None:
        self._store = store
        self._least_to_merge = least_to_merge
        # What is in force is changed by one thread at a time: the one that follows the log, or
        # the one that merges.
        self._lock = threading.Lock()
        # Snapshots whose delta may hold a step that is not on the disk: readers see it, a power
        # cut would take it.
        self._in_doubt: set[Path] = set()
        self._tidied = False

    def publish(self) -> SnapshotSource | None:
        """Put the verified state in force; a moment's work if little has changed.

        Returns what is now in force, None before the first sync.
        """
        log = self._store.followed_log()
        if log is None:
            return None
        with self._lock:
            self._tidy_once()
            in_force = self._in_force()
            if in_force is not None:
                self._store.forget_changes(in_force.base.source.checkpoint_size)
                most = min(max(in_force.base.entries, 1000), _MOST_CHANGES_IN_STEP)
                if self._bring_up_to_date(in_force, most):
                    return log.source
            written = self._written(threads=usable_cores())
            if written is None:
                return None
            self._put_in_force(written.path)
            return written.source

    def merge_if_due(self) -> None:
        """Write snapshot and delta into one new snapshot, if the delta has grown large.

        The state in force stays the same. Another thread may publish at the same time.
        """
        with self._lock:
            in_force = self._in_force()
        if in_force is None:
            return
        share = max(in_force.base.entries // _SHARE_OF_BASE_TO_MERGE, self._least_to_merge)
        if in_force.changes <= min(share, _MOST_CHANGES_IN_DELTA):
            return
        # Nobody waits for it: the other cores are for matching.
        merged = self._written(threads=1)
        if merged is None:
            return
        with self._lock:
            # What was published while we wrote: without it, readers would go back.
            if self._bring_up_to_date(merged, _MOST_CHANGES_IN_STEP):
                self._put_in_force(merged.path)

    @contextlib.contextmanager
    def merging_in_background(
        self, on_trouble: Callable[[Exception], None] = _log_trouble
    ) -> Iterator[Callable[[], None]]:
        """Give a function that starts to merge, if it is time and none is under way.

        The one under way is waited for at the end. `on_trouble` hears of a merge that failed:
        what is in force stays, and the next call tries again.
        """
        under_way: threading.Thread | None = None

        def merge() -> None:
            try:
                self.merge_if_due()
            except Exception as error:
                on_trouble(error)

        def start() -> None:
            nonlocal under_way
            if under_way is None or not under_way.is_alive():
                under_way = threading.Thread(target=merge, name="merge-snapshot")
                under_way.start()

        try:
            yield start
        finally:
            if under_way is not None:
                under_way.join()

    def _in_force(self) -> _Published | None:
        with contextlib.suppress(SnapshotError, OSError, ValueError):
            published = _Published.at(path_in_force(self._store))
            # One that an older program wrote lacks what only this one can read.
            if published.base.all_kinds:
                return published
        return None

    def _bring_up_to_date(self, known: _Published, most: int) -> bool:
        """Append what the store has and a snapshot's delta lacks; False if it can't."""
        newer = self._store.changes_since(known.source, most)
        if newer is None:
            return False
        source, changes = newer
        doubted = known.path in self._in_doubt
        if doubted or source != known.source:
            # To write what is doubted anew, a step that changes nothing does as well.
            tail = replace(known.tail, torn=known.tail.torn or doubted)
            self._in_doubt.add(known.path)
            append_step(delta_path(known.path), known.base.digest, tail, source, changes)
            self._in_doubt.discard(known.path)
        return True

    def _written(self, *, threads: int) -> _Published | None:
        """Write the store's verified state as a snapshot, and check it as a reader would."""
        state = self._store.state()
        if state is None:
            return None
        source, tables = state
        path = self._store.snapshots / _file_name(source)
        write_snapshot(path, source, tables, threads=threads)
        return _Published.at(path)

    def _put_in_force(self, path: Path) -> None:
        with replacing(self._store.current) as pointer:
            pointer.write(f"{path.name}\n".encode("ascii"))
        files = sorted(
            self._store.snapshots.glob(f"*{SNAPSHOT_SUFFIX}"),
            key=lambda file: file.stat().st_mtime_ns,
        )
        for file in files[:-_KEPT]:
            if file != path:
                # By the snapshot the rest is found again, should we be killed in between.
                delta_path(file).unlink(missing_ok=True)
                remove_arrays(file)

    def _tidy_once(self) -> None:
        """Remove what a process that was killed has left half written, or half removed."""
        if self._tidied:
            return
        snapshots = self._store.snapshots
        leftovers = [*self._store.folder.glob(".*.partial"), *snapshots.glob(".*.partial")]
        for file in snapshots.glob(f"*{DELTA_SUFFIX}"):
            if not file.with_suffix(SNAPSHOT_SUFFIX).exists():
                leftovers.append(file)
        for file in snapshots.glob(f"*{STAMP_SUFFIX}"):
            if not file.with_suffix("").exists():
                leftovers.append(file)
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)  # a reader may just have finished its stamp
        self._tidied = True


def _file_name(source: SnapshotSource) -> str:
    return f"{source.checkpoint_size:012d}-{source.root_hash.hex()[:16]}{SNAPSHOT_SUFFIX}"
