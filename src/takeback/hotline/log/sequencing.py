"""Sequences pending events into the log: order, tree and signature in one transaction."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

from takeback.hashlist.events import (
    AddedEvent,
    AnyEvent,
    KeyEvent,
    PurposeEvent,
    canonical_json,
    cut_to_hour,
    parse_event,
)
from takeback.hashlist.follow import LoggedEvent
from takeback.hashlist.rules import LogRules
from takeback.hotline.log.continuity.doubts import keep_mark, signing_stop
from takeback.hotline.log.domain import NewEvent, Priority, WaitingEvent, WaitsFor, adds, subject_of
from takeback.hotline.log.growth import left_today_for_last
from takeback.hotline.log.hooks import LogHooks, wired
from takeback.hotline.log.models import Checkpoint, Log, LogEntry, PendingEvent, TileHash
from takeback.hotline.log.publication import is_published, publish
from takeback.hotline.log.purpose import purpose_of
from takeback.hotline.log.signing import LogKeys, key_signer, log_keys
from takeback.hotline.log.witnesses.submission import defer_submission, quorum_is_asked_for
from takeback.tlog.checkpoint import Checkpoint as SignedState
from takeback.tlog.commitments import Opening, commit_event
from takeback.tlog.merkle import Frontier, complete_subtree_hash, leaf_hash
from takeback.tlog.signed_note import Signer
from takeback.tlog.tiles import TILE_WIDTH

_BATCH = 4096

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """An event at its place, with what opens its commitment, and how it was appended."""

    new: NewEvent
    opening: Opening
    commitment: bytes

    @property
    def event(self) -> AnyEvent:
        return self.new.event


def sequence_pending() -> int:
    """Put the pending events into the log, in random order, and sign it; returns how many.

    What waits for a check is checked first; events that a person has to look at stay out, and
    count. A log begins with its purpose, which does not count. At most 4096 at a time: call it
    again until it returns 0. Of the events that bring entries into force it takes as many as the
    purpose allows in a day, and none once that has expired; the others wait. Two at once wait for
    each other. Killed at any instant, it has done all of it or nothing.

    What is signed is published once it is on the disk, here and in the mark outside the database.
    Where that knows more than this database, nothing is signed (`continuity.doubts`), and 0 is
    returned. Raises LogNotWiredError without hooks.
    """
    hooks = wired()
    if not _publish_signed():  # what a worker killed in between has left
        return 0
    done, is_signed = _sequence(hooks)
    if is_signed:
        _publish_signed()
    return done


def _sequence(hooks: LogHooks) -> tuple[int, bool]:
    """Sequence a batch and sign; returns how many events are done with, and whether it signed."""
    keys = log_keys()
    signer = keys.current
    now = datetime.now(UTC)
    with transaction.atomic(durable=True):
        _require_durable()
        Log.objects.select_for_update().get()
        if signing_stop() is not None:
            return 0, False
        held = _check_waiting(hooks)
        before, rules = _newest()
        purpose = rules.purpose or purpose_of(signer.name)
        leaves = [] if before.size else [_leaf(NewEvent(purpose))]
        pending = _pending(purpose, rules, now)
        leaves += [_leaf(_dated(row, now)) for row in _mixed(pending)]
        if not leaves:
            return held, False
        after = before.extended(leaf_hash(leaf.commitment) for leaf in leaves)
        # What a gate would refuse is never signed.
        logged = (LoggedEvent(at, leaf.event) for at, leaf in enumerate(leaves, before.size))
        rules = rules.after(logged, signer.name, now)
        _append(before.size, leaves)
        _extend_tiles(before.size, after.size)
        hooks.after_sequencing(before.size, [leaf.event for leaf in leaves], now)
        PendingEvent.objects.filter(id__in=[row.id for row in pending]).delete()
        Checkpoint.objects.create(
            size=after.size,
            note=SignedState(signer.name, after.size, after.root()).sign(*_signers(keys, leaves)),
            frontier=after.to_bytes(),
            rules=rules.to_json(),
            signed_at=now,
        )
        if quorum_is_asked_for():
            defer_submission(after.size)
    return len(pending) + held, True


def _publish_signed() -> bool:
    """Publish the newest checkpoint, or leave it to the witnesses; says whether signing may go on.

    First it is in the mark: a database that is restored later can't be signed on from before it.
    """
    newest = Checkpoint.objects.order_by("-size").first()
    if not keep_mark():
        return False
    if newest is not None and not is_published(newest) and not quorum_is_asked_for():
        with transaction.atomic():
            publish(newest)
    return True


def _require_durable() -> None:
    """Have this transaction on the disk before it counts, even where the server was told not to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', true)"
            " WHERE current_setting('synchronous_commit') = 'off'"
        )


def sequence_everything() -> None:
    """Sequence until nothing is pending that may go now."""
    while sequence_pending():
        pass


def another_is_full(batch: int) -> bool:
    """Say whether, after a batch of so many events, another full one waits.

    What fills no batch is better left for the next tick: it mixes with what comes until then.
    """
    if batch < _BATCH:
        return False
    waiting = PendingEvent.objects.exclude(waits_for=WaitsFor.PERSON)
    return len(waiting.values_list("id")[:_BATCH]) == _BATCH


def _check_waiting(hooks: LogHooks) -> int:
    """Have at most 4096 events checked; returns how many of them now wait for a person."""
    waiting = PendingEvent.objects.filter(waits_for=WaitsFor.CHECK).order_by("priority", "id")
    rows = list(waiting.select_for_update()[:_BATCH])
    if not rows:
        return 0
    may_go = hooks.before_sequencing(
        [
            WaitingEvent(row.id, row.subject or "", row.kind, bytes(row.event), row.sent_in)
            for row in rows
        ]
    )
    checked = PendingEvent.objects.filter(id__in=[row.id for row in rows])
    checked.update(waits_for=WaitsFor.NOTHING)
    held = {row.id for row in rows}.difference(may_go)
    if held:
        checked.filter(id__in=held).update(waits_for=WaitsFor.PERSON)
    return len(held)


