"""Feedback of any shape, landed where that of gates lands: beside the entry, on the timeline."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackItem, FeedbackValue
from takeback.hotline.feedback import actions as feedback_actions
from takeback.hotline.platforms.domain import FollowingPlatform

_OPINIONS = uuid.UUID("6f0c4a52-7a61-4e8c-9f43-2f0d1c1f5d0e")


def record_opinions(
    platform: FollowingPlatform, opinions: Iterable[tuple[EntryId, FeedbackValue]]
) -> list[EntryId]:
    """Keep what a platform said of entries; returns those that the log does not know.

    These shapes send opinions without an id of their own: one said again is the same one.
    """
    now = datetime.now(UTC)
    items = [
        FeedbackItem(
            id=uuid.uuid5(_OPINIONS, f"{entry} {value}"), entry=entry, value=value, time=now
        )
        for entry, value in opinions
    ]
    return list(feedback_actions.record_feedback(platform, items).unknown)
