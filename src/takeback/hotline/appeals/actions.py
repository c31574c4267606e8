"""Takes appeals in and answers them."""

import uuid

from django.db import transaction
from django.utils import timezone

from takeback.hashlist.events import EntryId
from takeback.hotline.appeals.access import appeal_digest, belongs_to, in_review
from takeback.hotline.appeals.domain import ANSWERED, Answer
from takeback.hotline.appeals.models import Appeal
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import APPELLANT, Actor, Verb
from takeback.hotline.entries import actions as entries_actions
from takeback.hotline.feedback.access import entry_of_reference
from takeback.hotline.foundation.encryption import JSON, seal_field
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require


class AnsweredError(ValueError):
    """The appeal can't be given this answer: it has one, or no entry to take off."""


@transaction.atomic
def send_appeal(platform: str, reference: str, words: str, lookup: bytes) -> None:
    """Keep an appeal under the look-up key (32 bytes) of a new code.

    A reference that leads to no entry is taken like any other: guessing teaches nothing.
    """
    require(APPELLANT, Permission.SEND_APPEAL)
    appeal = uuid.uuid4()
    content: JSON = {"platform": platform, "reference": reference, "words": words}
    Appeal.objects.create(
        id=appeal,
        lookup_digest=appeal_digest(lookup),
        statement=seal_field(belongs_to(appeal), content),
        entry=entry_of_reference(platform, reference) or "",
        sent_on=timezone.localdate(),
    )
    record(Verb.APPEAL_SENT, str(appeal), APPELLANT)


@transaction.atomic
def answer_appeal(appeal: uuid.UUID, answer: Answer, actor: Actor) -> None:
    """Answer an appeal once; where it is right, its entry is taken off the list with it.

    Raises AnsweredError if it has an answer, or has no entry and the answer needs one, and
    NotPermittedError.
    """
    require(actor, Permission.ANSWER_APPEAL)
    row = Appeal.objects.select_for_update().filter(id=appeal, answer="").first()
    found = in_review(row) if row is not None else None
    if row is None or found is None or (answer is not Answer.NOT_FOUND and not found.entry):
        raise AnsweredError("This appeal can't be given this answer, or was answered already.")
    if answer is Answer.TAKEN_OFF:
        entries_actions.withdraw_entries([EntryId(found.entry)], "hotline", actor)
    row.entry, row.answer, row.answered_on = found.entry, answer, timezone.localdate()
    row.save(update_fields=["entry", "answer", "answered_on"])
    record(ANSWERED[answer], str(appeal), actor)
