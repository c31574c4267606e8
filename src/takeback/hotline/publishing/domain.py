"""What publishing answers to other features, and the shape and scopes of a platform's key."""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackValue
from takeback.signals.lanes import Lane

_SECRET_BYTES = 32
MOST_KEY_DAYS = 3650
"""Longest life of a key, in days; one that never ends is one that nobody looks after."""
MOST_REVIEW = 2000
"""Longest description of how people review matches, in characters."""
KEY_DAYS = 365
"""Life of a key, in days, unless the operator says otherwise."""
GATE_DEFAULT_REVIEW = "Matches are held for a person to look at, as a gate does by default."
"""How a platform reviews matches, unless the operator states something else as it is added."""
INVITATION_LASTS = timedelta(days=7)
"""How long the link of an invitation works, if it is not used before."""
USE_NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a key was last used."""
_TOKEN = re.compile(r"tb1_(?P<secret>[a-z2-7]{52})_[0-9a-f]{16}")


class Scope(StrEnum):
    """What a platform's key opens."""

    READ_CONFIRMED = "read_confirmed"
    """Fetch entries that a hotline's analysts have assessed."""
    READ_SELF_REPORTED = "read_self_reported"
    """Fetch entries that nobody has seen; only where people review what matches them."""
    READ_IMPORTED = "read_imported"
    """Fetch entries of other organisations' lists; only where people review what matches them."""
    READ_TEST = "read_test"
    """Fetch harmless entries, to try a gate with."""
    SEND_FEEDBACK = "send_feedback"
    """Say what was done with a match."""


UNSEEN = frozenset({Scope.READ_SELF_REPORTED, Scope.READ_IMPORTED})
"""What opens pictures that nobody at this hotline has seen: it takes a stated review process."""

LANE_BITS = {Lane.SELF_REPORTED: 1, Lane.CONFIRMED: 2, Lane.IMPORTED: 4, Lane.TEST: 8}
"""How sets of lanes are stored: one bit a lane."""

ALL_LANES = sum(LANE_BITS.values())

_LANE_OF = {
    Scope.READ_SELF_REPORTED: Lane.SELF_REPORTED,
    Scope.READ_CONFIRMED: Lane.CONFIRMED,
    Scope.READ_IMPORTED: Lane.IMPORTED,
    Scope.READ_TEST: Lane.TEST,
}


def lanes_opened_by(scopes: Iterable[str]) -> int:
    """Return the lanes that these scopes open, as `LANE_BITS` of each, 0 for none."""
    lanes = {lane for scope, lane in _LANE_OF.items() if scope.value in set(scopes)}
    return sum(LANE_BITS[lane] for lane in lanes)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: its number, and its token, which is shown only now."""

    number: int
    token: str


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that still works: whom it is for, and what their key may open, for how long."""

    name: str
    scopes: tuple[Scope, ...]
    key_days: int


