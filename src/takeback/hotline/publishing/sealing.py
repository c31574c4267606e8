"""Seals pending events into the log: order, tree, erasures and signature in one transaction."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Q

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    AnyEvent,
    KeyEvent,
    PurposeEvent,
    ResumedEvent,
    canonical_json,
    cut_to_hour,
    parse_event,
)
from takeback.hashlist.follow import LoggedEvent
from takeback.hashlist.rules import LogRules
from takeback.hotline.publishing.announcing import publish
from takeback.hotline.publishing.changes import note_changes
from takeback.hotline.publishing.checking import check_waiting
from takeback.hotline.publishing.domain import LANE_BITS, WaitsFor
from takeback.hotline.publishing.importing import imports_left
from takeback.hotline.publishing.models import (
    Checkpoint,
    Log,
    LogEntry,
    PendingEvent,
    TileHash,
)
from takeback.hotline.publishing.purpose import purpose_of
from takeback.hotline.publishing.signing import LogKeys, key_signer, log_keys
from takeback.hotline.publishing.witnesses import defer_submission, quorum_is_asked_for
from takeback.signals.lanes import Lane
from takeback.tlog.checkpoint import Checkpoint as SignedState
from takeback.tlog.commitments import Opening, seal_event
from takeback.tlog.merkle import Frontier, complete_subtree_hash, leaf_hash
from takeback.tlog.signed_note import Signer
from takeback.tlog.tiles import TILE_WIDTH

_BATCH = 4096

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Sealed:
    entry: str | None
    event: AnyEvent
    opening: Opening
    commitment: bytes


def seal_pending() -> int:
    """Put the pending events into the log, in random order, and sign it; returns how many.

    New entries are checked first; those that a person has to look at stay out, and count. A log
    begins with its purpose, which does not count. At most 4096 at a time: call it again until it
    returns 0. Of the events that bring entries into force it takes as many as the purpose allows in
    a day, and none once that has expired; the others wait. Two at once wait for each other. Killed
    at any instant, it has done all of it or nothing.
    """
    keys = log_keys()
    signer = keys.current
    now = datetime.now(UTC)
    with transaction.atomic():
        held = check_waiting(Log.objects.select_for_update().get())
        before, rules = _newest()
        purpose = rules.purpose or purpose_of(signer.name)
        sealed = [] if before.size else [_seal(None, purpose)]
        pending = _pending(purpose, rules, now)
        sealed += [_seal(row.entry_id, _dated(row, now)) for row in _mixed(pending)]
        if not sealed:
            return held
        after = before.extended(leaf_hash(one.commitment) for one in sealed)
        # What a gate would refuse is never signed.
        logged = (LoggedEvent(at, one.event) for at, one in enumerate(sealed, before.size))
        rules = rules.after(logged, signer.name, now)
        _append(before.size, sealed)
        _extend_tiles(before.size, after.size)
        note_changes(before.size, (one.event for one in sealed), now)
        PendingEvent.objects.filter(id__in=[row.id for row in pending]).delete()
        checkpoint = Checkpoint.objects.create(
            size=after.size,
            note=SignedState(signer.name, after.size, after.root()).sign(*_signers(keys, sealed)),
            frontier=after.to_bytes(),
            rules=rules.to_json(),
            sealed_at=now,
        )
        if quorum_is_asked_for():
            defer_submission(after.size)
        else:
            publish(checkpoint)
    return len(pending) + held


def seal_everything() -> None:
    """Seal until nothing is pending that may be sealed now."""
    while seal_pending():
        pass


def _signers(keys: LogKeys, sealed: Sequence[_Sealed]) -> list[Signer]:
    """Name who signs: with the keys in force those that these events hand the log over to."""
    new = [key_signer(one.event) for one in sealed if isinstance(one.event, KeyEvent)]
    return [*keys.all, *new]


def _pending(purpose: PurposeEvent, rules: LogRules, now: datetime) -> list[PendingEvent]:
    """Lock the events to seal now: what was reported before what was imported.

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
    is_imported = Q(entry__lane=Lane.IMPORTED)
    waiting = ready.order_by("id").select_for_update(of=("self",))
    reported, imported = waiting.filter(~is_imported), waiting.filter(is_imported)
    pending = list(reported.filter(adds=False)[:_BATCH])
    added = list(reported.filter(adds=True)[: min(left, _BATCH - len(pending))])
    pending += added
    pending += imported.filter(adds=False)[: _BATCH - len(pending)]
    room = min(left - len(added), _BATCH - len(pending))
    if room and imported.filter(adds=True).exists():
        pending += imported.filter(adds=True)[: min(room, imports_left(purpose, now))]
    return pending


def _mixed(pending: list[PendingEvent]) -> list[PendingEvent]:
    """Bring the events in random order, but those of one entry in their own.

    The order in which pictures came says which of them came together.
    """
    chance = secrets.SystemRandom()
    place = {row.entry_id: chance.random() for row in pending}
    return sorted(pending, key=lambda row: (place[row.entry_id], row.id))


def _dated(row: PendingEvent, now: datetime) -> AnyEvent:
    """Read an event and give it the hour in which it is sealed, however long it has waited."""
    event = parse_event(bytes(row.event))
    return event.model_copy(update={"time": cut_to_hour(now)})


def _seal(entry: str | None, event: AnyEvent) -> _Sealed:
    opening = seal_event(canonical_json(event))
    return _Sealed(entry, event, opening, opening.commitment())


def _newest() -> tuple[Frontier, LogRules]:
    """Return where the log stands: the edge of its tree, and its rules."""
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return Frontier(), LogRules()
    return Frontier.from_bytes(bytes(newest.frontier)), LogRules.from_json(newest.rules)


def _lanes(sealed: Sequence[_Sealed]) -> list[int | None]:
    """Return for each event the bits of the lanes in which its entry has been by then."""
    old = {one.entry for one in sealed if not isinstance(one.event, AddedEvent)} - {None}
    newest = LogEntry.objects.filter(entry__in=old).order_by("entry", "-index").distinct("entry")
    known: dict[str | None, int] = {
        entry: lanes or 0 for entry, lanes in newest.values_list("entry", "lanes")
    }
    lanes: list[int | None] = []
    for one in sealed:
        if isinstance(one.event, AddedEvent | AmendedEvent | ResumedEvent):
            known[one.entry] = known.get(one.entry, 0) | LANE_BITS[one.event.lane]
        lanes.append(known.get(one.entry, 0) if one.entry else None)
    return lanes


def _append(start: int, sealed: Sequence[_Sealed]) -> None:
    LogEntry.objects.bulk_create(
        LogEntry(
            index=index,
            entry_id=one.entry,
            commitment=one.commitment,
            nonce=one.opening.nonce,
            event=one.opening.event,
            lanes=lanes,
        )
        for index, (one, lanes) in enumerate(zip(sealed, _lanes(sealed), strict=True), start)
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
        hashes = [leaf_hash(bytes(one)) for one in leaves.values_list("commitment", flat=True)]
    else:
        tiles = TileHash.objects.filter(level=level, **inside).order_by("index")
        hashes = [bytes(one) for one in tiles.values_list("hash", flat=True)]
    return complete_subtree_hash(hashes)
