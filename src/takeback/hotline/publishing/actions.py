"""Changes the list and who follows it; each in one transaction, each with its audit record."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from takeback.hashlist.events import (
    AddedEvent,
    EntryId,
    Provenance,
    ResumedEvent,
    SuspendedEvent,
    WithdrawnEvent,
    canonical_json,
    cut_to_hour,
    new_entry_id,
)
from takeback.hashlist.feedback import Acknowledgement, FeedbackItem, FeedbackReceipt, FeedbackValue
from takeback.hashlist.signals import PdqSignal, Signal
from takeback.hotline.audit.actions import record, record_all
from takeback.hotline.publishing import access
from takeback.hotline.publishing.access import listed_content
from takeback.hotline.publishing.changes import hold_stamps_from, publication_clock
from takeback.hotline.publishing.domain import (
    ALL_LANES,
    HoldReason,
    UnknownCheckpointError,
    UnknownEntryError,
    WaitsFor,
)
from takeback.hotline.publishing.models import (
    Checkpoint,
    Entry,
    Feedback,
    Hold,
    KeyAcknowledgement,
    LogEntry,
    PendingEvent,
    Platform,
    PlatformFetch,
    PlatformKey,
    PublicationClock,
)
from takeback.hotline.publishing.platform_actions import (
    accept_invitation,
    add_key,
    add_platform,
    invite_platform,
    renew_token,
    revoke_key,
    revoke_platform,
)
from takeback.hotline.publishing.signing import log_origin
from takeback.signals.lanes import Lane
from takeback.tlog.merkle import Frontier

__all__ = (
    "PENDING_CHANNEL",
    "accept_invitation",
    "add_key",
    "add_platform",
    "ask_for_sealing",
    "close_window",
    "invite_platform",
    "list_picture",
    "list_pictures",
    "note_fetched",
    "note_hashes_read",
    "record_acknowledgement",
    "record_feedback",
    "release_entry",
    "renew_token",
    "resume_entry",
    "revoke_key",
    "revoke_platform",
    "suspend_entry",
    "tells_enough",
    "withdraw_entries",
)

PENDING_CHANNEL = "takeback_pending"
"""PostgreSQL announces here that events wait to be sealed."""


@transaction.atomic
def list_pictures(
    pictures: Sequence[Sequence[Signal]], lane: Lane = Lane.SELF_REPORTED, actor: str = "reporter"
) -> list[EntryId]:
    """Put pictures on the list, in the caller's transaction; they are in the log soon after.

    Returns their ids in their order. PDQs of a quality under `settings.QUALITY_FLOOR` are left out;
    if nothing else is there, and if the check before sealing finds it too close to something, a
    person looks first. Pictures of one transaction are of one report. Raises pydantic's
    ValidationError for a picture with no signals, too many, or one named twice.
    """
    now = datetime.now(UTC)
    provenance = Provenance(hotline=log_origin())
    sent_in = _transaction_number()
    entries, pending, held = [], [], []
    for signals in pictures:
        tells = [one for one in signals if tells_enough(one)]
        event = AddedEvent(
            entry=new_entry_id(),
            time=cut_to_hour(now),
            lane=lane,
            provenance=provenance,
            signals=tuple(tells or signals),
        )
        pdqs = [bytes.fromhex(one.value) for one in tells if isinstance(one, PdqSignal)]
        whole = next(iter(pdqs), None)
        entries.append(Entry(id=event.entry, lane=lane, listed_at=now, pdq=whole))
        pending.append(
            PendingEvent(
                entry_id=event.entry,
                event=canonical_json(event),
                adds=True,
                waits_for=WaitsFor.CHECK if tells else WaitsFor.PERSON,
                sent_in=sent_in,
            )
        )
        if not tells:
            held.append(Hold(entry_id=event.entry, since=now, reason=HoldReason.NOTHING_LEFT))
    Entry.objects.bulk_create(entries)
    PendingEvent.objects.bulk_create(pending)
    Hold.objects.bulk_create(held)
    listed = [EntryId(one.id) for one in entries]
    record_all("entry.listed", listed, actor)
    record_all("entry.held", [one.entry_id for one in held], "hotline")
    ask_for_sealing()
    return listed


def list_picture(
    signals: Sequence[Signal], lane: Lane = Lane.SELF_REPORTED, actor: str = "reporter"
) -> EntryId:
    """Put one picture on the list, as `list_pictures` does."""
    (entry,) = list_pictures([signals], lane, actor)
    return entry


def tells_enough(signal: Signal) -> bool:
    """Whether a fingerprint may be listed: exact digests, and PDQs of enough quality."""
    return not isinstance(signal, PdqSignal) or signal.quality >= settings.QUALITY_FLOOR


@transaction.atomic
def release_entry(entry: EntryId, actor: str) -> bool:
    """Let an entry out that a person has looked at; says whether that changed anything.

    `actor`: whose act it is, for the audit record. Raises UnknownEntryError if it was never held.
    """
    row = _lock([entry]).get(entry)
    hold = Hold.objects.filter(entry=entry).first()
    if row is None or hold is None:
        raise UnknownEntryError("An entry that was never held can't be released.")
    if row.withdrawn_at is not None or hold.decided_at is not None:
        return False
    hold.decided_at = datetime.now(UTC)
    hold.save(update_fields=["decided_at"])
    PendingEvent.objects.filter(entry=row).update(waits_for=WaitsFor.NOTHING)
    record("entry.released", entry, actor)
    ask_for_sealing()
    return True


@transaction.atomic
def withdraw_entries(
    entries: Iterable[EntryId], reason: Literal["reporter", "hotline"], actor: str = ""
) -> list[EntryId]:
    """Take entries off the list, in the caller's transaction; those withdrawn before stay so.

    Returns those that this took off. An entry that has not reached the log yet never will. `actor`:
    whose act it is, for the audit record; the reason says it if nothing else does. Raises
    UnknownEntryError, and changes nothing, if one was never listed. However many there are, it
    takes as many statements.
    """
    wanted = sorted(set(entries))
    rows = _lock(wanted).values()
    if len(rows) != len(wanted):
        raise UnknownEntryError("An entry that was never listed can't be withdrawn.")
    now = datetime.now(UTC)
    ending = [EntryId(row.id) for row in rows if row.withdrawn_at is None]
    Entry.objects.filter(id__in=ending).update(withdrawn_at=now, pdq=None)
    holds = Hold.objects.filter(entry__in=ending)
    holds.filter(decided_at=None).update(decided_at=now)
    holds.update(close_to=[])
    PendingEvent.objects.filter(entry__in=ending).delete()
    erases: dict[EntryId, list[int]] = {}
    logged = LogEntry.objects.filter(entry__in=ending).order_by("index")
    for entry, index in logged.values_list("entry", "index"):
        erases.setdefault(EntryId(entry), []).append(index)
    PendingEvent.objects.bulk_create(
        PendingEvent(
            entry_id=entry,
            event=canonical_json(
                WithdrawnEvent(
                    entry=entry, time=cut_to_hour(now), erases=tuple(erases[entry]), reason=reason
                )
            ),
            adds=False,
        )
        for entry in ending
        if entry in erases
    )
    record_all("entry.withdrawn", ending, actor or reason)
    ask_for_sealing()
    return ending


@transaction.atomic
def suspend_entry(entry: EntryId, reason: Literal["not_the_same", "hotline"], actor: str) -> bool:
    """Take an entry out of force until a person has looked; says whether that changed anything.

    `actor`: whose act it is, for the audit record. Raises UnknownEntryError for an entry that is
    not in the log.
    """
    row = _entry_in_log(entry)
    if row.withdrawn_at is not None or row.suspended_at is not None:
        return False
    row.suspended_at = datetime.now(UTC)
    row.save(update_fields=["suspended_at"])
    resumption, _ = PendingEvent.objects.filter(entry=row, adds=True).delete()
    if not resumption:  # else the log still has it suspended
        event = SuspendedEvent(entry=entry, time=cut_to_hour(row.suspended_at), reason=reason)
        PendingEvent.objects.create(entry=row, event=canonical_json(event), adds=False)
    record("entry.suspended", entry, actor)
    ask_for_sealing()
    return True


@transaction.atomic
def resume_entry(entry: EntryId, actor: str) -> bool:
    """Put a suspended entry into force again; says whether that changed anything.

    What platforms have said of it so far will not suspend it again. Raises UnknownEntryError for an
    entry that is not in the log.
    """
    row = _entry_in_log(entry)
    if row.withdrawn_at is not None or row.suspended_at is None:
        return False
    said = Feedback.objects.filter(entry=row).aggregate(newest=Max("id"))
    row.suspended_at, row.votes_seen = None, said["newest"] or 0
    row.save(update_fields=["suspended_at", "votes_seen"])
    listed = listed_content(entry)
    event = ResumedEvent(
        entry=entry,
        time=cut_to_hour(datetime.now(UTC)),
        lane=listed.lane,
        provenance=listed.provenance,
        signals=listed.signals,
    )
    PendingEvent.objects.create(entry=row, event=canonical_json(event), adds=True)
    record("entry.resumed", entry, actor)
    ask_for_sealing()
    return True


def _lock(entries: Sequence[EntryId]) -> dict[str, Entry]:
    """Lock entries and what is pending of them; returns the rows of those that there are."""
    # Pending events first, then entries: the order in which sealing locks them.
    list(PendingEvent.objects.filter(entry__in=entries).order_by("id").select_for_update())
    rows = Entry.objects.filter(id__in=entries).order_by("id").select_for_update()
    return {row.id: row for row in rows}


def _entry_in_log(entry: EntryId) -> Entry:
    row = _lock([entry]).get(entry)
    if row is None or not LogEntry.objects.filter(entry=row).exists():
        raise UnknownEntryError("An entry that is not in the log can't be suspended or resumed.")
    return row


@transaction.atomic
def record_feedback(platform: Platform, items: Iterable[FeedbackItem]) -> FeedbackReceipt:
    """Keep what a platform said; an `id` that it sent before changes nothing.

    A time in the future is kept as now. Entries that never reached the log are unknown. An entry of
    which enough platforms say that it is not the same is suspended, unless gates are tried with it;
    the receipt does not tell.
    """
    said = sorted(items, key=lambda item: item.entry)
    doubted = sorted({one.entry for one in said if one.value is FeedbackValue.NOT_THE_SAME})
    rows = _lock(doubted)  # votes that come at once are counted one after the other
    # Whoever tries a gate says anything of the pictures that are for that.
    doubted = [entry for entry in doubted if entry in rows and rows[entry].lane != Lane.TEST]
    wanted = {item.entry for item in said}
    known = set(LogEntry.objects.filter(entry__in=wanted).values_list("entry", flat=True))
    now = datetime.now(UTC)
    kept = [
        Feedback(
            platform=platform,
            said_id=item.id,
            entry_id=item.entry,
            value=item.value,
            time=min(item.time, now),
        )
        for item in said
        if item.entry in known
    ]
    Feedback.objects.bulk_create(kept, ignore_conflicts=True)
    for entry in doubted:
        if entry in known and access.doubting_platforms(entry) >= _enough_to_suspend():
            suspend_entry(entry, "not_the_same", "platforms")
    unknown = tuple(EntryId(entry) for entry in sorted(wanted - known))
    return FeedbackReceipt(accepted=len(kept), unknown=unknown)


def _enough_to_suspend() -> int:
    """How many platforms it takes: as set, but never more than there are."""
    following = Platform.objects.filter(revoked_at=None).count()
    return max(1, min(settings.NOT_THE_SAME_PLATFORMS, following))


@transaction.atomic
def record_acknowledgement(key: PlatformKey, said: Acknowledgement) -> None:
    """Keep up to where the gate of a key says the list is in force; an older state changes nothing.

    Raises UnknownCheckpointError if the log never had this root at this size: the gate follows
    something else.
    """
    sealed = Checkpoint.objects.filter(size=said.size).first()
    root = Frontier.from_bytes(bytes(sealed.frontier)) if sealed else Frontier()
    if said.size != root.size or said.root != root.root().hex():
        raise UnknownCheckpointError("The log never had this root at this size.")
    known, made = KeyAcknowledgement.objects.select_for_update().get_or_create(
        key=key, defaults={"size": said.size, "acknowledged_at": datetime.now(UTC)}
    )
    if not made and known.size < said.size:
        known.size, known.acknowledged_at = said.size, datetime.now(UTC)
        known.save(update_fields=["size", "acknowledged_at"])


def note_fetched(platform: Platform, size: int, lanes: int = ALL_LANES) -> None:
    """Keep when the platform first had openings of these lanes up to a log size."""
    fetches = PlatformFetch.objects.filter(platform=platform, lanes=lanes)
    newest = fetches.aggregate(Max("size"))["size__max"]
    if newest is None or newest < size:
        fetch = PlatformFetch(
            platform=platform, size=size, lanes=lanes, fetched_at=datetime.now(UTC)
        )
        PlatformFetch.objects.bulk_create([fetch], ignore_conflicts=True)


def close_window(stamp: int) -> int:
    """Promise that no change still to come is stamped before `stamp`, in seconds of the epoch.

    Returns the promise that now holds, which may reach further. What was published before is
    visible to whoever asks after this returns.
    """
    return hold_stamps_from(stamp).stamp


def note_hashes_read() -> None:
    """Keep that somebody reads a feed that can name a withdrawn entry by its PDQ only."""
    now = datetime.now(UTC)
    clock = publication_clock()
    if clock.hashes_read_at is None or now - clock.hashes_read_at > timedelta(days=1):
        PublicationClock.objects.update(hashes_read_at=now)


def ask_for_sealing() -> None:
    """Ask the worker to seal as soon as this transaction has committed.

    PostgreSQL says it then, and once however often it was asked: no row, and nothing to clean up.
    A worker that is away seals what is pending when it starts.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [PENDING_CHANNEL])


def _transaction_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        (number,) = cursor.fetchone()
    return int(number)
