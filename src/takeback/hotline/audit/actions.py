"""Writes the audit record."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import transaction

from takeback.hotline.audit.domain import FIRST_LINK, Act, Actor, Verb
from takeback.hotline.audit.models import AuditRecord, KnownActor
from takeback.hotline.foundation.advisory import hold_until_commit
from takeback.hotline.foundation.secrets import secret

_LOCK = 0x7461_6B65_6175_6474  # "takeaudt": the advisory lock that keeps the chain one chain


@transaction.atomic
def record(verb: Verb, subject: str, actor: Actor) -> None:
    """Add to the audit record who did what to what, in the caller's transaction.

    `subject`: an opaque id, never a name, code or address. From here to the end of the transaction
    no other one can add a record, so call it late. The database refuses an actor that has no row
    (IntegrityError): see `make_known`.
    """
    record_all(verb, [subject], actor)


@transaction.atomic
def record_all(verb: Verb, subjects: Sequence[str], actor: Actor) -> None:
    """Add a record for each subject, in their order; see `record`. Without one it locks nothing."""
    if not subjects:
        return
    hold_until_commit(_LOCK)
    last = AuditRecord.objects.order_by("-position").first()
    before, link = (last.position, bytes(last.link)) if last else (0, FIRST_LINK)
    key, now = secret("audit"), datetime.now(UTC)
    done, by = verb.value, str(actor)
    records = []
    for position, subject in enumerate(subjects, before + 1):
        act = Act(position=position, time=now, verb=done, subject=subject, actor=by)
        link = act.link(key, link)
        records.append(
            AuditRecord(
                position=position, time=now, verb=done, subject=subject, actor=by, link=link
            )
        )
    AuditRecord.objects.bulk_create(records)


def make_known(actor: Actor) -> None:
    """Give an actor the row that it needs before it can act; one that has a row keeps it."""
    row = KnownActor(name=str(actor), kind=actor.kind.value)
    KnownActor.objects.bulk_create([row], ignore_conflicts=True)
