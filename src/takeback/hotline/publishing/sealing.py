"""Seals pending events into the log: order, tree, erasures and signature in one transaction."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

from takeback.hashlist.checkpoint import Checkpoint as SignedState
from takeback.hashlist.commitments import Opening, seal_event
from takeback.hashlist.events import WithdrawnEvent, parse_event
from takeback.hashlist.merkle import Frontier, complete_subtree_hash, leaf_hash
from takeback.hashlist.tiles import TILE_WIDTH
from takeback.hotline.publishing.models import (
    Checkpoint,
    Log,
    LogEntry,
    PendingEvent,
    TileHash,
)
from takeback.hotline.publishing.signing import log_signer

CHANNEL = "takeback_log"
"""PostgreSQL announces each new checkpoint here, when its transaction commits."""

_BATCH = 4096


@dataclass(frozen=True, slots=True)
class _Sealed:
    entry: str
    opening: Opening
    commitment: bytes


def seal_pending() -> int:
    """Put the pending events into the log, in random order, and sign it; returns how many.

    At most 4096 at a time: call it again until it returns 0. Two at once wait for each other.
    Killed at any instant, it has done all of it or nothing.
    """
    signer = log_signer()
    with transaction.atomic():
        Log.objects.select_for_update().get()
        pending = list(PendingEvent.objects.order_by("id").select_for_update()[:_BATCH])
        if not pending:
            return 0
        # The order in which pictures came says which of them came together.
        secrets.SystemRandom().shuffle(pending)
        sealed = [_seal(row) for row in pending]
        before = _frontier()
        after = before.extended(leaf_hash(one.commitment) for one in sealed)
        _append(before.size, sealed)
        _extend_tiles(before.size, after.size)
        _erase(sealed)
        PendingEvent.objects.filter(id__in=[row.id for row in pending]).delete()
        Checkpoint.objects.create(
            size=after.size,
            note=SignedState(signer.name, after.size, after.root()).sign(signer),
            frontier=after.to_bytes(),
            sealed_at=datetime.now(UTC),
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(after.size)])
    return len(sealed)


def _seal(row: PendingEvent) -> _Sealed:
    opening = seal_event(bytes(row.event))
    return _Sealed(row.entry_id, opening, opening.commitment())


def _frontier() -> Frontier:
    newest = Checkpoint.objects.order_by("-size").first()
    return Frontier.from_bytes(bytes(newest.frontier)) if newest else Frontier()


def _append(start: int, sealed: Sequence[_Sealed]) -> None:
    LogEntry.objects.bulk_create(
        LogEntry(
            index=index,
            entry_id=one.entry,
            commitment=one.commitment,
            nonce=one.opening.nonce,
            event=one.opening.event,
        )
        for index, one in enumerate(sealed, start)
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


def _erase(sealed: Sequence[_Sealed]) -> None:
    """Delete for good the openings that the withdrawals among these events name."""
    events = (parse_event(one.opening.event) for one in sealed)
    indexes = [
        index for event in events if isinstance(event, WithdrawnEvent) for index in event.erases
    ]
    LogEntry.objects.filter(index__in=indexes).update(nonce=None, event=None)
