"""Feedback: what a platform says of an upload that matched, as the wire carries it."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field

from takeback.hashlist.events import ENTRY_ID_PATTERN, EntryId
from takeback.hashlist.signals import WireModel

MAX_FEEDBACK_ITEMS = 500


class FeedbackValue(StrEnum):
    """What the platform did with the upload."""

    BLOCKED = "blocked"
    PENDING_REVIEW = "pending_review"
    NOT_BLOCKED = "not_blocked"
    NOT_THE_SAME = "not_the_same"


def _require_utc(time: datetime) -> datetime:
    if time.utcoffset() != timedelta(0):
        raise ValueError("must be in UTC")
    return time.astimezone(UTC)


class FeedbackItem(WireModel):
    """One thing said of one entry; `id` is chosen by the platform, so that repeats are known."""

    id: UUID
    entry: Annotated[EntryId, Field(pattern=ENTRY_ID_PATTERN)]
    value: FeedbackValue
    time: Annotated[AwareDatetime, AfterValidator(_require_utc)]


class FeedbackBatch(WireModel):
    """What a platform sends at once, at most MAX_FEEDBACK_ITEMS items."""

    feedback: Annotated[
        tuple[FeedbackItem, ...], Field(strict=False, max_length=MAX_FEEDBACK_ITEMS)
    ]


class Acknowledgement(WireModel):
    """Which state of the list is in force at a gate: the log's size, and its root in hex."""

    size: Annotated[int, Field(ge=0)]
    root: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FeedbackReceipt(WireModel):
    """What the hotline answers: how many items it has now, and the entries it does not know."""

    accepted: int
    unknown: Annotated[tuple[EntryId, ...], Field(strict=False)]
