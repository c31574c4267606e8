"""Checks new entries before they go into the log: what comes too close waits for a person.

It runs in the transaction that seals, with the log's row locked: an entry is in the log only after
it was compared with the guard corpus, with the list, and with what came in beside it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from django.conf import settings
from django.db.models import Case, Max, QuerySet, When

from takeback.fingerprints.pdq import PDQ_BYTES
from takeback.hotline.audit.actions import record
from takeback.hotline.publishing.domain import HoldReason, Near, WaitsFor
from takeback.hotline.publishing.guard import current_guard
from takeback.hotline.publishing.models import Entry, Hold, Log, PendingEvent
from takeback.hotline.publishing.neighbours import Neighbours, neighbours_in, still_listed
from takeback.matching.index import PdqIndex
from takeback.matching.policy import MatchPolicy
from takeback.signals.lanes import Lane

_BATCH: Final = 4096
_MOST_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class _New:
    """An entry to check: its PDQs, the first of them that of the whole picture.

    `reported`: it can be part of a crowd. Other lists hold many copies of one picture.
    """

    row: PendingEvent
    codes: tuple[bytes, ...]
    reported: bool


@dataclass(frozen=True, slots=True)
class _Finding:
    reason: HoldReason
    close_to: tuple[Near, ...]
    count: int


def check_waiting(log: Log) -> int:
    """Check at most 4096 new entries; returns how many now wait for a person.

    The others are ready to be sealed. `log`: its row, locked by the caller.
    """
    waiting = reports_first(PendingEvent.objects.filter(waits_for=WaitsFor.CHECK))
    rows = waiting.select_for_update(of=("self",))[:_BATCH]
    new = [_read(row) for row in rows]
    if not new:
        return 0
    threshold = MatchPolicy().widest_threshold
    newest = _newest_check()
    held = _crowded(neighbours_in(log, newest), new, threshold) | _guarded(new, threshold)
    now = datetime.now(UTC)
    Hold.objects.bulk_create(
        Hold(
            entry_id=entry,
            since=now,
            reason=finding.reason,
            count=finding.count,
            close_to=[[near.name, near.distance] for near in finding.close_to],
        )
        for entry, finding in held.items()
    )
    entries = [one.row.entry_id for one in new]
    Entry.objects.filter(id__in=entries).update(checked_in=newest + 1)
    checked = PendingEvent.objects.filter(id__in=[one.row.id for one in new])
    checked.update(waits_for=WaitsFor.NOTHING)
    checked.filter(entry__in=list(held)).update(waits_for=WaitsFor.PERSON)
    for entry in held:
        record("entry.held", entry, "hotline")
    return len(held)


def reports_first(pending: QuerySet[PendingEvent]) -> QuerySet[PendingEvent]:
    """Order events that add entries: as they came, but what was imported last."""
    imported = Case(When(entry__lane=Lane.IMPORTED, then=1), default=0)
    return pending.order_by(imported, "id")


def warm_up() -> None:
    """Read what new entries are compared with, so that the first of them need not wait for it."""
    current_guard()
    log = Log.objects.first()
    if log is not None:
        neighbours_in(log, _newest_check())


def _newest_check() -> int:
    return Entry.objects.aggregate(newest=Max("checked_in"))["newest"] or 0


def _guarded(new: Sequence[_New], threshold: int) -> dict[str, _Finding]:
    """What comes close to a lawful picture, with any of its PDQs."""
    codes = [code for one in new for code in one.codes]
    found = iter(current_guard().near(codes, threshold))
    held: dict[str, _Finding] = {}
    for one in new:
        nearest: dict[str, int] = {}
        for near in (near for _ in one.codes for near in next(found)):
            nearest[near.name] = min(near.distance, nearest.get(near.name, near.distance))
        if nearest:
            close = sorted((Near(*pair) for pair in nearest.items()), key=lambda n: n.distance)
            held[_entry(one)] = _Finding(HoldReason.GUARD, tuple(close[:_MOST_SHOWN]), len(close))
    return held


def _crowded(listed_before: Neighbours, new: Sequence[_New], threshold: int) -> dict[str, _Finding]:
    """What looks like many entries of other reports: listed ones, or such that came beside it."""
    told = [one for one in new if one.codes and one.reported]
    codes = [one.codes[0] for one in told]
    before = listed_before.near(codes, threshold)
    alive = still_listed(near.name for nears in before for near in nears)
    beside = _beside(told, codes, threshold)
    held: dict[str, _Finding] = {}
    for one, listed, came in zip(told, before, beside, strict=True):
        close = sorted(
            [*(near for near in listed if near.name in alive), *came], key=lambda n: n.distance
        )
        if len(close) >= settings.CROWD:
            shown = tuple(close[:_MOST_SHOWN])
            held[_entry(one)] = _Finding(HoldReason.CROWD, shown, len(close))
    return held


def _beside(told: Sequence[_New], codes: Sequence[bytes], threshold: int) -> list[list[Near]]:
    """For each entry those of other reports in the same batch."""
    matrix = np.frombuffer(b"".join(codes), np.uint8).reshape(-1, PDQ_BYTES)
    hits = PdqIndex.build(matrix).search_batch(matrix, threshold) if len(codes) else []
    return [
        [
            Near(_entry(told[row]), distance)
            for row, distance in zip(hit.rows.tolist(), hit.distances.tolist(), strict=True)
            if told[row].row.sent_in != one.row.sent_in
        ]
        for one, hit in zip(told, hits, strict=True)
    ]


def _entry(one: _New) -> str:
    return str(one.row.entry_id)


def _read(row: PendingEvent) -> _New:
    event = json.loads(bytes(row.event))
    pdqs = (bytes.fromhex(one["value"]) for one in event["signals"] if one["type"] == "pdq")
    return _New(row, tuple(pdqs), event["provenance"]["source"] == "reporter")