def _signers(keys: LogKeys, leaves: Sequence[_Leaf]) -> list[Signer]:
    """Name who signs: with the keys in force those that these events hand the log over to."""
    new = [key_signer(leaf.event) for leaf in leaves if isinstance(leaf.event, KeyEvent)]
    return [*keys.all, *new]


def _pending(purpose: PurposeEvent, rules: LogRules, now: datetime) -> list[PendingEvent]:
    """Lock the events to sequence now, those of the first priority before the others.

    Of each first those that bring nothing into force, for nothing holds them back.
    """
    ready = PendingEvent.objects.filter(waits_for=WaitsFor.NOTHING)
    left = max(0, purpose.most_added_a_day - rules.added.get(now.date(), 0))
    if cut_to_hour(now) >= purpose.expires:
        left = 0
        if ready.filter(adds=True).exists():
            _log.error(
                "The list has expired on %s, as its purpose says. Nothing more can be listed: "
                "begin another log, as docs/hotline.md says.",
                purpose.expires.date(),
            )
    elif not left and ready.filter(adds=True).exists():
        _log.warning(
            "The log has grown by %s entries today, as much as its purpose allows. "
            "What was reported since waits for tomorrow.",
            purpose.most_added_a_day,
        )
    waiting = ready.order_by("id").select_for_update()
    first, last = waiting.filter(priority=Priority.FIRST), waiting.filter(priority=Priority.LAST)
    pending = list(first.filter(adds=False)[:_BATCH])
    added = list(first.filter(adds=True)[: min(left, _BATCH - len(pending))])
    pending += added
    pending += last.filter(adds=False)[: _BATCH - len(pending)]
    room = min(left - len(added), _BATCH - len(pending))
    if room and last.filter(adds=True).exists():
        pending += last.filter(adds=True)[: min(room, left_today_for_last(purpose, now))]
    return pending


def _mixed(pending: list[PendingEvent]) -> list[PendingEvent]:
    """Bring the events in random order, but those about one subject in their own.

    The order in which pictures came says which of them came together.
    """
    chance = secrets.SystemRandom()
    place = {row.subject: chance.random() for row in pending}
    return sorted(pending, key=lambda row: (place[row.subject], row.id))


def _dated(row: PendingEvent, now: datetime) -> NewEvent:
    """Read an event and give it the hour in which it goes, however long it has waited."""
    event = parse_event(bytes(row.event)).model_copy(update={"time": cut_to_hour(now)})
    return NewEvent(event, row.audience, Priority(row.priority))


def _leaf(new: NewEvent) -> _Leaf:
    opening = commit_event(canonical_json(new.event))
    return _Leaf(new, opening, opening.commitment())


def _newest() -> tuple[Frontier, LogRules]:
    """Return where the log stands: the edge of its tree, and its rules."""
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return Frontier(), LogRules()
    return Frontier.from_bytes(bytes(newest.frontier)), LogRules.from_json(newest.rules)


def _audiences(leaves: Sequence[_Leaf]) -> list[int | None]:
    """Return for each event the bits of all that its subject has been open to by then."""
    subjects = {
        subject_of(leaf.event) for leaf in leaves if not isinstance(leaf.event, AddedEvent)
    } - {None}
    newest = LogEntry.objects.filter(subject__in=subjects).order_by("subject", "-index")
    rows = newest.distinct("subject").values_list("subject", "audience")
    known: dict[str | None, int] = {subject: audience or 0 for subject, audience in rows}
    audiences: list[int | None] = []
    for leaf in leaves:
        subject = subject_of(leaf.event)
        known[subject] = known.get(subject, 0) | leaf.new.audience
        audiences.append(known[subject] if subject is not None else None)
    return audiences


def _append(start: int, leaves: Sequence[_Leaf]) -> None:
    LogEntry.objects.bulk_create(
        LogEntry(
            index=index,
            subject=subject_of(leaf.event),
            kind=leaf.event.type,
            adds=adds(leaf.event),
            priority=leaf.new.priority,
            audience=audience,
            commitment=leaf.commitment,
            nonce=leaf.opening.nonce,
            event=leaf.opening.event,
        )
        for index, (leaf, audience) in enumerate(
            zip(leaves, _audiences(leaves), strict=True), start
        )
    )


def _extend_tiles(before: int, after: int) -> None:
    """Store the hash of each tile that has become full, level by level (C2SP tlog-tiles)."""
    level = 0
    while after // TILE_WIDTH:
        before, after, level = before // TILE_WIDTH, after // TILE_WIDTH, level + 1
        TileHash.objects.bulk_create(
            TileHash(level=level, index=number, hash=_full_tile_hash(level - 1, number))
            for number in range(before, after)
        )


def _full_tile_hash(level: int, number: int) -> bytes:
    inside = {"index__gte": number * TILE_WIDTH, "index__lt": (number + 1) * TILE_WIDTH}
    if level == 0:
        leaves = LogEntry.objects.filter(**inside).order_by("index")
        hashes = [
            leaf_hash(bytes(commitment))
            for commitment in leaves.values_list("commitment", flat=True)
        ]
    else:
        tiles = TileHash.objects.filter(level=level, **inside).order_by("index")
        hashes = [bytes(tile_hash) for tile_hash in tiles.values_list("hash", flat=True)]
    return complete_subtree_hash(hashes)
