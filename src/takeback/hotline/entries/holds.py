"""Keeps what a check has found: which entries a person looks at before they go out, and why."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from takeback.hotline.audit.actions import record_all
from takeback.hotline.audit.domain import HOTLINE, Verb
from takeback.hotline.entries.domain import HoldReason, Near
from takeback.hotline.entries.models import Entry, Hold
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an entry is held: what it comes close to, the nearest of `count`."""

    reason: HoldReason
    close_to: tuple[Near, ...] = ()
    count: int = 0


def keep_checked(
    entries: Collection[str],
    held: Mapping[str, Finding],
    batch: int,
    amended: Collection[str] = (),
) -> None:
    """Keep that entries were checked in a batch, and which a person has to look at, and why.

    Part of the transaction that sequences them.
    """
    require(HOTLINE, Permission.HOLD)
    Entry.objects.filter(id__in=entries).update(checked_in=batch)
    hold(held, amended)


def hold(held: Mapping[str, Finding], amended: Collection[str] = ()) -> None:
    """Keep entries for a person, in the transaction of the caller; an earlier hold ends.

    The hotline's own act, in the audit record. `amended`: those of which only what they are to
    become waits.
    """
    now = datetime.now(UTC)
    Hold.objects.bulk_create(
        (
            Hold(
                entry_id=entry,
                since=now,
                reason=finding.reason,
                count=finding.count,
                close_to=[[near.name, near.distance] for near in finding.close_to],
                of_amendment=entry in amended,
            )
            for entry, finding in held.items()
        ),
        update_conflicts=True,  # one that is amended may have been held before
        unique_fields=["entry"],
        update_fields=["since", "reason", "count", "close_to", "of_amendment", "decided_at"],
    )
    record_all(Verb.ENTRY_HELD, list(held), HOTLINE)
