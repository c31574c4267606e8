"""What other rooms do to the log: append events, let go or drop what waits, lock what they change.

The order of locks is the log's interface: first pending events, by `lock_pending`, then the rows of
the room that changes something. Sequencing locks in the same order.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from django.db import connection, transaction

from takeback.hashlist.events import canonical_json, parse_event
from takeback.hotline.log.domain import NewEvent, Priority, WaitsFor, adds, subject_of
from takeback.hotline.log.models import Log, PendingEvent

PENDING_CHANNEL: Final = "takeback_pending"
"""PostgreSQL announces here that events wait to be sequenced."""


@transaction.atomic
def append(events: Iterable[NewEvent]) -> None:
    """Have events put into the log, in the caller's transaction; they are in it soon after."""
    pending = [
        PendingEvent(
            subject=subject_of(new.event),
            kind=new.event.type,
            event=canonical_json(new.event),
            adds=adds(new.event),
            audience=new.audience,
            priority=new.priority,
            waits_for=new.waits_for,
            sent_in=new.sent_in,
        )
        for new in events
    ]
    if pending:
        PendingEvent.objects.bulk_create(pending)
        ask_for_sequencing()


def lock_log() -> None:
    """Lock the log until the end of the caller's transaction: nothing is sequenced meanwhile."""
    Log.objects.select_for_update().get()


def lock_pending(subjects: Sequence[str]) -> None:
    """Lock what is pending of subjects until the end of the caller's transaction."""
    list(PendingEvent.objects.filter(subject__in=subjects).order_by("id").select_for_update())


def let_go(subject: str) -> None:
    """Let what is pending of a subject into the log, whatever it has waited for."""
    PendingEvent.objects.filter(subject=subject).update(waits_for=WaitsFor.NOTHING)
    ask_for_sequencing()


def drop_pending(subjects: Sequence[str]) -> None:
    """Forget what is pending of subjects."""
    PendingEvent.objects.filter(subject__in=subjects).delete()


def drop_pending_additions(subject: str) -> set[str]:
    """Forget what would bring a subject into force; returns the kinds of what was forgotten."""
    pending = PendingEvent.objects.filter(subject=subject, adds=True)
    kinds = set(pending.values_list("kind", flat=True))
    pending.delete()
    return kinds


def take_back_pending(until: int, most: int) -> list[NewEvent]:
    """Forget the first of what is pending up to a number, and return it in order.

    It is to be appended in another form, or not at all; empty once nothing is left.
    """
    pending = PendingEvent.objects.filter(id__lte=until).order_by("id")
    rows = list(pending.select_for_update()[:most])
    taken = [
        NewEvent(
            parse_event(bytes(row.event)),
            row.audience,
            Priority(row.priority),
            WaitsFor(row.waits_for),
            row.sent_in,
        )
        for row in rows
    ]
    PendingEvent.objects.filter(id__in=[row.id for row in rows]).delete()
    return taken


def ask_for_sequencing() -> None:
    """Ask the worker to sequence as soon as this transaction has committed.

    PostgreSQL says it then, and once however often it was asked: no row, and nothing to clean up.
    A worker that is away sequences what is pending when it starts.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [PENDING_CHANNEL])
