"""Changes the list; each in one transaction, each with its audit record."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from django.conf import settings
from django.db import connection, transaction

from takeback.hashlist.events import (
    AddedEvent,
    EntryId,
    Provenance,
    ResumedEvent,
    SuspendedEvent,
    WithdrawnEvent,
    cut_to_hour,
    new_entry_id,
)
from takeback.hashlist.signals import PdqSignal, Signal
from takeback.hotline.audit.actions import record, record_all
from takeback.hotline.audit.domain import REPORTER, Actor, Verb
from takeback.hotline.entries.domain import (
    HoldReason,
    UnknownEntryError,
    as_appended,
    priority_of,
)
from takeback.hotline.entries.holds import Finding, hold
from takeback.hotline.entries.models import Entry, Hold
from takeback.hotline.log.access import indexes_of, log_origin, newest_addition, stands_in_log
from takeback.hotline.log.actions import (
    append,
    drop_pending,
    drop_pending_additions,
    let_go,
    lock_pending,
)
from takeback.hotline.log.domain import NewEvent, WaitsFor
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require
from takeback.signals.lanes import Lane


@transaction.atomic
def list_entries(
    pictures: Sequence[Sequence[Signal]],
    lane: Lane = Lane.SELF_REPORTED,
    provenance: Provenance | None = None,
    *,
    actor: Actor = REPORTER,
) -> list[EntryId]:
    """Put pictures on the list, in the caller's transaction; they are in the log soon after.

    Returns their ids in their order. `provenance`: without one, a reporter of this hotline. All are
    checked before they are sequenced. Of what was reported, PDQs of a quality under
    `settings.QUALITY_FLOOR` are left out; if nothing else is there a person looks first, and
    pictures of one transaction are of one report. What nobody reported here is never part of a
    crowd. Raises pydantic's ValidationError for a picture with no signals, too many, or one named
    twice, and for what can't be listed in this lane, and NotPermittedError.
    """
    require(actor, Permission.LIST)
    if lane is Lane.CONFIRMED:
        require(actor, Permission.LIST_CONFIRMED)
    now = datetime.now(UTC)
    provenance = provenance or Provenance(hotline=log_origin())
    reported = provenance.source == "reporter"
    sent_in = _transaction_number() if reported else None
    entries, appended, held = [], [], []
    for signals in pictures:
        chosen, waits_for = listable(signals, provenance)
        event = AddedEvent(
            entry=new_entry_id(),
            time=cut_to_hour(now),
            lane=lane,
            provenance=provenance,
            signals=chosen,
        )
        whole = whole_picture(chosen) if reported else None
        entries.append(Entry(id=event.entry, lane=lane, listed_at=now, pdq=whole))
        appended.append(as_appended(event, waits_for, sent_in))
        if waits_for is WaitsFor.PERSON:
            held.append(event.entry)
    Entry.objects.bulk_create(entries)
    append(appended)
    listed = [EntryId(entry.id) for entry in entries]
    record_all(Verb.ENTRY_LISTED, listed, actor)
    hold({entry: Finding(HoldReason.NOTHING_LEFT) for entry in held})
    return listed


def listable(
    signals: Sequence[Signal], provenance: Provenance
) -> tuple[tuple[Signal, ...], WaitsFor]:
    """Return which signals of a picture are listed, and what these wait for.

    Of what was reported, PDQs under the floor are left out, or a person looks if nothing else is
    there. What others list was chosen by them.
    """
    if provenance.source != "reporter":
        return tuple(signals), WaitsFor.CHECK
    telling = tuple(filter(tells_enough, signals))
    return (telling, WaitsFor.CHECK) if telling else (tuple(signals), WaitsFor.PERSON)


def tells_enough(signal: Signal) -> bool:
    """Whether a fingerprint may be listed: exact digests, and PDQs of enough quality."""
    return not isinstance(signal, PdqSignal) or signal.quality >= settings.QUALITY_FLOOR


@transaction.atomic
def release_entry(entry: EntryId, actor: Actor) -> bool:
    """Let an entry out that a person has looked at; says whether that changed anything.

    `actor`: whose act it is, for the audit record. Raises UnknownEntryError if it was never held,
    and NotPermittedError.
    """
    require(actor, Permission.RELEASE)
    row = lock_entries([entry]).get(entry)
    held = Hold.objects.filter(entry=entry).first()
    if row is None or held is None:
        raise UnknownEntryError("An entry that was never held can't be released.")
    if row.withdrawn_at is not None or held.decided_at is not None:
        return False
    held.decided_at = datetime.now(UTC)
    held.save(update_fields=["decided_at"])
    let_go(entry)
    record(Verb.ENTRY_RELEASED, entry, actor)
    return True


@transaction.atomic
def withdraw_entries(
    entries: Iterable[EntryId], reason: Literal["reporter", "hotline"], actor: Actor = REPORTER
) -> list[EntryId]:
    """Take entries off the list, in the caller's transaction; those withdrawn before stay so.

    Returns those that this took off. An entry that has not reached the log yet never will. `actor`:
    whose act it is, for the audit record; a reporter acts only for the reason `reporter`.
    Raises UnknownEntryError, and changes nothing, if one was never listed, and NotPermittedError.
    The number of statements does not depend on the number of entries.
    """
    require(actor, Permission.TAKE_BACK if reason == "reporter" else Permission.WITHDRAW)
    wanted = sorted(set(entries))
    rows = lock_entries(wanted)
    if len(rows) != len(wanted):
        raise UnknownEntryError("An entry that was never listed can't be withdrawn.")
    now = datetime.now(UTC)
    ending = [EntryId(row.id) for row in rows.values() if row.withdrawn_at is None]
    Entry.objects.filter(id__in=ending).update(withdrawn_at=now, pdq=None)
    holds = Hold.objects.filter(entry__in=ending)
    holds.filter(decided_at=None).update(decided_at=now)
    holds.update(close_to=[])
    drop_pending(ending)
    append(
        NewEvent(
            WithdrawnEvent(
                entry=EntryId(entry), time=cut_to_hour(now), erases=indexes, reason=reason
            ),
            priority=priority_of(Lane(rows[entry].lane)),
        )
        for entry, indexes in indexes_of(ending).items()
    )
    record_all(Verb.ENTRY_WITHDRAWN, ending, actor)
    return ending


@transaction.atomic
def suspend_entry(entry: EntryId, reason: Literal["not_the_same", "hotline"], actor: Actor) -> bool:
    """Take an entry out of force until a person has looked; says whether that changed anything.

    An amendment that waits is dropped. `actor`: whose act it is, for the audit record. Raises
    UnknownEntryError for an entry that is not in the log, and NotPermittedError.
    """
    require(actor, Permission.SUSPEND)
    row = lock_entry_in_log(entry)
    if row.withdrawn_at is not None or row.suspended_at is not None:
        return False
    row.suspended_at = datetime.now(UTC)
    row.save(update_fields=["suspended_at"])
    dropped = drop_pending_additions(entry)
    Hold.objects.filter(entry=entry, decided_at=None).update(decided_at=row.suspended_at)
    if "resumed" not in dropped:  # else the log still has it suspended
        event = SuspendedEvent(entry=entry, time=cut_to_hour(row.suspended_at), reason=reason)
        append([NewEvent(event, priority=priority_of(Lane(row.lane)))])
    if "amended" in dropped:
        record(Verb.ENTRY_AMENDMENT_DROPPED, entry, actor)
    record(Verb.ENTRY_SUSPENDED, entry, actor)
    return True


@transaction.atomic
def resume_entry(entry: EntryId, votes_seen: int, actor: Actor) -> bool:
    """Put a suspended entry into force again; says whether that changed anything.

    `votes_seen`: number of the last feedback that the person had before them; what platforms had
    said until then will not suspend it again. Raises UnknownEntryError for an entry that is not in
    the log, and NotPermittedError.
    """
    require(actor, Permission.RESUME)
    row = lock_entry_in_log(entry)
    content = newest_addition(entry)
    if row.withdrawn_at is not None or row.suspended_at is None or content is None:
        return False
    row.suspended_at, row.votes_seen = None, votes_seen
    row.save(update_fields=["suspended_at", "votes_seen"])
    event = ResumedEvent(
        entry=entry,
        time=cut_to_hour(datetime.now(UTC)),
        lane=content.lane,
        provenance=content.provenance,
        signals=content.signals,
    )
    append([as_appended(event)])
    record(Verb.ENTRY_RESUMED, entry, actor)
    return True


def lock_entries(entries: Sequence[EntryId]) -> dict[str, Entry]:
    """Lock entries and what is pending of them; returns the rows of those that there are."""
    lock_pending(entries)
    rows = Entry.objects.filter(id__in=entries).order_by("id").select_for_update()
    return {row.id: row for row in rows}


def lock_entry_in_log(entry: EntryId) -> Entry:
    """Lock an entry that the log has; raises UnknownEntryError for any other."""
    row = lock_entries([entry]).get(entry)
    if row is None or not stands_in_log(entry):
        raise UnknownEntryError("An entry that is not in the log can't be changed there.")
    return row


def whole_picture(signals: Sequence[Signal]) -> bytes | None:
    """Return the PDQ of the whole picture, 32 bytes: the first there is (docs/wire.md).

    None if it says too little.
    """
    pdqs = (signal for signal in signals if isinstance(signal, PdqSignal))
    first = next(filter(tells_enough, pdqs), None)
    return bytes.fromhex(first.value) if first is not None else None


def _transaction_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        (number,) = cursor.fetchone()
    return int(number)
