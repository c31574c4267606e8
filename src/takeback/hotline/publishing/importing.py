"""Puts what other organisations list onto this list, in a lane of its own and in half of a day."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import connection

from takeback.hashlist.events import EntryId, Provenance, PurposeEvent
from takeback.hashlist.rules import LogRules
from takeback.hashlist.signals import Signal
from takeback.hotline.publishing.domain import LANE_BITS, WaitsFor
from takeback.hotline.publishing.models import Checkpoint, PendingEvent
from takeback.hotline.publishing.purpose import purpose_of
from takeback.hotline.publishing.signing import log_origin
from takeback.hotline.publishing.unreported import list_unreported
from takeback.signals.lanes import Lane

_SHARE = 2
"""One in so many of the pictures that may come into force in a day may be an imported one."""

_NAMES_LANE = b'"lane":"'
"""In the one spelling of events only those that bring an entry into force have this."""

# An opening that is erased counts as if it had brought an entry into force: nearly every one did,
# and which did not is not known any more.
_BROUGHT_INTO_FORCE = """
SELECT count(*) FROM publishing_logentry
WHERE "index" >= %s AND lanes & %s <> 0 AND (event IS NULL OR position(%s IN event) > 0)
"""


def room_today() -> int:
    """How many entries it makes sense to import now: the rest would wait here until tomorrow.

    A courtesy to whoever imports; the share is held where the log grows, by `imports_left`.
    """
    newest = Checkpoint.objects.order_by("-size").first()
    rules = LogRules.from_json(newest.rules) if newest is not None else LogRules()
    purpose = rules.purpose or purpose_of(log_origin())
    # What a person looks at may wait for weeks, and must not keep all others out meanwhile.
    soon = PendingEvent.objects.filter(waits_for__in=(WaitsFor.NOTHING, WaitsFor.CHECK))
    waiting = soon.filter(adds=True, entry__lane=Lane.IMPORTED).count()
    return max(0, imports_left(purpose, datetime.now(UTC)) - waiting)


def imports_left(purpose: PurposeEvent, now: datetime) -> int:
    """How many imported pictures may still come into force on the day (UTC) of `now`.

    Half of what the purpose allows in a day, the other half stays for what young people report.
    Days are counted as the log counts them: by when an event was sealed.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    # Backwards along the log: no more is read than was sealed today.
    before = Checkpoint.objects.filter(sealed_at__lt=midnight).order_by("-size")
    start = before.values_list("size", flat=True).first() or 0
    with connection.cursor() as cursor:
        cursor.execute(_BROUGHT_INTO_FORCE, [start, LANE_BITS[Lane.IMPORTED], _NAMES_LANE])
        (taken,) = cursor.fetchone()
    return max(0, purpose.most_added_a_day // _SHARE - int(taken))


def list_imported(
    feed: str, pictures: Sequence[tuple[Signal, ...]], actor: str = "operator"
) -> list[EntryId]:
    """Put pictures of another list onto this one, in the caller's transaction; ids in their order.

    They never count as a crowd: a list holds many copies of one picture. Raises pydantic's
    ValidationError for what can't be listed.
    """
    provenance = Provenance(hotline=log_origin(), source="import", feed=feed)
    return list_unreported(Lane.IMPORTED, provenance, pictures, actor)
