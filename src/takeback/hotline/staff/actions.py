"""Changes who works here; each with its audit record."""

from datetime import UTC, datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from takeback.hotline.audit.actions import make_known, record
from takeback.hotline.audit.domain import OPERATOR, Actor, Verb
from takeback.hotline.staff import passkeys
from takeback.hotline.staff.access import invited
from takeback.hotline.staff.domain import (
    INVITATION_LASTS,
    MOST_NAME,
    ROLE_GIVEN,
    DeskError,
    Permission,
    Role,
    invitation_digest,
    new_invitation_token,
)
from takeback.hotline.staff.models import Invitation, Person
from takeback.hotline.staff.policy import require


@transaction.atomic
def invite(name: str, role: Role, actor: Actor = OPERATOR) -> str:
    """Invite a person into a role, or for another passkey; returns the link's token.

    The token can't be read again and works once. Someone who works here already has this role from
    now on. Raises DeskError if the name is empty, too long or not printable.
    """
    require(actor, Permission.INVITE)
    name = name.strip()
    if not name.isprintable() or not 0 < len(name) <= MOST_NAME:
        raise DeskError(f"A name has 1 to {MOST_NAME} printable characters.")
    person, is_new = Person.objects.select_for_update().get_or_create(
        name=name, defaults={"role": role.value, "password": make_password(None)}
    )
    keeps_role = not is_new and person.is_active and person.role == role
    person.role, person.is_active = role.value, True
    person.save(update_fields=["role", "is_active"])
    token = new_invitation_token()
    Invitation.objects.create(
        person=person,
        token_digest=invitation_digest(token),
        ends_at=datetime.now(UTC) + INVITATION_LASTS,
    )
    make_known(person.actor)
    record(Verb.STAFF_INVITED, str(person.actor), actor)
    if not keeps_role:
        record(ROLE_GIVEN[role], str(person.actor), actor)
    return token


@transaction.atomic
def join(token: str, answer: str, state: str) -> Person:
    """Register the passkey that an invited person's browser made, and use the invitation up.

    `state`: what the passkey was asked for with. Raises DeskError if the invitation does not hold
    any more, PasskeyError for a wrong answer.
    """
    invitation = invited(token)
    if invitation is None:
        raise DeskError("This invitation was used, or has ended. Ask for a new one.")
    person = invitation.person
    require(person.actor, Permission.JOIN)
    used = Invitation.objects.filter(pk=invitation.pk, used_at=None)
    if not used.update(used_at=datetime.now(UTC)):
        raise DeskError("This invitation was used.")
    passkeys.register(person, answer, state)
    record(Verb.STAFF_JOINED, str(person.actor), person.actor)
    return person


@transaction.atomic
def remove(name: str, actor: Actor = OPERATOR) -> None:
    """Let a person in no more: their passkeys go, and open sessions end with the next click.

    Raises DeskError if nobody of this name works here.
    """
    require(actor, Permission.REMOVE)
    person = Person.objects.select_for_update().filter(name=name, is_active=True).first()
    if person is None:
        raise DeskError(f"Nobody called {name} works at the desk.")
    person.is_active = False
    person.set_unusable_password()  # so that no session outlives this, should they come back
    person.save(update_fields=["is_active", "password"])
    passkeys.forget_all_of(person)
    Invitation.objects.filter(person=person).delete()
    record(Verb.STAFF_REMOVED, str(person.actor), actor)
