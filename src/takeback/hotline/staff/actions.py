"""Changes who works here; each with its audit record."""

from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.db import transaction

from takeback.hotline.audit.actions import record
from takeback.hotline.staff import passkeys
from takeback.hotline.staff.access import actor_of, invited
from takeback.hotline.staff.domain import (
    INVITATION_LASTS,
    DeskError,
    invitation_digest,
    new_invitation_token,
)
from takeback.hotline.staff.models import Invitation

_MAX_NAME = 80


@transaction.atomic
def invite(name: str) -> str:
    """Invite a person, or one who needs another passkey; returns the token of the link.

    The token can't be read again and works once. Raises DeskError if the name is empty, too long or
    not printable.
    """
    name = name.strip()
    if not name.isprintable() or not 0 < len(name) <= _MAX_NAME:
        raise DeskError(f"A name has 1 to {_MAX_NAME} printable characters.")
    person, new = User.objects.get_or_create(username=name)
    if new:
        person.set_unusable_password()
    person.is_active = True
    person.save()
    token = new_invitation_token()
    Invitation.objects.create(
        person=person,
        token_digest=invitation_digest(token),
        ends_at=datetime.now(UTC) + INVITATION_LASTS,
    )
    record("staff.invited", actor_of(person), "operator")
    return token


@transaction.atomic
def join(token: str, answer: str) -> User:
    """Register the passkey that an invited person's browser made, and use the invitation up.

    Raises DeskError if the invitation does not hold any more, PasskeyError for a wrong answer.
    """
    invitation = invited(token)
    if invitation is None:
        raise DeskError("This invitation was used, or has ended. Ask for a new one.")
    used = Invitation.objects.filter(pk=invitation.pk, used_at=None)
    if not used.update(used_at=datetime.now(UTC)):
        raise DeskError("This invitation was used.")
    passkeys.register(invitation.person, answer)
    record("staff.joined", actor_of(invitation.person), actor_of(invitation.person))
    return invitation.person


@transaction.atomic
def remove(name: str) -> None:
    """Let a person in no more: their passkeys go, and open sessions end with the next click.

    Raises DeskError if nobody of this name works here.
    """
    person = User.objects.select_for_update().filter(username=name, is_active=True).first()
    if person is None:
        raise DeskError(f"Nobody called {name} works at the desk.")
    person.is_active = False
    person.save(update_fields=["is_active"])
    passkeys.forget_all_of(person)
    Invitation.objects.filter(person=person).delete()
    record("staff.removed", actor_of(person), "operator")
