"""Hands the log over to another key."""

from datetime import UTC, datetime

from django.db import transaction

from takeback.hashlist.events import KeyEvent, cut_to_hour
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import OPERATOR, Actor, Verb
from takeback.hotline.log.actions import append
from takeback.hotline.log.domain import NewEvent
from takeback.hotline.log.models import Log, PendingEvent
from takeback.hotline.log.signing import log_origin, new_log_key
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require


class RotationError(ValueError):
    """The log can't be handed over now; the message says why."""


@transaction.atomic
def rotate_log_key(actor: Actor = OPERATOR) -> str:
    """Make a key, and hand the log over to it with the next checkpoint; returns the key's line.

    Both keys sign that checkpoint, and those of the `OVERLAP` after it. Killed halfway it leaves at
    most a key file that nobody uses. Raises RotationError while another handover waits, and
    NotPermittedError.
    """
    require(actor, Permission.ROTATE_KEY)
    log_origin()
    Log.objects.select_for_update().get()
    if PendingEvent.objects.filter(kind="key").exists():
        raise RotationError("The log is being handed over already. Is the worker running?")
    key = new_log_key()
    append([NewEvent(KeyEvent(time=cut_to_hour(datetime.now(UTC)), key=key))])
    record(Verb.LOG_KEY_ROTATED, "log", actor)
    return key
