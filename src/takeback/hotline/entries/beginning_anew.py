"""Lists again, in a log that takes the place of another, whatever stands on the list."""

from datetime import UTC, datetime

from django.db import connection
from psycopg import sql

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    AnyEvent,
    ResumedEvent,
    cut_to_hour,
    parse_event,
)
from takeback.hotline.entries.confirmations import confirmed_again
from takeback.hotline.entries.domain import HoldReason, as_appended
from takeback.hotline.entries.holds import Finding, hold
from takeback.hotline.entries.models import Entry
from takeback.hotline.log.access import last_pending, newest_contents, standing_in_log
from takeback.hotline.log.actions import append, take_back_pending
from takeback.hotline.log.domain import NewEvent, WaitsFor, subject_of

_AT_A_TIME = 5000


def list_everything_again(origin: str) -> int:
    """Append what stands on the list for the log of another origin; returns how many entries.

    In the transaction that begins it. What was suspended waits for a person; what this hotline has
    confirmed of others it says again. Whoever would change an entry meanwhile waits until it ends.
    """
    lock_all_entries()
    waited = last_pending()
    entries = sum(_list_again(contents, origin) for contents in newest_contents())
    while pending := take_back_pending(waited, _AT_A_TIME):
        append(_kept_waiting(pending, origin))
    append(NewEvent(event) for event in confirmed_again())
    return entries


def lock_all_entries() -> None:
    """Have whoever would change an entry wait until the caller's transaction ends."""
    with connection.cursor() as cursor:
        table = sql.Identifier(Entry._meta.db_table)
        cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table))


def _list_again(contents: list[tuple[str, bytes]], origin: str) -> int:
    rows = Entry.objects.filter(id__in=[entry for entry, _ in contents], withdrawn_at=None)
    suspended_at = dict(rows.values_list("id", "suspended_at"))
    suspended = [entry for entry, since in suspended_at.items() if since is not None]
    append(
        addition(
            parse_event(event),
            origin,
            WaitsFor.PERSON if suspended_at[entry] is not None else WaitsFor.NOTHING,
        )
        for entry, event in contents
        if entry in suspended_at
    )
    hold({entry: Finding(HoldReason.SUSPENDED) for entry in suspended})
    Entry.objects.filter(id__in=suspended).update(suspended_at=None)
    return len(suspended_at)


def _kept_waiting(waited: list[NewEvent], origin: str) -> list[NewEvent]:
    """Keep of what waited before the additions that no log has yet, and amendments.

    An amendment follows the addition of what the log last said, and waits for what it waited for;
    the rest is past.
    """
    subjects = [subject for new in waited if (subject := subject_of(new.event)) is not None]
    known = standing_in_log(subjects)
    kept = []
    for new in waited:
        event = new.event
        if isinstance(event, AddedEvent) and event.entry not in known:
            kept.append(addition(event, origin, new.waits_for, new.sent_in))
        elif isinstance(event, AmendedEvent):
            provenance = event.provenance.model_copy(update={"hotline": origin})
            amended = event.model_copy(update={"provenance": provenance})
            kept.append(as_appended(amended, new.waits_for, new.sent_in))
    return kept


def addition(
    event: AnyEvent, origin: str, waits_for: WaitsFor, sent_in: int | None = None
) -> NewEvent:
    """Say in the new log what an addition, an amendment or a resumption has said in the old."""
    if not isinstance(event, AddedEvent | AmendedEvent | ResumedEvent):
        raise TypeError(f"{event.type} puts no entry onto a list")
    added = AddedEvent(
        entry=event.entry,
        time=cut_to_hour(datetime.now(UTC)),
        lane=event.lane,
        provenance=event.provenance.model_copy(update={"hotline": origin}),
        signals=event.signals,
    )
    return as_appended(added, waits_for, sent_in)
