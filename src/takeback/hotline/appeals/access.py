"""Reads appeals: by what their code derives to, for the desk, and as numbers."""

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import date

from takeback.hotline.appeals.domain import Answer, AppealFigures, figures_of
from takeback.hotline.appeals.models import Appeal
from takeback.hotline.feedback.access import entry_of_reference
from takeback.hotline.foundation.encryption import unseal_field
from takeback.hotline.foundation.secrets import secret

_MOST_SHOWN = 200
_PURPOSE = b"takeback appeal v1:"


@dataclass(frozen=True, slots=True)
class AppealInReview:
    """An appeal as the desk sees it; `entry` is empty where the reference leads nowhere."""

    id: uuid.UUID
    platform: str
    reference: str
    words: str
    entry: str
    sent_on: date
    answer: str

    @property
    def possible(self) -> list[Answer]:
        """What can be answered."""
        if self.answer:
            return []
        return [Answer.TAKEN_OFF, Answer.STAYS] if self.entry else [Answer.NOT_FOUND]


def appeal_digest(lookup: bytes) -> bytes:
    """What is stored of a look-up key; a case's code opens no appeal, nor the other way round."""
    return hmac.new(secret("pepper"), _PURPOSE + lookup, hashlib.sha256).digest()


def answer_of_lookup(lookup: bytes) -> str | None:
    """The answer to the appeal of this look-up key; empty before there is one, None if unknown."""
    found = Appeal.objects.filter(lookup_digest=appeal_digest(lookup)).first()
    return found.answer if found else None


def belongs_to(appeal: uuid.UUID) -> str:
    """What the sealed words of an appeal are bound to."""
    return f"appeal/said/{appeal}"


def waiting_appeals() -> list[AppealInReview]:
    """Return the appeals without an answer, the oldest first."""
    rows = Appeal.objects.filter(answer="").order_by("sent_on", "id")[:_MOST_SHOWN]
    return [in_review(row) for row in rows]


def appeal_in_review(appeal: uuid.UUID) -> AppealInReview | None:
    """Return one appeal, or None if there is none."""
    row = Appeal.objects.filter(id=appeal).first()
    return in_review(row) if row else None


def appeal_figures() -> AppealFigures:
    """Sum up all appeals."""
    rows = Appeal.objects.exclude(answered_on=None).values_list("answer", "answered_on", "sent_on")
    took = [(answer, (on - sent).days) for answer, on, sent in rows if on is not None]
    return figures_of(Appeal.objects.count(), took)


def in_review(row: Appeal) -> AppealInReview:
    """Open what was said, and look for the entry that the reference leads to by now."""
    content = unseal_field(belongs_to(row.id), bytes(row.statement))
    if not isinstance(content, dict):
        raise TypeError("The words of an appeal are an object.")
    platform, reference = str(content["platform"]), str(content["reference"])
    # Whoever was stopped may be here before the gate's report of it is.
    entry = row.entry or (not row.answer and entry_of_reference(platform, reference)) or ""
    return AppealInReview(
        row.id,
        platform,
        reference,
        str(content["words"]),
        entry,
        row.sent_on,
        row.answer,
    )
