"""What changes in a case after it was sent: more pictures, addresses, apps; one picture less.

Each locks the case first, as withdrawing all of it does, so that they come one after the other. A
picture is a new entry of the list, and an entry is never amended.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from takeback.hashlist.events import EntryId
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import REPORTER, Verb
from takeback.hotline.entries import actions as entries_actions
from takeback.hotline.entries.access import sha256_of
from takeback.hotline.foundation.encryption import JSON, seal_field
from takeback.hotline.foundation.liveness.retrying import again_after_deadlock
from takeback.hotline.intake.access import (
    address_of,
    answers_of,
    apps_in,
    belongs_to_address,
    belongs_to_answers,
    locked_case,
)
from takeback.hotline.intake.domain.pictures import (
    MAX_PICTURES,
    Picture,
    TooManyPicturesError,
)
from takeback.hotline.intake.domain.web_address import MAX_ADDRESSES
from takeback.hotline.intake.listing import list_for_case
from takeback.hotline.intake.models import Case, CaseAddress, CasePicture
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require

MOST_EVER = 200
"""How many pictures a case may have had in all, those included that are no longer looked for."""


class CaseFullError(ValueError):
    """More than `MOST_EVER` pictures; to stop looking for some makes no room."""


class AlreadyInCaseError(ValueError):
    """A file is in the case already; `numbers` says, by the picture's id, as which picture."""

    def __init__(self, numbers: Mapping[uuid.UUID, int]) -> None:
        """Keep which pictures they are; neither name nor digest goes into the message."""
        super().__init__(f"{len(numbers)} of these files are in the case already.")
        self.numbers = numbers


class TooManyAddressesError(ValueError):
    """More than `MAX_ADDRESSES` in one case."""


class BoxChangedError(ValueError):
    """The sealed box is another by now; `sealed` is the one that the case keeps."""

    def __init__(self, sealed: bytes) -> None:
        """Keep the box, so that the browser can seal again what it wants in it."""
        super().__init__("Another page has sealed the box meanwhile.")
        self.sealed = sealed


@dataclass(frozen=True)
class NewBox:
    """A box that a browser sealed, and the SHA-256 (32 bytes) of the box that it was made from."""

    sealed: bytes
    made_from: bytes


@again_after_deadlock
@transaction.atomic
def add_pictures(case: Case, pictures: Sequence[Picture], box: NewBox | None = None) -> list[int]:
    """Put more pictures into a case and on the list; returns the numbers of those that are new.

    The id that the browser gave a picture makes it one: sent again, it changes nothing. Without a
    `box` the one there is stays. Raises AlreadyInCaseError for a file that is looked for in this
    case already, TooManyPicturesError, CaseFullError, BoxChangedError and CaseGoneError, which
    change nothing.
    """
    require(REPORTER, Permission.ADD_TO_REPORT)
    locked = locked_case(case)
    rows = list(locked.pictures.all())
    known = {row.picture for row in rows}
    wanted = [picture for picture in pictures if picture.id not in known]
    if not wanted:
        return []
    _refuse_what_is_there(rows, wanted)
    living = sum(row.withdrawn_on is None for row in rows)
    if len(rows) + len(wanted) > MOST_EVER:
        raise CaseFullError(f"A case has at most {MOST_EVER} pictures in all.")
    if living + len(wanted) > MAX_PICTURES:
        raise TooManyPicturesError(f"A case has at most {MAX_PICTURES} pictures.")
    _keep_box(locked, box)
    first = max((row.number for row in rows), default=0) + 1
    added = list_for_case(locked, wanted, first)
    record(Verb.CASE_PICTURES_ADDED, str(locked.id), REPORTER)
    return [row.number for row in added]


@again_after_deadlock
@transaction.atomic
def withdraw_picture(case: Case, number: int, box: NewBox | None = None) -> bool:
    """Take one picture off the list; says whether that changed anything.

    Its row stays, with the day; so does the case, also after the last picture. Raises
    CasePicture.DoesNotExist for a number that the case never had, BoxChangedError, CaseGoneError.
    """
    require(REPORTER, Permission.WITHDRAW_REPORT)
    locked = locked_case(case)
    row = locked.pictures.get(number=number)
    if row.withdrawn_on is not None:
        return False
    _keep_box(locked, box)
    entries_actions.withdraw_entries([EntryId(row.entry)], "reporter", REPORTER)
    row.withdrawn_on = timezone.localdate()
    row.save(update_fields=["withdrawn_on"])
    record(Verb.CASE_PICTURE_WITHDRAWN, str(locked.id), REPORTER)
    return True


@again_after_deadlock
@transaction.atomic
def add_addresses(case: Case, addresses: Sequence[str]) -> int:
    """Keep more web addresses with a case, each once; returns how many are new.

    Raises TooManyAddressesError and CaseGoneError.
    """
    require(REPORTER, Permission.ADD_TO_REPORT)
    locked = locked_case(case)
    rows = list(locked.addresses.all())
    known = {address_of(row) for row in rows}
    wanted = [address for address in dict.fromkeys(addresses) if address not in known]
    if len(rows) + len(wanted) > MAX_ADDRESSES:
        raise TooManyAddressesError(f"A case has at most {MAX_ADDRESSES} addresses.")
    first = max((row.position for row in rows), default=-1) + 1
    for position, address in enumerate(wanted, start=first):
        row = CaseAddress(id=uuid.uuid4(), case=locked, position=position)
        row.address = seal_field(belongs_to_address(row.id), address)
        row.save(force_insert=True)
    if wanted:
        record(Verb.CASE_ADDRESSES_ADDED, str(locked.id), REPORTER)
    return len(wanted)


@again_after_deadlock
@transaction.atomic
def choose_apps(case: Case, apps: Sequence[str]) -> None:
    """Keep, sealed, where the young person thinks that copies are. Raises CaseGoneError."""
    require(REPORTER, Permission.ADD_TO_REPORT)
    locked = locked_case(case)
    answers = answers_of(locked)
    if apps_in(answers) == list(apps):
        return
    changed: dict[str, JSON] = {**answers, "apps": list[JSON](apps)}
    locked.answers = seal_field(belongs_to_answers(locked.id), changed)
    locked.save(update_fields=["answers"])
    record(Verb.CASE_APPS_CHOSEN, str(locked.id), REPORTER)


def _refuse_what_is_there(rows: Sequence[CasePicture], wanted: Sequence[Picture]) -> None:
    numbers = {row.entry: row.number for row in rows if row.withdrawn_on is None}
    number_of = {
        digest: numbers[entry]
        for entry, digests in sha256_of(numbers).items()
        for digest in digests
    }
    there = {
        picture.id: number_of[picture.sha256] for picture in wanted if picture.sha256 in number_of
    }
    if there:
        raise AlreadyInCaseError(there)


def _keep_box(locked: Case, box: NewBox | None) -> None:
    if box is None:
        return
    kept = bytes(locked.sealed_names or b"")
    if sha256(kept).digest() != box.made_from:
        raise BoxChangedError(kept)
    locked.sealed_names = box.sealed
    locked.save(update_fields=["sealed_names"])
