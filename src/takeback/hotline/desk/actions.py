"""Changes who works at the desk, and carries out what they decide; each with its audit record."""

from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from takeback.hashlist.events import EntryId
from takeback.hotline.appeals.actions import answer_appeal
from takeback.hotline.appeals.domain import Answer
from takeback.hotline.audit.actions import record
from takeback.hotline.desk import passkeys
from takeback.hotline.desk.access import actor_of, invited
from takeback.hotline.desk.domain import (
    INVITATION_LASTS,
    Decision,
    DeskError,
    Reason,
    invitation_digest,
    new_invitation_token,
)
from takeback.hotline.desk.models import Invitation
from takeback.hotline.publishing import actions as publishing

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


@transaction.atomic
def decide(person: User, entry: EntryId, decision: Decision, reason: Reason) -> None:
    """Carry out what a person decided about an entry.

    Raises `publishing.domain.UnknownEntryError` if it is not there, or not held or in the log as
    the decision needs.
    """
    actor = actor_of(person)
    match decision:
        case Decision.RELEASE:
            publishing.release_entry(entry, actor)
        case Decision.RESUME:
            publishing.resume_entry(entry, actor)
        case Decision.WITHDRAW:
            publishing.withdraw_entries([entry], "hotline", actor)
    record(f"desk.{decision}.{reason}", entry, actor)


def answer(person: User, appeal: UUID, chosen: Answer) -> None:
    """Answer an appeal. Raises `appeals.actions.AnsweredError` if it can't be answered so."""
    answer_appeal(appeal, chosen, actor_of(person))
