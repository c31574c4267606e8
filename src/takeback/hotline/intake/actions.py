"""The beginning and the end of a case: sending it, and withdrawing all of it."""

import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone

from takeback.fingerprints.listable import is_listable
from takeback.fingerprints.pdq import Pdq
from takeback.hashlist.events import EntryId
from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal, Signal
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import REPORTER, Verb
from takeback.hotline.codes.access import lookup_digest
from takeback.hotline.entries import actions as entries_actions
from takeback.hotline.foundation.encryption import seal_field
from takeback.hotline.foundation.liveness.retrying import again_after_deadlock
from takeback.hotline.intake.access import (
    belongs_to_answers,
    case_of_lookup,
)
from takeback.hotline.intake.domain.answers import Report
from takeback.hotline.intake.domain.pictures import Kind, Picture
from takeback.hotline.intake.models import Case, CasePicture
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
    entries = entries_actions.list_entries(
        [signals_of(picture) for picture in report.pictures], actor=REPORTER
    )
    CasePicture.objects.bulk_create(
        CasePicture(
            case=case,
            picture=picture.id,
            number=number,
            entry=entry,
            is_video=picture.kind is Kind.VIDEO,
            exact_only=picture.exact_only,
            added_on=timezone.localdate(),
        )
        for number, (picture, entry) in enumerate(
            zip(report.pictures, entries, strict=True), start=1
        )
    )
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
    locked = Case.objects.select_for_update().filter(id=case.id).first()
    if locked is None:
        return []
    entries = [EntryId(entry) for entry in locked.pictures.values_list("entry", flat=True)]
    if entries:
        entries_actions.withdraw_entries(entries, "reporter", REPORTER)
    locked.delete()
    record(Verb.CASE_WITHDRAWN, str(case.id), REPORTER)
    return entries


def signals_of(picture: Picture) -> list[Signal]:
    """What is sent to the list for one picture: its PDQ, those of its crops, and the exact ones.

    A PDQ of low quality goes with it: what is listed of it the list decides. A crop of low quality
    does not: it would match other people's skies and walls.
    """
    qualities: dict[str, int] = {}
    if picture.pdq is not None and picture.quality is not None:
        qualities[picture.pdq] = picture.quality
    for crop in picture.crops:
        if is_listable(Pdq.from_hex(crop.pdq, crop.quality), crop=True):
            qualities.setdefault(crop.pdq, crop.quality)
    return [
        *(PdqSignal(value=pdq, quality=quality) for pdq, quality in qualities.items()),
        Sha256Signal(value=picture.sha256),
        Md5Signal(value=picture.md5),
    ]


def _is_of(case: Case, report: Report) -> bool:
    pictures = set(case.pictures.values_list("picture", flat=True))
    return pictures == {picture.id for picture in report.pictures}


def _new_case(report: Report, lookup: bytes, sealed_names: bytes | None) -> Case | None:
    """The row of a new case, or None where one of this code stands already."""
    case_id = uuid.uuid4()
    answers = seal_field(
        belongs_to_answers(case_id),
        {
            "age": report.age,
            "under_18_then": report.under_18_then,
            "helper": report.helper,
            "threat": report.threat,
            "apps": [],
        },
    )
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
