"""Keeps the latest change of every entry, stamped so that a reader who asks by time misses none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    AnyEvent,
    EntryEvent,
    ResumedEvent,
    SuspendedEvent,
    WithdrawnEvent,
)
from takeback.hashlist.signals import Signal
from takeback.hotline.feeds.domain import ChangeState
from takeback.hotline.feeds.models import LatestChange, PublicationClock
from takeback.hotline.planted.access import canary_entries
from takeback.signals.lanes import Lane

# Graph's own servers keep tombstones for 90 days, and its client starts anew after 85; the client
# of StopNCII does after 30 (python-threatexchange 1.2.17, `is_stale` of both checkpoints).
TOMBSTONE_DAYS = 90

# PDQ's authors recommend discarding what is below this. Other platforms' formats carry no quality,
# so their programs could not leave such a PDQ out themselves.
LEAST_QUALITY = 50

_UPSERT = """
INSERT INTO feeds_latestchange AS known
    (entry_id, added, "index", stamp, state, lane, lanes, pdq, md5)
SELECT entry, added, at, %s, state, lane, ARRAY[lane], pdq, md5
FROM unnest(
    %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bytea[], %s::bytea[]
) AS new(entry, added, at, state, lane, pdq, md5)
ON CONFLICT (entry_id) DO UPDATE SET
    "index" = EXCLUDED."index",
    stamp = EXCLUDED.stamp,
    state = EXCLUDED.state,
    lane = CASE WHEN EXCLUDED.lane = '' THEN known.lane ELSE EXCLUDED.lane END,
    lanes = CASE WHEN EXCLUDED.lane = '' OR EXCLUDED.lane = ANY(known.lanes) THEN known.lanes
                 ELSE known.lanes || EXCLUDED.lanes END,
    pdq = CASE WHEN EXCLUDED.state = 'withdrawn' AND NOT %s THEN NULL
               WHEN EXCLUDED.lane = '' THEN known.pdq ELSE EXCLUDED.pdq END,
    md5 = CASE WHEN EXCLUDED.state = 'withdrawn' THEN NULL
               WHEN EXCLUDED.lane = '' THEN known.md5 ELSE EXCLUDED.md5 END
"""


@dataclass(frozen=True, slots=True)
class _New:
    """What the events of one batch make of an entry; no lane: it stays in the one it is in."""

    added: int
    index: int
    state: ChangeState
    lane: str = ""
    pdq: bytes | None = None
    md5: bytes | None = None


def note_changes(start: int, events: Iterable[AnyEvent], now: datetime) -> None:
    """Keep what the events sequenced at `start` and after make of their entries, in one statement.

    Canaries are left out: feeds give every platform the same. So is what only ever was in the lane
    of imports, which no feed carries: every reader would step over it. Part of the transaction that
    sequences. It takes the stamp last, so that a reader who raises the clock meanwhile waits for
    this transaction, and sees what it has sequenced.
    """
    changed: dict[str, _New] = {}
    canaries = canary_entries()
    for index, event in enumerate(events, start):
        if isinstance(event, EntryEvent) and event.entry in canaries:
            continue
        match event:
            case AddedEvent() | AmendedEvent() | ResumedEvent():
                added = changed[event.entry].added if event.entry in changed else index
                pdq, md5 = _whole_picture(event.signals), _digest(event.signals)
                live = _New(added, index, ChangeState.LIVE, event.lane, pdq, md5)
                changed[event.entry] = live
            case SuspendedEvent():
                before = changed.get(event.entry, _New(index, index, ChangeState.SUSPENDED))
                changed[event.entry] = replace(before, index=index, state=ChangeState.SUSPENDED)
            case WithdrawnEvent():
                changed[event.entry] = _New(index, index, ChangeState.WITHDRAWN)
            case _:
                pass
    for entry in _never_shown(changed):
        del changed[entry]
    if not changed:
        return
    new = list(changed.values())
    columns: list[list[Any]] = [
        list(changed),
        [change.added for change in new],
        [change.index for change in new],
        [change.state.value for change in new],
        [change.lane for change in new],
        [change.pdq for change in new],
        [change.md5 for change in new],
    ]
    clock = _locked_clock(int(now.timestamp()))
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [clock.stamp, *columns, tombstones_are_read(clock, now)])


def _never_shown(changed: Mapping[str, _New]) -> set[str]:
    """The entries that no feed ever carried: imports, and what becomes of them."""
    unshown = {entry for entry, change in changed.items() if change.lane in ("", Lane.IMPORTED)}
    kept = LatestChange.objects.filter(entry__in=unshown)
    return unshown.difference(kept.values_list("entry", flat=True))


def hold_stamps_from(stamp: int) -> PublicationClock:
    """Promise that no change still to come is stamped before `stamp`; returns the clock.

    It waits for a sequencing transaction that has its stamp already.
    """
    clock = publication_clock()
    if clock.stamp < stamp:
        PublicationClock.objects.update(stamp=Greatest(F("stamp"), stamp))
        clock.refresh_from_db()
    return clock


def publication_clock() -> PublicationClock:
    """Return the one clock."""
    return PublicationClock.objects.get_or_create(id=1)[0]


def _locked_clock(stamp: int) -> PublicationClock:
    publication_clock()
    clock = PublicationClock.objects.select_for_update().get()
    if clock.stamp < stamp:
        clock.stamp = stamp
        clock.save(update_fields=["stamp"])
    return clock


def tombstones_are_read(clock: PublicationClock, now: datetime) -> bool:
    """Whether some platform has read a feed that can name a withdrawn entry by its PDQ only."""
    read_at = clock.hashes_read_at
    return read_at is not None and now - read_at < timedelta(days=TOMBSTONE_DAYS)


def forget_withdrawn_fingerprints() -> int:
    """Delete for good PDQs of withdrawn entries that no feed needs to name; returns how many."""
    now = datetime.now(UTC)
    kept = LatestChange.objects.filter(state=ChangeState.WITHDRAWN, pdq__isnull=False)
    clock = PublicationClock.objects.filter(id=1).first()
    if clock is not None and tombstones_are_read(clock, now):
        oldest = int((now - timedelta(days=TOMBSTONE_DAYS)).timestamp())
        kept = kept.filter(stamp__lt=oldest)
    return kept.update(pdq=None)


def _whole_picture(signals: Iterable[Signal]) -> bytes | None:
    """The PDQ of the whole picture, the first there is (docs/wire.md), if it says enough."""
    first = next((signal for signal in signals if signal.type == "pdq"), None)
    if first is None or first.quality < LEAST_QUALITY:
        return None
    return bytes.fromhex(first.value)


def _digest(signals: Iterable[Signal]) -> bytes | None:
    return next((bytes.fromhex(signal.value) for signal in signals if signal.type == "md5"), None)


def close_window(stamp: int) -> int:
    """Promise that no change still to come is stamped before `stamp`, in seconds of the epoch.

    Returns the promise that now holds, which may reach further. What was published before is
    visible to anyone who asks after this returns.
    """
    return hold_stamps_from(stamp).stamp


def note_hashes_read() -> None:
    """Keep that somebody reads a feed that can name a withdrawn entry by its PDQ only."""
    now = datetime.now(UTC)
    clock = publication_clock()
    if clock.hashes_read_at is None or now - clock.hashes_read_at > timedelta(days=1):
        PublicationClock.objects.update(hashes_read_at=now)


@transaction.atomic
def forget_changes() -> None:
    """Forget how entries stood in a log that another takes the place of."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else it waits for what is deferred
        cursor.execute(f"TRUNCATE {LatestChange._meta.db_table}")
