"""Begins another log in the place of one whose key was stolen; cases and entries stay."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db import connection, models, transaction
from django.db.models import Exists, Max, OuterRef
from psycopg import sql

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    ConfirmedEvent,
    EntryId,
    ResumedEvent,
    canonical_json,
    cut_to_hour,
    parse_event,
)
from takeback.hotline.audit.actions import record
from takeback.hotline.publishing.actions import ask_for_sealing
from takeback.hotline.publishing.domain import HoldReason, WaitsFor
from takeback.hotline.publishing.models import (
    Checkpoint,
    Confirmation,
    Cosignature,
    Entry,
    Hold,
    KeyAcknowledgement,
    LatestChange,
    Log,
    LogEntry,
    PendingEvent,
    Platform,
    PlatformFetch,
    PlatformKey,
    Publication,
    TileHash,
    Webhook,
    WebhookDelivery,
    WitnessState,
)
from takeback.hotline.publishing.signing import free_key_name, log_origin, origin_here

_GUARDED: Final = (Publication, Cosignature, Checkpoint, TileHash, LogEntry, Log)
"""What refuses every change, so that no mistake in a program rewrites the log."""

_OF_THE_LOG: Final[tuple[type[models.Model], ...]] = (
    *_GUARDED,
    LatestChange,
    KeyAcknowledgement,
    PlatformFetch,
    WebhookDelivery,
    WitnessState,
)
"""What is about the one log only."""

_AT_A_TIME: Final = 5000

# How each entry stands that the log has: what was said of it last.
_STANDING = sql.SQL(
    """
    SELECT DISTINCT ON (entry_id) entry_id, event FROM {log_entry}
    WHERE entry_id IN (SELECT id FROM {entry} WHERE withdrawn_at IS NULL)
        AND event IS NOT NULL AND convert_from(event, 'UTF8')::jsonb ? 'signals'
    ORDER BY entry_id, index DESC
    """
).format(
    log_entry=sql.Identifier(LogEntry._meta.db_table), entry=sql.Identifier(Entry._meta.db_table)
)


class NewLogError(ValueError):
    """Another log can't begin here; the message says why."""


@dataclass(frozen=True, slots=True)
class BegunAnew:
    """What became of it: how many entries are to be listed again, and who needs a new token."""

    origin: str
    entries: int
    platforms: tuple[str, ...]


@transaction.atomic
def begin_new_log() -> BegunAnew:
    """Forget the log, and list again in another whatever stands on it; all or nothing.

    The new one has the address of `settings.PUBLIC_URL` for its origin, and a key of its own. What
    was suspended waits for a person. All keys of platforms end, for they name the old log's key.
    What this hotline has confirmed of others it says again. Nothing else may run meanwhile. Raises
    NewLogError while the address is that of the old log.
    """
    old, new = log_origin(), origin_here()
    if old == new:
        raise NewLogError(
            f"The log of {old} is what gates have pinned. Give the hotline another address first: "
            "TAKEBACK_PUBLIC_URL."
        )
    waited = PendingEvent.objects.aggregate(last=Max("id"))["last"] or 0
    entries = sum(_list_again(some, new) for some in _standing())
    _keep_waiting(waited, new)
    _say_again()
    key_name = free_key_name()
    _forget_log()
    Log.objects.create(id=1, origin=new, first_key=key_name)
    platforms = _end_keys()
    record("log.begun_anew", "log", "operator")
    ask_for_sealing()
    return BegunAnew(new, entries, platforms)


def _standing() -> Iterator[list[tuple[str, bytes]]]:
    """Yield, some at a time, the entries that the log has and what it says of each."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        while some := cursor.fetchmany(_AT_A_TIME):
            yield [(entry, bytes(event)) for entry, event in some]


def _list_again(some: list[tuple[str, bytes]], origin: str) -> int:
    """Put entries among what waits to be sealed; what was suspended waits for a person."""
    now = datetime.now(UTC)
    entries = [entry for entry, _ in some]
    rows = Entry.objects.filter(id__in=entries, suspended_at__isnull=False)
    suspended = set(rows.values_list("id", flat=True))
    PendingEvent.objects.bulk_create(
        PendingEvent(
            entry_id=entry,
            event=_addition(event, origin),
            adds=True,
            waits_for=WaitsFor.PERSON if entry in suspended else WaitsFor.NOTHING,
        )
        for entry, event in some
    )
    Hold.objects.bulk_create(
        (Hold(entry_id=entry, since=now, reason=HoldReason.SUSPENDED) for entry in suspended),
        update_conflicts=True,
        unique_fields=["entry"],
        update_fields=["since", "reason", "count", "close_to", "decided_at"],
    )
    Entry.objects.filter(id__in=suspended).update(suspended_at=None)
    return len(entries)


def _keep_waiting(last: int, origin: str) -> None:
    """Keep of what waited before the additions that no log has yet; the rest is past."""
    in_log = LogEntry.objects.filter(entry=OuterRef("entry"))
    waiting = PendingEvent.objects.filter(id__lte=last)
    waiting.exclude(~Exists(in_log), adds=True).delete()
    for row in waiting.iterator(_AT_A_TIME):
        row.event = _addition(bytes(row.event), origin)
        row.save(update_fields=["event"])


def _addition(event: bytes, origin: str) -> bytes:
    """Say in the new log what an addition, an amendment or a resumption has said in the old."""
    said = parse_event(event)
    if not isinstance(said, AddedEvent | AmendedEvent | ResumedEvent):
        raise TypeError(f"{said.type} puts no entry onto a list")
    return canonical_json(
        AddedEvent(
            entry=said.entry,
            time=cut_to_hour(datetime.now(UTC)),
            lane=said.lane,
            provenance=said.provenance.model_copy(update={"hotline": origin}),
            signals=said.signals,
        )
    )


def _say_again() -> None:
    """Repeat what this hotline has confirmed on others' lists."""
    now = cut_to_hour(datetime.now(UTC))
    for row in Confirmation.objects.order_by("id"):
        said = ConfirmedEvent(
            time=now,
            origin=row.origin,
            entry=EntryId(row.entry),
            index=row.index,
            commitment=row.commitment,
        )
        PendingEvent.objects.create(entry=None, event=canonical_json(said), adds=False)


def _forget_log() -> None:
    tables = [sql.Identifier(one._meta.db_table) for one in _OF_THE_LOG]
    guards = [sql.Identifier(one._meta.db_table) for one in _GUARDED]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else tables wait for what is deferred
        for guard in guards:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(guard))
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(tables)))
        for guard in guards:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(guard))
    Webhook.objects.update(delivered_size=0, delivered_at=None)


def _end_keys() -> tuple[str, ...]:
    """End every key in force; returns the names of the platforms that held one."""
    now = datetime.now(UTC)
    keys = PlatformKey.objects.filter(revoked_at=None, expires_at__gt=now)
    names = Platform.objects.filter(id__in=keys.values("platform"), revoked_at=None)
    told = tuple(names.order_by("name").values_list("name", flat=True))
    keys.update(revoked_at=now)
    return told
