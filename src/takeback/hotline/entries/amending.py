"""Amends entries: another lane or other signals, in force once the log has them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.db import transaction

from takeback.hashlist.events import AmendedEvent, AnyEvent, EntryId, cut_to_hour
from takeback.hashlist.signals import Signal
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import Actor, Verb
from takeback.hotline.entries.actions import lock_entry_in_log, tells_enough, whole_picture
from takeback.hotline.entries.domain import CannotAmendError, HoldReason, as_appended
from takeback.hotline.entries.holds import Finding, hold
from takeback.hotline.entries.models import Entry, Hold
from takeback.hotline.log.access import is_pending, newest_addition
from takeback.hotline.log.actions import append, drop_pending_additions
from takeback.hotline.log.domain import WaitsFor
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require
from takeback.signals.lanes import Lane


@transaction.atomic
def amend_entry(
    entry: EntryId,
    *,
    actor: Actor,
    lane: Lane | None = None,
    signals: Sequence[Signal] | None = None,
) -> bool:
    """Put another lane or other signals in the place of an entry's; says if that changed anything.

    What is left out stays as it is, and so does where the entry comes from. Other signals are
    checked before they go, as those of a new entry are, and the entry stays as it was until then;
    so does the row of it here (`note_amended`). `actor`: whose act it is, for the audit record.
    Raises UnknownEntryError for an entry that is not in the log; CannotAmendError for one that is
    suspended, is for trying gates, or about which an event still waits; pydantic's ValidationError
    for what can't be listed so; and NotPermittedError.
    """
    require(actor, Permission.AMEND)
    row = lock_entry_in_log(entry)
    content = newest_addition(entry)
    if row.withdrawn_at is not None:
        return False
    if row.suspended_at is not None or content is None:
        raise CannotAmendError("An entry that is suspended can't be amended. Resume it first.")
    if content.lane is Lane.TEST:
        raise CannotAmendError("An entry of the test lane can't be amended.")
    if is_pending(entry):
        raise CannotAmendError("A change of this entry still waits: let it out, or refuse it.")
    telling = content.signals if signals is None else tuple(signals)
    if signals is not None and content.provenance.source == "reporter":
        telling = tuple(filter(tells_enough, telling)) or telling
    event = AmendedEvent(
        entry=entry,
        time=cut_to_hour(datetime.now(UTC)),
        lane=content.lane if lane is None else lane,
        provenance=content.provenance,
        signals=telling,
    )
    if (event.lane, event.signals) == (content.lane, content.signals):
        return False
    if event.lane is Lane.CONFIRMED:
        require(actor, Permission.LIST_CONFIRMED)
    waits_for = WaitsFor.NOTHING
    if event.signals != content.signals:
        waits_for = WaitsFor.CHECK if any(map(tells_enough, telling)) else WaitsFor.PERSON
    append([as_appended(event, waits_for)])
    if waits_for is WaitsFor.PERSON:
        hold({entry: Finding(HoldReason.NOTHING_LEFT, (), 0)}, [entry])
    record(Verb.ENTRY_AMENDED, entry, actor)
    return True


@transaction.atomic
def refuse_amendment(entry: EntryId, actor: Actor) -> bool:
    """Forget an amendment that a person looks at, and leave the entry as it was.

    Says whether that changed anything. Raises UnknownEntryError for an entry that is not in the
    log, and NotPermittedError.
    """
    require(actor, Permission.RELEASE)
    lock_entry_in_log(entry)
    held = Hold.objects.filter(entry=entry, of_amendment=True, decided_at=None)
    if not held.exists() or "amended" not in drop_pending_additions(entry):
        return False
    held.update(decided_at=datetime.now(UTC), close_to=[])
    record(Verb.ENTRY_AMENDMENT_REFUSED, entry, actor)
    return True


def note_amended(events: Iterable[AnyEvent]) -> dict[EntryId, bool]:
    """Keep what amendments make of entries, in the transaction that sequences them.

    Returns the entries, each with whether its signals are others now.
    """
    amended = {event.entry: event for event in events if isinstance(event, AmendedEvent)}
    changed: dict[EntryId, bool] = {}
    for row in Entry.objects.filter(id__in=amended):
        event = amended[EntryId(row.id)]
        whole = whole_picture(event.signals) if event.provenance.source == "reporter" else None
        changed[EntryId(row.id)] = bytes(row.pdq or b"") != (whole or b"")
        row.lane, row.pdq = event.lane, whole
        row.save(update_fields=["lane", "pdq"])
    return changed


def forgive_votes(entry: EntryId, votes_seen: int) -> None:
    """Keep the number of the last feedback that was about what an entry no longer is."""
    Entry.objects.filter(id=entry).update(votes_seen=votes_seen)
