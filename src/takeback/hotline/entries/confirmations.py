"""Confirmations: this hotline, too, has assessed an entry on another hotline's list."""

from dataclasses import asdict
from datetime import UTC, datetime

from django.db import transaction

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    ConfirmedEvent,
    EntryId,
    ResumedEvent,
    UnconfirmedEvent,
    cut_to_hour,
    parse_event,
)
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import Actor, Verb
from takeback.hotline.entries.domain import ConfirmedRecord
from takeback.hotline.entries.models import Confirmation
from takeback.hotline.log.access import log_origin
from takeback.hotline.log.actions import append
from takeback.hotline.log.domain import NewEvent
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require
from takeback.shell.typed_commands import typed
from takeback.signals.lanes import Lane
from takeback.tlog.tlog_proof import TlogProof
from takeback.tlog.trust import TrustPolicy


class ConfirmationError(ValueError):
    """The confirmation can't be made or taken back; the message says why."""


@transaction.atomic
def confirm_entry(proof: TlogProof, trust: TrustPolicy, actor: Actor) -> ConfirmedRecord:
    """Put into the log that this hotline has assessed the entry that a proof shows.

    The proof brings the event that says how the entry is: what is confirmed is that record, not a
    picture of equal fingerprint. `trust` names the other log's key and its witnesses. Confirmed
    again, nothing is written; another record of the same entry takes the place of the first.
    Raises LogError if the proof proves nothing, ConfirmationError if it is of this hotline's own
    log or not of an entry in the confirmed lane, and NotPermittedError.
    """
    require(actor, Permission.CONFIRM)
    origin = proof.check(trust).origin
    if origin == log_origin():
        raise ConfirmationError(
            "This is an entry of your own list. Only other hotlines can confirm it."
        )
    opening = proof.opening()
    shown = parse_event(opening.event) if opening is not None else None
    if opening is None or not isinstance(shown, AddedEvent | AmendedEvent | ResumedEvent):
        make = typed("list prove ENTRY --hotline https://… --token-file token --store gate")
        raise ConfirmationError(
            f"The proof shows no entry of a list. Whoever runs a gate makes one: `{make}`."
        )
    if shown.lane is not Lane.CONFIRMED:
        raise ConfirmationError(
            f"The entry is in the lane {shown.lane}. Its own hotline has to confirm it first."
        )
    confirmed = ConfirmedRecord(origin, shown.entry, proof.index, opening.commitment().hex())
    if Confirmation.objects.filter(**asdict(confirmed)).exists():
        return confirmed
    Confirmation.objects.update_or_create(
        origin=origin, entry=confirmed.entry, defaults=asdict(confirmed)
    )
    append([NewEvent(ConfirmedEvent(time=_hour(), **asdict(confirmed)))])
    record(Verb.CONFIRMATION_MADE, f"entry {shown.entry} of {origin}", actor)
    return confirmed


@transaction.atomic
def take_confirmation_back(origin: str, entry: EntryId, actor: Actor) -> None:
    """Put into the log that this hotline no longer stands by what it confirmed.

    Raises ConfirmationError if it has not confirmed that entry, and NotPermittedError.
    """
    require(actor, Permission.CONFIRM)
    dropped, _ = Confirmation.objects.filter(origin=origin, entry=entry).delete()
    if not dropped:
        raise ConfirmationError(
            f"The entry {entry} of {origin} is not confirmed here. "
            f"See `{typed('hotline confirmation list')}`."
        )
    append([NewEvent(UnconfirmedEvent(time=_hour(), origin=origin, entry=entry))])
    record(Verb.CONFIRMATION_TAKEN_BACK, f"entry {entry} of {origin}", actor)


def confirmed_records() -> list[ConfirmedRecord]:
    """Return what this hotline has confirmed on others' lists and stands by."""
    rows = Confirmation.objects.order_by("origin", "entry")
    return [
        ConfirmedRecord(row.origin, EntryId(row.entry), row.index, row.commitment) for row in rows
    ]


def confirmed_again() -> list[ConfirmedEvent]:
    """Return what this hotline has confirmed on others' lists, as events of another log."""
    now = _hour()
    return [
        ConfirmedEvent(
            time=now,
            origin=row.origin,
            entry=EntryId(row.entry),
            index=row.index,
            commitment=row.commitment,
        )
        for row in Confirmation.objects.order_by("id")
    ]


def _hour() -> datetime:
    return cut_to_hour(datetime.now(UTC))
