"""Writes the audit record."""

from datetime import UTC, datetime

from django.db import connection, transaction

from takeback.hotline.audit.domain import FIRST_LINK, Act
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.config.secrets import secret

_LOCK = 0x7461_6B65_6175_6474  # "takeaudt": the advisory lock that keeps the chain one chain


@transaction.atomic
def record(verb: str, subject: str, actor: str) -> None:
    """Add to the audit record who did what to what, in the caller's transaction.

    `verb`: what was done, such as `case.sent`; `subject`: an opaque id, never a name, code or
    address; `actor`: `reporter`, `operator` or who else acted. From here to the end of the
    transaction no other one can add a record, so call it late.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = AuditRecord.objects.order_by("-position").first()
    act = Act(
        position=last.position + 1 if last else 1,
        time=datetime.now(UTC),
        verb=verb,
        subject=subject,
        actor=actor,
    )
    AuditRecord.objects.create(
        position=act.position,
        time=act.time,
        verb=act.verb,
        subject=act.subject,
        actor=act.actor,
        link=act.link(secret("audit"), bytes(last.link) if last else FIRST_LINK),
    )
