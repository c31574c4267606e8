"""How much more may come into force today of what goes last: half of what the purpose allows.

The other half stays for what goes first, which is what young people report.
"""

from datetime import UTC, datetime
from typing import Final

from takeback.hashlist.events import PurposeEvent
from takeback.hashlist.rules import LogRules
from takeback.hotline.log.domain import Priority, WaitsFor
from takeback.hotline.log.models import Checkpoint, LogEntry, PendingEvent
from takeback.hotline.log.purpose import purpose_of
from takeback.hotline.log.signing import log_origin

_SHARE: Final = 2
"""One in so many of the events that bring something into force in a day may be of the last."""


def left_today_for_last(purpose: PurposeEvent, now: datetime) -> int:
    """Return how many events of the last priority may still bring something into force today.

    Days are counted in UTC, and as the log counts them: by when an event was sequenced.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    # Backwards along the log: no more is read than was sequenced today.
    before = Checkpoint.objects.filter(signed_at__lt=midnight).order_by("-size")
    start = before.values_list("size", flat=True).first() or 0
    taken = LogEntry.objects.filter(index__gte=start, priority=Priority.LAST, adds=True).count()
    return max(0, purpose.most_added_a_day // _SHARE - taken)


def room_today_for_last() -> int:
    """Return how many such events it makes sense to append now: the rest would wait until tomorrow.

    A courtesy to those who append them; the share is held where the log grows.
    """
    newest = Checkpoint.objects.order_by("-size").first()
    rules = LogRules.from_json(newest.rules) if newest is not None else LogRules()
    purpose = rules.purpose or purpose_of(log_origin())
    # What a person looks at may wait for weeks, and must not keep all others out meanwhile.
    soon = PendingEvent.objects.filter(waits_for__in=(WaitsFor.NOTHING, WaitsFor.CHECK))
    waiting = soon.filter(adds=True, priority=Priority.LAST).count()
    return max(0, left_today_for_last(purpose, datetime.now(UTC)) - waiting)
