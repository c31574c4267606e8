"""Puts what other organisations list onto this list, in a lane of its own."""

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
from takeback.hashlist.rules import LogRules
from takeback.hashlist.signals import Signal
from takeback.hotline.audit.actions import record_all
from takeback.hotline.publishing.actions import defer_sealing
from takeback.hotline.publishing.domain import WaitsFor
from takeback.hotline.publishing.models import Checkpoint, Entry, PendingEvent
from takeback.hotline.publishing.purpose import purpose_of
from takeback.hotline.publishing.signing import log_origin
from takeback.matching.policy import Lane

_SHARE = 2
"""One in so many of the entries that may be added in a day may be imported."""


def room_today() -> int:
    """How many entries may still be imported today (UTC): half of what the purpose allows a day.

    The other half stays for what young people report; the log takes no more than both.
    """
    newest = Checkpoint.objects.order_by("-size").first()
    rules = LogRules.from_json(newest.rules) if newest is not None else LogRules()
    purpose = rules.purpose or purpose_of(log_origin())
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    taken = Entry.objects.filter(lane=Lane.IMPORTED, listed_at__gte=midnight).count()
    return max(0, purpose.most_added_a_day // _SHARE - taken)


@transaction.atomic
def list_imported(
    feed: str, pictures: Sequence[tuple[Signal, ...]], actor: str = "operator"
) -> list[EntryId]:
    """Put pictures of another list onto this one, in the caller's transaction; ids in their order.

    They are checked before they are sealed, as reports are, but never count as a crowd: a list
    holds many copies of one picture. Raises pydantic's ValidationError for what can't be listed.
    """
    now = datetime.now(UTC)
    provenance = Provenance(hotline=log_origin(), source="import", feed=feed)
    events = [
        AddedEvent(
            entry=new_entry_id(),
            time=cut_to_hour(now),
            lane=Lane.IMPORTED,
            provenance=provenance,
            signals=signals,
        )
        for signals in pictures
    ]
    Entry.objects.bulk_create(
        Entry(id=one.entry, lane=Lane.IMPORTED, listed_at=now) for one in events
    )
    PendingEvent.objects.bulk_create(
        PendingEvent(
            entry_id=one.entry, event=canonical_json(one), adds=True, waits_for=WaitsFor.CHECK
        )
        for one in events
    )
    record_all("entry.listed", [one.entry for one in events], actor)
    if events:
        defer_sealing()
    return [one.entry for one in events]
