"""Brings what a person decided to the hotlines whose entries it is about."""

from collections.abc import Iterable, Sequence

from takeback.gate.check.followed_list import FollowedList
from takeback.gate.store.outbox import feedback_about
from takeback.hashlist.feedback import FeedbackItem, FeedbackValue


def report_to(
    lists: Sequence[FollowedList],
    entries: Iterable[str],
    value: FeedbackValue,
    origin: str | None = None,
) -> list[FeedbackItem]:
    """Put the same about every entry into the outbox of the list that holds it.

    `origin`: of the log of all these entries; by default each is looked for on the lists, and what
    is on none of them any more is passed over. Of a single list nothing is looked for: its hotline
    knows. Raises ValueError if an id can't be an entry's, or no list of that origin is followed.
    """
    items = feedback_about(entries, value)
    if origin is not None:
        lists = [followed for followed in lists if followed.origin == origin]
        if not lists:
            raise ValueError(f"No list of the log {origin!r} is followed here.")
    if len(lists) == 1:
        lists[0].outbox.put(items)
        return items
    reported = []
    for followed in lists:
        held = followed.held(item.entry for item in items)
        own = [item for item in items if item.entry in held]
        followed.outbox.put(own)
        reported += own
    return reported
