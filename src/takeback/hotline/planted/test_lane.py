"""The test lane: harmless entries with which a platform tries its gate from upload to feedback."""

from django.db import transaction

from takeback.hashlist.events import Provenance
from takeback.hotline.audit.domain import OPERATOR, Actor
from takeback.hotline.entries.access import standing_in_lane
from takeback.hotline.entries.actions import list_entries, withdraw_entries
from takeback.hotline.log.access import log_origin
from takeback.hotline.log.actions import lock_log
from takeback.hotline.planted.drawn_pictures import DRAWN, drawn_signals
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require
from takeback.signals.lanes import Lane


@transaction.atomic
def list_drawn_pictures(actor: Actor = OPERATOR) -> int:
    """Put the drawn pictures onto the list, once; returns how many that adds.

    Two at once wait for each other, and the second adds none. Raises NotPermittedError.
    """
    require(actor, Permission.OFFER_TEST_PICTURES)
    provenance = Provenance(hotline=log_origin(), source="test")
    lock_log()
    if drawn_pictures_are_listed():
        return 0
    drawn = [drawn_signals(number) for number in range(1, DRAWN + 1)]
    return len(list_entries(drawn, Lane.TEST, provenance, actor=actor))


@transaction.atomic
def withdraw_drawn_pictures(actor: Actor = OPERATOR) -> int:
    """Take the drawn pictures off the list; returns how many there were.

    Raises NotPermittedError.
    """
    require(actor, Permission.OFFER_TEST_PICTURES)
    entries = standing_in_lane(Lane.TEST)
    if entries:
        withdraw_entries(entries, "hotline", actor)
    return len(entries)


def drawn_pictures_are_listed() -> bool:
    """Whether platforms can try their gates with the drawn pictures."""
    return bool(standing_in_lane(Lane.TEST))
