"""Writes the audit record."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import transaction

from takeback.hotline.audit.domain import FIRST_LINK, Act
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.foundation.advisory import hold_until_commit
from takeback.hotline.foundation.secrets import secret

_LOCK = 0x7461_6B65_6175_6474  # "takeaudt": the advisory lock that keeps the chain one chain


@transaction.atomic
def record(verb: str, subject: str, actor: str) -> None:
    """Add to the audit record who did what to what, in the caller's transaction.

    `verb`: what was done, such as `case.sent`; `subject`: an opaque id, never a name, code or
    address; `actor`: `reporter`, `operator` or who else acted. From here to the end of the
    transaction no other one can add a record, so call it late.
    """
    record_all(verb, [subject], actor)


@transaction.atomic
def record_all(verb: str, subjects: Sequence[str], actor: str) -> None:
    """Add a record for each subject, in their order; see `record`. Without one it locks nothing."""
    if not subjects:
        return
    hold_until_commit(_LOCK)
    last = AuditRecord.objects.order_by("-position").first()
    before, link = (last.position, bytes(last.link)) if last else (0, FIRST_LINK)
    key, now = secret("audit"), datetime.now(UTC)
    records = []
    for position, subject in enumerate(subjects, before + 1):
        act = Act(position=position, time=now, verb=verb, subject=subject, actor=actor)
        link = act.link(key, link)
        records.append(
            AuditRecord(
                position=position, time=now, verb=verb, subject=subject, actor=actor, link=link
            )
        )
    AuditRecord.objects.bulk_create(records)
