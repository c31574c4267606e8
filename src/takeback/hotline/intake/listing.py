"""Puts pictures of a case onto the list: what is sent of each, and the row that it leaves."""

from collections.abc import Sequence

from django.utils import timezone

from takeback.fingerprints.listable import is_listable
from takeback.fingerprints.pdq import Pdq
from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal, Signal
from takeback.hotline.audit.domain import REPORTER
from takeback.hotline.entries import actions as entries_actions
from takeback.hotline.intake.domain.pictures import Kind, Picture
from takeback.hotline.intake.models import Case, CasePicture


def list_for_case(case: Case, pictures: Sequence[Picture], first: int = 1) -> list[CasePicture]:
    """List each picture as an entry of its own; they are numbered in their order from `first`.

    Part of an action that has locked the case, or has just made it.
    """
    entries = entries_actions.list_entries(
        [signals_of(picture) for picture in pictures], actor=REPORTER
    )
    today = timezone.localdate()
    return CasePicture.objects.bulk_create(
        CasePicture(
            case=case,
            picture=picture.id,
            number=number,
            entry=entry,
            is_video=picture.kind is Kind.VIDEO,
            exact_only=picture.exact_only,
            added_on=today,
        )
        for number, (picture, entry) in enumerate(zip(pictures, entries, strict=True), start=first)
    )


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
