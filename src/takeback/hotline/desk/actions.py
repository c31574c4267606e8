"""Carries out what people at the desk decide."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from takeback.hashlist.events import EntryId
from takeback.hotline.appeals.actions import answer_appeal
from takeback.hotline.appeals.domain import Answer
from takeback.hotline.audit.actions import record
from takeback.hotline.desk.domain import Decision, Reason
from takeback.hotline.entries import actions as entries_actions
from takeback.hotline.feedback import actions as feedback_actions
from takeback.hotline.staff.access import actor_of


@transaction.atomic
def decide(person: User, entry: EntryId, decision: Decision, reason: Reason) -> None:
    """Carry out what a person decided about an entry.

    Raises `publishing.domain.UnknownEntryError` if it is not there, or not held or in the log as
    the decision needs.
    """
    actor = actor_of(person)
    match decision:
        case Decision.RELEASE:
            entries_actions.release_entry(entry, actor)
        case Decision.RESUME:
            feedback_actions.resume_entry(entry, actor)
        case Decision.WITHDRAW:
            entries_actions.withdraw_entries([entry], "hotline", actor)
    record(f"desk.{decision}.{reason}", entry, actor)


def answer(person: User, appeal: UUID, chosen: Answer) -> None:
    """Answer an appeal. Raises `appeals.actions.AnsweredError` if it can't be answered so."""
    answer_appeal(appeal, chosen, actor_of(person))
