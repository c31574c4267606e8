"""The only road to a case: by what its code derives to, or by the id in an open session."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.utils import timezone

from takeback.hashlist.events import EntryId
from takeback.hotline.codes.access import lookup_digest
from takeback.hotline.entries.access import standings
from takeback.hotline.feedback.access import outcomes, platforms_looking
from takeback.hotline.feedback.domain import Outcome
from takeback.hotline.foundation.encryption import JSON, unseal_field
from takeback.hotline.intake.domain.answers import Threat
from takeback.hotline.intake.domain.timeline import Fact, facts_of_picture, still_true
from takeback.hotline.intake.models import Case, CaseAddress


def case_of_lookup(lookup: bytes) -> Case | None:
    """The case of a look-up key (32 bytes); unknown and withdrawn ones are both None."""
    return Case.objects.filter(lookup_digest=lookup_digest(lookup)).first()


def case_of_id(case_id: str | None) -> Case | None:
    """The case of an open session; None once it was withdrawn."""
    return Case.objects.filter(id=uuid.UUID(case_id)).first() if case_id else None


class CaseGoneError(LookupError):
    """The case was withdrawn meanwhile."""


def locked_case(case: Case) -> Case:
    """The case as it is now, locked to the end of the transaction. Raises CaseGoneError."""
    locked = Case.objects.select_for_update().filter(id=case.id).first()
    if locked is None:
        raise CaseGoneError("This case was withdrawn.")
    return locked


def belongs_to_answers(case_id: uuid.UUID) -> str:
    """What a case's sealed answers are bound to."""
    return f"case/answers/{case_id}"


def belongs_to_address(address_id: uuid.UUID) -> str:
    """What a sealed address is bound to."""
    return f"case-address/address/{address_id}"


@dataclass(frozen=True)
class PictureHistory:
    """One picture of a case, and what of its facts is still true, earliest first.

    `number` is for good, from 1; `withdrawn_on`: when the young person stopped looking for it.
    """

    number: int
    picture: uuid.UUID
    is_video: bool
    exact_only: bool
    added_on: date
    withdrawn_on: date | None
    facts: list[Fact]


@dataclass(frozen=True)
class CaseHistory:
    """All that the young person reads when they come back."""

    pictures: list[PictureHistory]
    addresses: list[str]
    apps: list[str]
    threatened: bool
    helper: bool
    """Whether a grown-up sent it for the young person."""
    sealed_names: bytes
    websites_look: bool
    """Some platform is known to look for copies now, if not of these pictures yet."""

    @property
    def living(self) -> int:
        """How many pictures the young person has not withdrawn."""
        return sum(picture.withdrawn_on is None for picture in self.pictures)

    @property
    def facts_by_number(self) -> dict[int, list[Fact]]:
        """The facts that are still true, by the number of their picture."""
        return {picture.number: picture.facts for picture in self.pictures}


def history_of(case: Case) -> CaseHistory:
    """What happened so far in a case. Raises CannotOpenError with another hotline's secrets."""
    answers = answers_of(case)
    rows = list(case.pictures.all())
    by_entry: dict[str, list[Outcome]] = defaultdict(list)
    entries = [EntryId(row.entry) for row in rows]
    standing = standings(entries)
    for outcome in outcomes(entries):
        by_entry[outcome.entry].append(outcome)
    return CaseHistory(
        pictures=[
            PictureHistory(
                row.number,
                row.picture,
                row.is_video,
                row.exact_only,
                row.added_on,
                row.withdrawn_on,
                still_true(
                    facts_of_picture(
                        row.added_on,
                        by_entry[row.entry],
                        _day_of,
                        standing.get(EntryId(row.entry)),
                        row.withdrawn_on,
                    )
                ),
            )
            for row in rows
        ],
        addresses=[address_of(address) for address in case.addresses.all()],
        apps=apps_in(answers),
        threatened=answers.get("threat") == Threat.YES,
        helper=answers.get("helper") is True,
        sealed_names=bytes(case.sealed_names or b""),
        websites_look=bool(platforms_looking(datetime.now(UTC))),
    )


def answers_of(case: Case) -> dict[str, JSON]:
    """The answers of a case, opened. Raises CannotOpenError with another hotline's secrets."""
    answers = unseal_field(belongs_to_answers(case.id), bytes(case.answers))
    if not isinstance(answers, dict):
        raise TypeError("The answers of a case are an object.")
    return answers


def apps_in(answers: Mapping[str, JSON]) -> list[str]:
    """Where, by their answers, the young person thinks that copies are; nothing until they say."""
    apps = answers.get("apps")
    return [str(app) for app in apps] if isinstance(apps, list) else []


def _day_of(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def address_of(address: CaseAddress) -> str:
    """The web address, opened. Raises CannotOpenError with another hotline's secrets."""
    return str(unseal_field(belongs_to_address(address.id), bytes(address.address)))
