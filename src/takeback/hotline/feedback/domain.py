"""What became of an entry at platforms, and how a platform is doing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.platforms.domain import HealthOfKey
from takeback.hotline.webhooks.domain import HealthOfWebhook


@dataclass(frozen=True, slots=True)
class PlatformHealth:
    """How far a platform is with the list, and what it has said.

    `size`: events of the published log; `acknowledged_size` and `_at`: the largest state that all
    its gates said is in force there, 0 and None before one said so. `lag_events`: those published
    beyond it; `lag_seconds`: how long the first of them has been out, 0.0 if there are none.
    `feedback`: how often each thing was said, of pictures that are no test; `test_matches`: how
    often something was said of a test picture; `keys`: those in force; `webhook_key`: the public
    key that checks what `webhooks` get.
    """

    platform: str
    size: int
    acknowledged_size: int
    acknowledged_at: datetime | None
    lag_events: int
    lag_seconds: float
    feedback: dict[FeedbackValue, int]
    test_matches: int
    keys: tuple[HealthOfKey, ...]
    webhook_key: str
    webhooks: tuple[HealthOfWebhook, ...]


@dataclass(frozen=True, slots=True)
class FeedbackSummary:
    """How often a platform said one thing of one entry, and when first and last."""

    value: FeedbackValue
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one entry stands with one platform.

    `listed_at`: when the reporter sent it; `fetched_at`: when the platform first fetched it, None
    if it has not; `withdrawn_at`: when it was taken back, None if it was not. `looking`: whether it
    is known that the platform looks for copies of it now.
    """

    entry: EntryId
    platform: str
    listed_at: datetime
    fetched_at: datetime | None
    withdrawn_at: datetime | None
    feedback: tuple[FeedbackSummary, ...]
    looking: bool


@dataclass(frozen=True, slots=True)
class LookingGate:
    """A gate that said lately what is in force there: the size of the log, and the lanes that its
    key opens, as `LANE_BITS` of each.
    """

    size: int
    lanes: int


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event about an entry in the log; `audience`: the lanes whose readers have the opening."""

    index: int
    adds: bool
    audience: int


def is_looked_for(events: Iterable[LoggedEvent], gates: Iterable[LookingGate]) -> bool:
    """Whether an entry is in force at all the gates of one platform that may read it.

    `events`: those about the entry, by ascending index. One gate that is behind is enough for no:
    a copy could pass there.
    """
    ordered = tuple(events)
    readers = [(gate, _in_force_from(ordered, gate.lanes)) for gate in gates]
    known = [gate.size > index for gate, index in readers if index is not None]
    return bool(known) and all(known)


def _in_force_from(events: Iterable[LoggedEvent], lanes: int) -> int | None:
    """The event that brought an entry into force for readers of these lanes; None: it is not."""
    index = None
    for event in events:
        if not event.adds:
            index = None
        elif index is None and event.audience & lanes:
            index = event.index
    return index


@dataclass(frozen=True, slots=True)
class Removal:
    """Of the platforms that had got withdrawn entries: how many say what is in force there, and how
    many of them say that none of these entries is any more.

    `silent`: how many never say, because the shape in which they read the list has no word for it.
    """

    done: int
    of: int
    silent: int = 0


class UnknownCheckpointError(LookupError):
    """The log never had this root at this size."""
