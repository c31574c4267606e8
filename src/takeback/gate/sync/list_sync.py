"""Keeps the store in step with a hotline's log, and refuses whatever can't be verified."""

import logging
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from takeback.gate.store.confirmations import fold_confirmations
from takeback.gate.store.live_entries import (
    drop_live_entry,
    know_changes_since,
    put_additions,
    put_live_entry,
    put_suspended,
    read_live_entry,
    suspended_at,
    take_up_known_by_now,
)
from takeback.gate.store.standing import read_trust, record_acceptance, record_refusal
from takeback.gate.store.store import FollowedLog, Store, record_contact, write_followed_log
from takeback.gate.store.unknown_signals import entries_known_by_now, forget_unknown
from takeback.gate.sync.acknowledging import Acknowledging
from takeback.gate.sync.checkpoints import require_trust, take_newest
from takeback.gate.sync.client import HotlineClient, HotlineError, PlatformToken
from takeback.gate.sync.delivery import back_off_seconds
from takeback.gate.sync.snapshot_publisher import SnapshotPublisher
from takeback.hashlist.additions import AdditionRun
from takeback.hashlist.errors import ExpiredListError
from takeback.hashlist.events import EntryEvent, EntryId
from takeback.hashlist.fold import ListState
from takeback.hashlist.follow import Logged, LogGrowth, one_by_one
from takeback.hashlist.rules import LogRules
from takeback.matching.snapshot_file import SnapshotError
from takeback.tlog.bundles import EventRange
from takeback.tlog.checkpoint import Checkpoint, open_checkpoint
from takeback.tlog.errors import LogError
from takeback.tlog.merkle import Frontier
from takeback.tlog.signed_note import VerifierKey

logger = logging.getLogger(__name__)


