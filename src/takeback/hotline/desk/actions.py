"""Carries out what people at the desk decide."""

from uuid import UUID

from django.db import transaction

from takeback.hashlist.events import EntryId
from takeback.hotline.appeals.actions import answer_appeal
from takeback.hotline.appeals.domain import Answer
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import Actor
from takeback.hotline.desk.access import entry_in_review
from takeback.hotline.desk.domain import (
    DECIDED,
    NEEDED,
    Decision,
    Reason,
    UnfittingReasonError,
)
from takeback.hotline.entries import actions as entries_actions
from takeback.hotline.entries.amending import refuse_amendment
from takeback.hotline.entries.domain import UnknownEntryError
from takeback.hotline.feedback import actions as feedback_actions
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require


@transaction.atomic
def decide(actor: Actor, entry: EntryId, decision: Decision, reason: Reason) -> None:
    """Carry out what a person decided about an entry.

    Raises UnknownEntryError if it is not there, or does not stand as the decision needs any more,
    UnfittingReasonError if there is no such reason for it, and NotPermittedError.
    """
    require(actor, NEEDED[decision])
    entries_actions.lock_entries([entry])
    found = entry_in_review(entry)
    if found is None or decision not in found.possible:
        raise UnknownEntryError(f"There is nothing to {decision} here.")
    if reason not in found.reasons_for(decision):
        raise UnfittingReasonError(f"{reason} is no reason to {decision} this entry.")
    match decision:
        case Decision.RELEASE:
            entries_actions.release_entry(entry, actor)
        case Decision.RESUME:
            feedback_actions.resume_entry(entry, actor)
        case Decision.REFUSE:
            refuse_amendment(entry, actor)
        case Decision.WITHDRAW:
            entries_actions.withdraw_entries([entry], "hotline", actor)
    record(DECIDED[decision, reason], entry, actor)


def answer(actor: Actor, appeal: UUID, chosen: Answer) -> None:
    """Answer an appeal; raises AnsweredError if the answer can't be given, NotPermittedError."""
    require(actor, Permission.ANSWER_APPEAL)
    answer_appeal(appeal, chosen, actor)