@dataclass(frozen=True, slots=True)
class KeySummary:
    """A key as an operator sees it; `review_process` is empty where none was stated."""

    number: int
    scopes: tuple[Scope, ...]
    review_process: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    def in_force(self, now: datetime) -> bool:
        """Whether requests with it are taken at this time."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class HealthOfKey:
    """A key in force as its platform sees it; `last_used_at` to the minute, None if never."""

    number: int
    scopes: tuple[Scope, ...]
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class HealthOfWebhook:
    """A webhook as its platform sees it: what it took last, and what it did not take.

    `host`: of its address; `waiting_size`: the checkpoint that it still has to be told of, and
    `given_up`: how many were given up. `problem`: why, empty if all is well.
    """

    number: int
    host: str
    delivered_size: int
    delivered_at: datetime | None
    waiting_size: int | None
    tries: int
    given_up: int
    problem: str


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
    if it has not; `withdrawn_at`: when it was taken back, None if it was not.
    """

    entry: EntryId
    platform: str
    listed_at: datetime
    fetched_at: datetime | None
    withdrawn_at: datetime | None
    feedback: tuple[FeedbackSummary, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """Of the platforms that had got withdrawn entries: how many say what is in force there, and how
    many that none of these is any more.

    `silent`: how many never say: they read the list in a shape that knows no such word.
    """

    done: int
    of: int
    silent: int = 0


@dataclass(frozen=True, slots=True)
class PlatformSummary:
    """A platform as an operator sees it; `fetched_size`: number of events it has fetched.

    `keys_in_force`: how many of its keys are taken now.
    """

    name: str
    added_at: datetime
    revoked_at: datetime | None
    keys_in_force: int
    fetched_size: int
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class CanaryFound:
    """A canary that was found where it should not be: which platform got it, and since when."""

    platform: str
    made_at: datetime


class WaitsFor(StrEnum):
    """What an event that adds an entry waits for before it may go into the log."""

    NOTHING = ""
    CHECK = "check"
    """The worker compares it with the guard corpus and the list."""
    PERSON = "person"
    """Somebody at the hotline looks first."""


class HoldReason(StrEnum):
    """Why a person looks at an entry before it goes out."""

    GUARD = "guard"
    """It comes close to a well-known lawful picture."""
    CROWD = "crowd"
    """It looks like many entries of other reports."""
    NOTHING_LEFT = "nothing_left"
    """All it has is PDQs of a quality under the floor."""
    SUSPENDED = "suspended"
    """It was suspended when another log took the place of the one it stood in."""


@dataclass(frozen=True, slots=True)
class Near:
    """Something that an entry comes close to: its name, and the distance in bits of 256."""

    name: str
    distance: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an entry is in force: each time is None unless it is so now.

    `held_at`: since when a person has to look before it goes out.
    """

    held_at: datetime | None
    suspended_at: datetime | None
    withdrawn_at: datetime | None


class ChangeState(StrEnum):
    """How an entry stands after its latest change."""

    LIVE = "live"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Change:
    """How an entry now stands, as a reader of some lanes may know it.

    `added` and `index`: log indexes of the event that added it and of the latest one; `stamp`:
    second since the epoch at which that was published. `live`: whether the reader should match it;
    `lane`: where it is if so; `lanes`: those of the reader's in which it ever was. `pdq` (64 hex
    digits, whole picture) and `md5` (32) where it has them; of what is not live, PDQ at most.
    """

    entry: EntryId
    added: int
    index: int
    stamp: int
    live: bool
    lane: Lane
    lanes: tuple[Lane, ...]
    pdq: str | None
    md5: str | None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some changes in log order. `end`: the log index after all that the window holds.

    `more`: whether the window goes on after them; `newest`: whether nothing was published after it.
    """

    changes: tuple[Change, ...]
    end: int
    more: bool
    newest: bool


class UnknownCheckpointError(LookupError):
    """The log never had this root at this size."""


@dataclass(frozen=True, slots=True)
class ListFigures:
    """Entries by how they stand now; `resumed`: how often one was put into force again.

    `imported`: those in force that stand on another organisation's list; no other number has them.
    """

    in_force: int
    withdrawn: int
    held: int
    suspended: int
    imported: int
    resumed: int


@dataclass(frozen=True, slots=True)
class ConfirmedRecord:
    """An event of another log that this hotline has confirmed: its index and commitment in hex."""

    origin: str
    entry: EntryId
    index: int
    commitment: str


class UnknownEntryError(LookupError):
    """An entry was never on the list."""


class PlatformError(ValueError):
    """A platform or a key of it can't be made or revoked; the message says why."""


class InvitationEndedError(PlatformError):
    """An invitation was used, has ended, or never was."""


def no_platform(name: str) -> PlatformError:
    """Return the error of a name that no platform has."""
    return PlatformError(f"There is no platform called {name}.")


def new_platform_secret() -> str:
    """Draw the secret part of a token: 256 random bits in 52 base32 letters."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().rstrip("=").lower()


def write_token(secret: str, pin: str) -> str:
    """Return the one string an operator hands over; `pin` is that of the log's verifier key."""
    return f"tb1_{secret}_{pin}"


def token_secret(token: str) -> str | None:
    """Return the secret part of a token, or None if it is none."""
    found = _TOKEN.fullmatch(token)
    return found["secret"] if found else None


def token_digest(secret: str) -> bytes:
    """Return what is stored of a secret: SHA-256. The secret is random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()
