"""Puts pictures onto the list that nobody reported here, in the lanes that are for those."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import transaction

from takeback.hashlist.events import (
    AddedEvent,
    EntryId,
    Provenance,
    canonical_json,
    cut_to_hour,
    new_entry_id,
)
from takeback.hashlist.signals import Signal
from takeback.hotline.audit.actions import record_all
from takeback.hotline.publishing.actions import ask_for_sealing
from takeback.hotline.publishing.domain import WaitsFor
from takeback.hotline.publishing.models import Entry, PendingEvent
from takeback.signals.lanes import Lane


@transaction.atomic
def list_unreported(
    lane: Lane, provenance: Provenance, pictures: Sequence[tuple[Signal, ...]], actor: str
) -> list[EntryId]:
    """Put pictures into a lane, in the caller's transaction; returns their ids in their order.

    They are checked before they are sealed, as reports are, but are never part of a crowd. Raises
    pydantic's ValidationError for what can't be listed, or not in this lane.
    """
    now = datetime.now(UTC)
    events = [
        AddedEvent(
            entry=new_entry_id(),
            time=cut_to_hour(now),
            lane=lane,
            provenance=provenance,
            signals=signals,
        )
        for signals in pictures
    ]
    Entry.objects.bulk_create(Entry(id=one.entry, lane=lane, listed_at=now) for one in events)
    PendingEvent.objects.bulk_create(
        PendingEvent(
            entry_id=one.entry, event=canonical_json(one), adds=True, waits_for=WaitsFor.CHECK
        )
        for one in events
    )
    record_all("entry.listed", [one.entry for one in events], actor)
    if events:
        ask_for_sealing()
    return [one.entry for one in events]
