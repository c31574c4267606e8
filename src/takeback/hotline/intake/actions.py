"""The beginning and the end of a case: sending it, and withdrawing all of it."""

import uuid

from django.db import IntegrityError, transaction

from takeback.hashlist.events import EntryId
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import REPORTER, Verb
from takeback.hotline.codes.access import lookup_digest
from takeback.hotline.entries import actions as entries_actions
from takeback.hotline.foundation.encryption import JSON, seal_field
from takeback.hotline.foundation.liveness.retrying import again_after_deadlock
from takeback.hotline.intake.access import (
    CaseGoneError,
    answers_of,
    belongs_to_answers,
    case_of_lookup,
    locked_case,
)
from takeback.hotline.intake.domain.answers import Report
from takeback.hotline.intake.listing import list_for_case
from takeback.hotline.intake.models import Case
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require


class CodeTakenError(ValueError):
    """A code belongs to one report, and this one has been used."""


@again_after_deadlock
@transaction.atomic
def send_report(report: Report, lookup: bytes, sealed_names: bytes | None) -> Case:
    """Make a case of a report, list its pictures and write the audit record, all or nothing.

    `lookup`: 32 bytes. Sending the same report again, also at the same time, changes nothing and
    gives the case that there is. Raises CodeTakenError for another report with the code of a case:
    nothing that was picked may get lost without a word.
    """
    require(REPORTER, Permission.SEND_REPORT)
    case = _new_case(report, lookup, sealed_names)
    if case is None:
        existing = case_of_lookup(lookup)
        if existing is None or not _is_of(existing, report):
            raise CodeTakenError("This code belongs to another report; send with a new one.")
        return existing
    list_for_case(case, report.pictures)
    record(Verb.CASE_SENT, str(case.id), REPORTER)
    return case


@again_after_deadlock
@transaction.atomic
def withdraw_case(case: Case) -> list[EntryId]:
    """Take every picture of a case off the list and delete the case, all or nothing.

    Afterwards its code is answered like one that never was. Doing it twice changes nothing.
    Returns the entries that were taken off.
    """
    require(REPORTER, Permission.WITHDRAW_REPORT)
    try:
        locked = locked_case(case)
    except CaseGoneError:
        return []
    entries = [EntryId(entry) for entry in locked.pictures.values_list("entry", flat=True)]
    if entries:
        entries_actions.withdraw_entries(entries, "reporter", REPORTER)
    locked.delete()
    record(Verb.CASE_WITHDRAWN, str(case.id), REPORTER)
    return entries


def _is_of(case: Case, report: Report) -> bool:
    """Whether a case was made of this report; more pictures and apps may have come since."""
    kept = answers_of(case)
    answers = _answers_in(report)
    if {key: kept.get(key) for key in answers} != answers:
        return False
    pictures = set(case.pictures.values_list("picture", flat=True))
    return pictures >= {picture.id for picture in report.pictures}


def _answers_in(report: Report) -> dict[str, JSON]:
    return {
        "age": report.age,
        "under_18_then": report.under_18_then,
        "helper": report.helper,
        "threat": report.threat,
    }


def _new_case(report: Report, lookup: bytes, sealed_names: bytes | None) -> Case | None:
    """The row of a new case, or None where one of this code stands already."""
    case_id = uuid.uuid4()
    answers = seal_field(belongs_to_answers(case_id), {**_answers_in(report), "apps": list[JSON]()})
    try:
        with transaction.atomic():
            return Case.objects.create(
                id=case_id,
                lookup_digest=lookup_digest(lookup),
                answers=answers,
                sealed_names=sealed_names,
            )
    except IntegrityError:
        return None
