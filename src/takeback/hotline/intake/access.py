"""The only road to a case: by what its code derives to, or by the id in an open session."""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from takeback.hashlist.events import EntryId
from takeback.hotline.codes.access import lookup_digest
from takeback.hotline.entries.access import standings
from takeback.hotline.feedback.access import outcomes
from takeback.hotline.feedback.domain import Outcome
from takeback.hotline.foundation.encryption import unseal_field
from takeback.hotline.intake.domain.answers import Threat
from takeback.hotline.intake.domain.timeline import Fact, facts_of_picture
from takeback.hotline.intake.models import Case, CaseAddress


def case_of_lookup(lookup: bytes) -> Case | None:
    """The case of a look-up key (32 bytes); unknown and withdrawn ones are both None."""
    return Case.objects.filter(lookup_digest=lookup_digest(lookup)).first()


def case_of_id(case_id: str | None) -> Case | None:
    """The case of an open session; None once it was withdrawn."""
    return Case.objects.filter(id=uuid.UUID(case_id)).first() if case_id else None


def belongs_to_answers(case_id: uuid.UUID) -> str:
    """What a case's sealed answers are bound to."""
    return f"case/answers/{case_id}"


def belongs_to_address(address_id: uuid.UUID) -> str:
    """What a sealed address is bound to."""
    return f"case-address/address/{address_id}"


@dataclass(frozen=True)
class PictureHistory:
    """One picture of a case: `number` from 1, and what happened to it."""

    number: int
    picture: uuid.UUID
    exact_only: bool
    facts: list[Fact]


@dataclass(frozen=True)
class CaseHistory:
    """All that the young person reads when they come back."""

    sent_on: date
    pictures: list[PictureHistory]
    addresses: list[str]
    apps: list[str]
    threatened: bool
    sealed_names: bytes


def history_of(case: Case) -> CaseHistory:
    """What happened so far in a case. Raises CannotOpenError with another hotline's secrets."""
    answers = unseal_field(belongs_to_answers(case.id), bytes(case.answers))
    if not isinstance(answers, dict):
        raise TypeError("The answers of a case are an object.")
    pictures = list(case.pictures.all())
    by_entry: dict[str, list[Outcome]] = defaultdict(list)
    entries = [EntryId(picture.entry) for picture in pictures]
    standing = standings(entries)
    for outcome in outcomes(entries):
        by_entry[outcome.entry].append(outcome)
    apps = answers.get("apps")
    return CaseHistory(
        sent_on=case.sent_on,
        pictures=[
            PictureHistory(
                number,
                picture.picture,
                picture.exact_only,
                facts_of_picture(
                    case.sent_on,
                    by_entry[picture.entry],
                    _day_of,
                    standing.get(EntryId(picture.entry)),
                ),
            )
            for number, picture in enumerate(pictures, start=1)
        ],
        addresses=[address_of(address) for address in case.addresses.all()],
        apps=[str(app) for app in apps] if isinstance(apps, list) else [],
        threatened=answers.get("threat") == Threat.YES,
        sealed_names=bytes(case.sealed_names or b""),
    )


def _day_of(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def address_of(address: CaseAddress) -> str:
    """The web address, opened. Raises CannotOpenError with another hotline's secrets."""
    return str(unseal_field(belongs_to_address(address.id), bytes(address.address)))
