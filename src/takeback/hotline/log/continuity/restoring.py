"""What an operator says of a database that comes from a backup."""

from django.db import transaction

from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import OPERATOR, Actor, Verb
from takeback.hotline.log.continuity.doubts import settle_restored, signing_stop
from takeback.hotline.log.domain import DoubtKind
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require


class CannotVouchError(ValueError):
    """Nobody can say that this database is the newest; the message says why."""


@transaction.atomic
def vouch_for_backup(actor: Actor = OPERATOR) -> bool:
    """Take it from the operator that no gate and no witness knows of more than this database.

    Says whether that was in doubt. Raises CannotVouchError if a signed checkpoint or the mark
    proves the opposite, and NotPermittedError.
    """
    require(actor, Permission.VOUCH_FOR_BACKUP)
    stop = signing_stop()
    if stop is not None and stop.kind is not DoubtKind.RESTORED:
        raise CannotVouchError(stop.why)
    settled = settle_restored()
    if settled:
        record(Verb.LOG_BACKUP_VOUCHED_FOR, "log", actor)
    return settled
