"""Publishes checkpoints: from then on they are the ones that everybody gets."""

from datetime import UTC, datetime
from typing import Final

from django.db import connection
from django.db.models import Max

from takeback.hashlist.events import WithdrawnEvent, parse_event
from takeback.hotline.foundation.advisory import hold_until_commit
from takeback.hotline.log.continuity.doubts import signing_stop
from takeback.hotline.log.hooks import wired
from takeback.hotline.log.models import Checkpoint, LogEntry, Publication

_WITHDRAWN: Final = "withdrawn"
_LOCK: Final = 0x7461_6B65_7075_626C  # "takepubl": whoever publishes waits for the other

CHANNEL: Final = "takeback_log"
"""PostgreSQL announces each published checkpoint here, when its transaction commits."""


def publish(checkpoint: Checkpoint) -> bool:
    """Publish a checkpoint, in the caller's transaction, and announce it; says whether it did.

    One that is published, or older than one that is, changes nothing; nor does one of a log that
    must not be signed on. The mark must have it already (`continuity.doubts.keep_mark`).

    Now, and not before, the openings go that its withdrawals name: until gates can see why they
    are gone, they would have to refuse the list.
    """
    hold_until_commit(_LOCK)
    before = Publication.objects.aggregate(size=Max("checkpoint"))["size"] or 0
    if checkpoint.size <= before or signing_stop() is not None:
        return False
    Publication.objects.create(checkpoint=checkpoint, published_at=datetime.now(UTC))
    _erase_withdrawn(before, checkpoint.size)
    wired().on_published(checkpoint.size)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(checkpoint.size)])
    return True


def is_published(checkpoint: Checkpoint) -> bool:
    """Whether everybody gets this checkpoint, or has got it."""
    return Publication.objects.filter(checkpoint=checkpoint).exists()


def _erase_withdrawn(start: int, end: int) -> None:
    """Delete for good the openings that the withdrawals from `start` up to `end` name."""
    rows = LogEntry.objects.filter(
        index__gte=start, index__lt=end, kind=_WITHDRAWN, event__isnull=False
    )
    events = (parse_event(bytes(event or b"")) for event in rows.values_list("event", flat=True))
    indexes = [
        index for event in events if isinstance(event, WithdrawnEvent) for index in event.erases
    ]
    LogEntry.objects.filter(index__in=indexes).update(nonce=None, event=None)
