"""Puts what other organisations list onto this list, in a lane of its own."""

from collections.abc import Sequence
from datetime import UTC, datetime

from takeback.hashlist.events import EntryId, Provenance
from takeback.hashlist.rules import LogRules
from takeback.hashlist.signals import Signal
from takeback.hotline.publishing.models import Checkpoint, Entry
from takeback.hotline.publishing.purpose import purpose_of
from takeback.hotline.publishing.signing import log_origin
from takeback.hotline.publishing.unreported import list_unreported
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


def list_imported(
    feed: str, pictures: Sequence[tuple[Signal, ...]], actor: str = "operator"
) -> list[EntryId]:
    """Put pictures of another list onto this one, in the caller's transaction; ids in their order.

    They never count as a crowd: a list holds many copies of one picture. Raises pydantic's
    ValidationError for what can't be listed.
    """
    provenance = Provenance(hotline=log_origin(), source="import", feed=feed)
    return list_unreported(Lane.IMPORTED, provenance, pictures, actor)
