"""Hands the log over to another key."""

from datetime import UTC, datetime

from django.db import transaction

from takeback.hashlist.events import KeyEvent, canonical_json, cut_to_hour, parse_event
from takeback.hotline.audit.actions import record
from takeback.hotline.publishing.actions import ask_for_sealing
from takeback.hotline.publishing.models import Log, PendingEvent
from takeback.hotline.publishing.signing import log_origin, new_log_key


class RotationError(ValueError):
    """The log can't be handed over now; the message says why."""


@transaction.atomic
def rotate_log_key() -> str:
    """Make a key, and hand the log over to it with the next checkpoint; returns the key's line.

    Both keys sign that checkpoint, and those of the `OVERLAP` after it. Killed halfway it leaves at
    most a key file that nobody uses. Raises RotationError while another handover waits.
    """
    log_origin()
    Log.objects.select_for_update().get()
    waiting = PendingEvent.objects.filter(entry=None).values_list("event", flat=True)
    if any(isinstance(parse_event(bytes(event)), KeyEvent) for event in waiting):
        raise RotationError("The log is being handed over already. Is the worker running?")
    key = new_log_key()
    event = KeyEvent(time=cut_to_hour(datetime.now(UTC)), key=key)
    PendingEvent.objects.create(entry=None, event=canonical_json(event), adds=False)
    record("log.key_rotated", "log", "operator")
    ask_for_sealing()
    return key