class WrongKeyError(LogError):
    """The key is not the one that the token, or the store, has pinned."""


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What a sync reached: number of events in the log, and how many of them are new."""

    size: int
    new_events: int


@dataclass(frozen=True, slots=True)
class _Position:
    """Where the store stands: the key first pinned, the one in force, the edge and the rules."""

    pinned: VerifierKey
    key: VerifierKey
    frontier: Frontier
    rules: LogRules


class ListSync:
    """Follows one hotline's log into one store; use it inside `store.sync_lock()`.

    `on_progress` hears, while bundles are fetched, how many events are taken of how many.
    Whatever is refused, the last good state stays in force.
    """

    def __init__(
        self,
        store: Store,
        client: HotlineClient,
        token: PlatformToken,
        on_progress: Callable[[int, int], None] = lambda _taken, _of: None,
    ) -> None:
        self._store = store
        self._client = client
        self._token = token
        self._on_progress = on_progress
        self._publisher = SnapshotPublisher(store)
        self._trust = read_trust(store)
        self._acknowledging = Acknowledging(client)
        self._all_in_force = False
        self._is_shown = False

    def sync(self, checkpoint_note: bytes | None = None) -> SyncOutcome:
        """Take the log up to a checkpoint (by default the newest) and put a snapshot in force.

        A list that has expired is never put in force for the first time; one in force is kept up,
        for what is withdrawn. Raises LogError if the log is refused, HotlineError if the hotline
        can't be asked, SnapshotError if what was written reads back otherwise. Killed at any
        instant, it leaves the state before or after, and the next sync goes on from there.
        """
        outcome = self._sync(checkpoint_note)
        self._publisher.merge_if_due()
        return outcome

    def _sync(self, checkpoint_note: bytes | None) -> SyncOutcome:
        try:
            return self._take_newest(checkpoint_note)
        except WrongKeyError:
            raise  # the operator has mixed something up; the log is what it was
        except LogError as error:
            record_refusal(self._store, str(error))
            raise

    def _take_newest(self, checkpoint_note: bytes | None) -> SyncOutcome:
        if not self._all_in_force:
            self._take_up_known_by_now()
            self._publisher.publish()  # a process killed just before that left it to us
        self._all_in_force = False
        self._show_checkpoint()
        outcome = take_newest(self._client.checkpoint, self._take, checkpoint_note)
        in_force = self._publisher.publish()
        self._all_in_force = True
        self._acknowledging.tell(in_force)
        return outcome

    def _take_up_known_by_now(self) -> None:
        """Take up what an older program has left in the store, because it knew fewer kinds."""
        with self._store.read_list() as connection:
            if not entries_known_by_now(connection):
                return
        with self._store.change_list() as connection:
            taken_up = take_up_known_by_now(connection)
        if taken_up:
            logger.info("%s entries have fingerprints that were unknown until now.", taken_up)

    def follow(
        self,
        on_outcome: Callable[[SyncOutcome], None],
        on_trouble: Callable[[Exception, float], None],
        stopped: threading.Event,
    ) -> None:
        """Sync, wait for news, sync again, until `stopped` is set.

        `on_trouble` hears of every error and how many seconds pass before the next try. What has
        changed is merged into a new snapshot in the background; a merge that fails is logged, and
        tried again after the next news.
        """
        with self._publisher.merging_in_background() as merge_if_due:
            self._follow(merge_if_due, on_outcome, on_trouble, stopped)

    def _follow(
        self,
        merge_if_due: Callable[[], None],
        on_outcome: Callable[[SyncOutcome], None],
        on_trouble: Callable[[Exception, float], None],
        stopped: threading.Event,
    ) -> None:
        failures = 0
        note: bytes | None = None
        while not stopped.is_set():
            try:
                outcome = self._sync(note)
                merge_if_due()
                failures = 0
                on_outcome(outcome)
                note = self._client.wait(outcome.size)
                if note is not None and outcome.size >= self._opened(note).size:
                    raise LogError("The hotline offered an old checkpoint. It is asked again.")
            except (HotlineError, LogError, SnapshotError, OSError, sqlite3.Error) as error:
                failures += 1
                note = None
                self._is_shown = False
                pause = back_off_seconds(failures)
                on_trouble(error, pause)
                stopped.wait(pause)

    def _take(self, note: bytes) -> SyncOutcome:
        position = self._position()
        checkpoint = open_checkpoint(note, position.key)
        require_trust(self._trust, note, position.pinned, position.key)
        new_events = checkpoint.size - position.frontier.size
        growth = LogGrowth(position.frontier, checkpoint)
        log = self._store.followed_log()
        if log is not None and new_events == 0:
            with self._store.change_list() as connection:
                record_contact(connection, self._client.url)
                record_acceptance(connection)
            return SyncOutcome(checkpoint.size, 0)
        # Nothing is visible to anyone before the whole of it is verified.
        with self._store.change_list() as connection:
            # No snapshot stands before the first state, so nobody will ask what led to it.
            changed_at = checkpoint.size if log is not None else None
            know_changes_since(connection, position.frontier.size if log else checkpoint.size)
            rules, now = position.rules, datetime.now(UTC)
            for part, data in self._fetched_ahead(growth.ranges()):
                events = growth.take_in_bulk(part, data)
                rules = rules.after(events, checkpoint.origin, now)
                _fold(connection, events, changed_at, rules)
                self._on_progress(part.end - position.frontier.size, new_events)
            verified = FollowedLog(
                position.pinned.line,
                checkpoint.origin,
                growth.finish(),
                note,
                rules,
                hotline=self._client.url,
            )
            if log is None and (message := rules.expired(checkpoint.origin, now)):
                raise ExpiredListError(message)
            write_followed_log(connection, verified)
            record_acceptance(connection)
        return SyncOutcome(checkpoint.size, new_events)

    def _fetched_ahead(self, ranges: Iterable[EventRange]) -> Iterator[tuple[EventRange, bytes]]:
        """Fetch range by range; while one is worked on, the next is on its way."""
        with ThreadPoolExecutor(1, "fetch") as fetching:
            ahead: deque[tuple[EventRange, Future[bytes]]] = deque()
            for part in ranges:
                ahead.append((part, fetching.submit(self._client.openings, part)))
                if len(ahead) > 1:
                    first, data = ahead.popleft()
                    yield first, data.result()
            for last, data in ahead:
                yield last, data.result()

    def _position(self) -> _Position:
        log = self._store.followed_log()
        if log is not None:
            pinned = VerifierKey.parse(log.verifier_key)
            position = _Position(pinned, log.key_in_force, log.frontier, log.rules)
            whose = "the log that this store follows; give another --store for another log"
        else:
            shown = VerifierKey.parse(self._client.key())
            position = _Position(shown, shown, Frontier(), LogRules())
            whose = "the key that the hotline shows; ask the hotline for a new token"
        # A token made after the log was handed over pins the new key, one from before the old.
        if self._token.pin not in (position.pinned.pin, position.key.pin):
            raise WrongKeyError(f"The token does not fit {whose}.")
        return position

    def _show_checkpoint(self) -> None:
        """Show the hotline what is held here, before anything is taken, and after all trouble.

        Its own key has signed that: a hotline that was restored from an old backup learns of it,
        and signs no other history on.
        """
        log = self._store.followed_log()
        if log is None or self._is_shown:
            return
        try:
            self._client.show_checkpoint(log.checkpoint)
        except HotlineError as error:
            logger.info("The hotline did not take the checkpoint that is held here: %s", error)
        self._is_shown = True

    def _opened(self, note: bytes) -> Checkpoint:
        return open_checkpoint(note, self._position().key)


def _fold(
    connection: sqlite3.Connection,
    logged: list[Logged],
    changed_at: int | None,
    rules: LogRules,
) -> None:
    """Fold events into the entries, and what they say of others' entries.

    Runs of additions whose entries are new, and are not mentioned again, are put in as they are:
    they are nearly all of a first sync. For the others, the entries that are touched are read.
    """
    fold_confirmations(connection, logged)
    times_stated = Counter(_entries_of(logged))
    again = {entry for entry, times in times_stated.items() if times > 1}
    # What others confirm is a record, so where each entry is stated must be kept.
    in_bulk = rules.purpose is None or rules.purpose.confirmations == 1
    rest: list[Logged] = []
    for item in logged:
        if isinstance(item, AdditionRun) and in_bulk and again.isdisjoint(item.entries()):
            put_additions(connection, item, changed_at)
        else:
            rest.append(item)
    if rest:
        _fold_one_by_one(connection, rest, changed_at, withheld=rules.withheld)


def _entries_of(logged: Iterable[Logged]) -> Iterator[str]:
    for item in logged:
        if isinstance(item, AdditionRun):
            yield from item.entries()
        elif isinstance(item.event, EntryEvent):
            yield item.event.entry


def _fold_one_by_one(
    connection: sqlite3.Connection,
    logged: list[Logged],
    changed_at: int | None,
    *,
    withheld: bool,
) -> None:
    touched = [EntryId(entry) for entry in set(_entries_of(logged))]
    live = {entry: found for entry in touched if (found := read_live_entry(connection, entry))}
    suspended = {
        entry: at for entry in touched if (at := suspended_at(connection, entry)) is not None
    }
    state = ListState(dict(live), dict(suspended), withheld)
    state.apply(one_by_one(logged))
    for entry in touched:
        before, after = live.get(entry), state.live.get(entry)
        if before is not None and before.unknown and after != before:
            forget_unknown(connection, entry)
        if after is None:
            drop_live_entry(connection, entry, changed_at)
        elif after != before:
            put_live_entry(connection, after, changed_at)
        if state.suspended.get(entry) != suspended.get(entry):
            put_suspended(connection, entry, state.suspended.get(entry))
