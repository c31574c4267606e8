"""Reads who works at the desk."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.models import User

from takeback.hotline.staff import passkeys
from takeback.hotline.staff.domain import invitation_digest
from takeback.hotline.staff.models import Invitation


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One person: `number` stands in the audit record as `staff <number>`."""

    number: int
    name: str
    active: bool
    passkeys: int
    last_login: datetime | None


def staff() -> list[StaffMember]:
    """Return everyone who was ever invited, in alphabetical order."""
    return [
        StaffMember(one.pk, one.username, one.is_active, passkeys.count_of(one), one.last_login)
        for one in User.objects.order_by("username")
    ]


def invited(token: str) -> Invitation | None:
    """Return the invitation of this link; None if there is none, it was used, or it has ended."""
    return Invitation.objects.filter(
        token_digest=invitation_digest(token),
        used_at=None,
        ends_at__gt=datetime.now(UTC),
        person__is_active=True,
    ).first()


def actor_of(person: User) -> str:
    """How a person is named in the audit record."""
    return f"staff {person.pk}"
