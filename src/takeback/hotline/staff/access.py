"""Reads who works here."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth import get_user
from django.http import HttpRequest

from takeback.hotline.audit.domain import Actor, ActorKind
from takeback.hotline.staff import passkeys
from takeback.hotline.staff.domain import Role, SignedIn, invitation_digest
from takeback.hotline.staff.models import Invitation, Person


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One person: `number` stands in the audit record as `staff <number>`."""

    number: int
    name: str
    role: Role
    active: bool
    passkeys: int
    last_login: datetime | None


def staff() -> list[StaffMember]:
    """Return everyone who was ever invited, in alphabetical order."""
    return [
        StaffMember(
            person.pk,
            person.name,
            Role(person.role),
            person.is_active,
            passkeys.count_of(person),
            person.last_login,
        )
        for person in Person.objects.order_by("name")
    ]


def invited(token: str) -> Invitation | None:
    """Return the invitation of this link; None if there is none, it was used, or it has ended."""
    return Invitation.objects.filter(
        token_digest=invitation_digest(token),
        used_at=None,
        ends_at__gt=datetime.now(UTC),
        person__is_active=True,
    ).first()


def signed_in(request: HttpRequest) -> SignedIn | None:
    """Return who has logged in with the session of a request and works here; None for nobody."""
    person = get_user(request)
    if not isinstance(person, Person):
        return None
    return SignedIn(person.name, Role(person.role), person.actor)


def role_of(actor: Actor) -> Role | None:
    """Return the role of a person who works here; None for everybody else."""
    if actor.kind is not ActorKind.STAFF or actor.number is None:
        return None
    people = Person.objects.filter(pk=actor.number, is_active=True)
    role = people.values_list("role", flat=True).first()
    return Role(role) if role is not None else None
