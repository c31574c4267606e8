"""A store with a history that is known at every checkpoint, without a hotline: for tests of what is
published from it."""

import hashlib
import itertools
import os
import random
import sys
from pathlib import Path

from takeback.gate.store.live_entries import drop_live_entry, know_changes_since, put_live_entry
from takeback.gate.store.store import FollowedLog, Store, write_followed_log
from takeback.gate.sync.snapshot_publisher import SnapshotPublisher
from takeback.hashlist.events import EntryId, Provenance
from takeback.hashlist.fold import LiveEntry
from takeback.hashlist.rules import LogRules
from takeback.hashlist.signals import PdqSignal
from takeback.matching.matcher import Matcher, UploadFingerprints
from takeback.signals.lanes import Lane
from takeback.tlog.merkle import Frontier, leaf_hash
from tests.support.match_lists import entry_id


def changes_of(event: int) -> dict[EntryId, bytes | None]:
    """What the event at an index does: entries that come, change, or go (None)."""
    changed: dict[EntryId, bytes | None] = {entry_id(event): _code(event)}
    if event % 3 == 2:
        changed[entry_id(event // 3)] = None
    if event % 5 == 4:
        changed[entry_id(event - 1)] = _code(event + 10**9)
    return changed


def alive_at(size: int) -> dict[str, bytes]:
    """Every entry alive after so many events, with its code."""
    alive: dict[str, bytes] = {}
    for event in range(size):
        for entry, code in changes_of(event).items():
            if code is None:
                alive.pop(entry, None)
            else:
                alive[entry] = code
    return alive


def grow(store: Store, to: int, *, origin: str = "list.example.org", salt: str = "") -> None:
    """Take the store to a checkpoint in one transaction, as a sync does.

    `origin` and `salt` make another log of it, with the same entries.
    """
    log = store.followed_log()
    before = log.frontier if log else Frontier()
    events = range(before.size, to)
    after = before.extended(leaf_hash(f"{salt}{event}".encode()) for event in events)
    with store.change_list() as connection:
        know_changes_since(connection, before.size if log else to)
        at = to if log else None
        for event in events:
            for entry, code in changes_of(event).items():
                if code is None:
                    drop_live_entry(connection, entry, at)
                else:
                    added_at = event if entry == entry_id(event) else event - 1
                    put_live_entry(connection, _live(entry, code, added_at), at)
        write_followed_log(connection, FollowedLog("key", origin, after, b"note", LogRules()))


def answers(matcher: Matcher | None) -> tuple[int, dict[str, int]]:
    """The checkpoint that a matcher reports, and every entry with its distance from nothing."""
    assert matcher is not None
    result = matcher.match(UploadFingerprints(bytes(32)))
    size = matcher.listed.source.checkpoint_size
    return size, {match.entry: match.distance for match in result.matches}


def expected_at(size: int) -> dict[str, int]:
    """What `answers` must say at a checkpoint."""
    alive = alive_at(size)
    return {entry: int.from_bytes(code, "big").bit_count() for entry, code in alive.items()}


def publish_until_killed(folder: Path, seed: int) -> None:
    """Grow the store and publish it, with merges beside it, faster than any hotline does."""
    chance = random.Random(seed)
    store = Store(folder)
    publisher = SnapshotPublisher(store, least_to_merge=5)
    with store.sync_lock(), publisher.merging_in_background(_end) as merge_if_due:
        for _ in itertools.count():
            publisher.publish()
            merge_if_due()
            log = store.followed_log()
            grow(store, (log.frontier.size if log else 0) + chance.randint(1, 4))


def _end(error: Exception) -> None:
    # An exception would end the thread that merges, and nobody would hear of it.
    print(f"The merge failed: {error!r}", file=sys.stderr, flush=True)
    os._exit(1)


def _code(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def _live(entry: EntryId, code: bytes, added_at: int) -> LiveEntry:
    signals = (PdqSignal(value=code.hex(), quality=90),)
    return LiveEntry(entry, Lane.CONFIRMED, Provenance(hotline="example"), signals, added_at)
