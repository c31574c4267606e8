"""Amends entries: another lane or other signals, in force once the log has them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.db import transaction

from takeback.hashlist.events import AddedEvent, AmendedEvent, AnyEvent, EntryId, cut_to_hour
from takeback.hashlist.signals import Signal
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import Actor, Verb
from takeback.hotline.entries.access import newest_check
from takeback.hotline.entries.actions import listable, lock_entry_in_log, whole_picture
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
    waits_for = WaitsFor.NOTHING
    chosen: tuple[Signal, ...] = content.signals
    if signals is not None and tuple(signals) != content.signals:
        chosen, waits_for = listable(signals, content.provenance)
    event = AmendedEvent(
        entry=entry,
        time=cut_to_hour(datetime.now(UTC)),
        lane=content.lane if lane is None else lane,
        provenance=content.provenance,
        signals=chosen,
    )
    if (event.lane, event.signals) == (content.lane, content.signals):
        return False
    if event.lane is Lane.CONFIRMED:
        require(actor, Permission.LIST_CONFIRMED)
    append([as_appended(event, waits_for)])
    record(Verb.ENTRY_AMENDED, entry, actor)
    if waits_for is WaitsFor.PERSON:
        hold({entry: Finding(HoldReason.NOTHING_LEFT)}, [entry])
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
    if not held.exists():
        return False
    drop_pending_additions(entry)  # one event of an entry waits at a time: this amendment
    held.update(decided_at=datetime.now(UTC), close_to=[])
    record(Verb.ENTRY_AMENDMENT_DROPPED, entry, actor)
    return True


def note_amended(start: int, events: Iterable[AnyEvent]) -> list[EntryId]:
    """Keep what amendments make of entries, in the transaction that sequences them.

    `start`: the log index of the first event. Returns the entries whose signals are others now.
    """
    signals_before: dict[str, tuple[Signal, ...]] = {}
    amended: dict[str, AmendedEvent] = {}
    for event in events:
        if isinstance(event, AmendedEvent):
            amended[event.entry] = event
        elif isinstance(event, AddedEvent):  # another log begins with both
            signals_before[event.entry] = event.signals
    rows = Entry.objects.filter(id__in=amended).order_by("id").select_for_update()
    changed = []
    for row in rows:
        event = amended[row.id]
        if row.id not in signals_before:
            content = newest_addition(row.id, before=start)
            signals_before[row.id] = content.signals if content is not None else ()
        if event.signals != signals_before[row.id]:
            changed.append(EntryId(row.id))
        whole = whole_picture(event.signals) if event.provenance.source == "reporter" else None
        if bytes(row.pdq or b"") != (whole or b""):
            # Entries that come later are compared with this PDQ, too, however long it was held.
            row.pdq, row.checked_in = whole, newest_check() + 1
        row.lane = event.lane
        row.save(update_fields=["lane", "pdq", "checked_in"])
    return changed


def forgive_votes(entry: EntryId, votes_seen: int) -> None:
    """Keep the number of the last feedback that was about what an entry no longer is."""
    Entry.objects.filter(id=entry).update(votes_seen=votes_seen)
