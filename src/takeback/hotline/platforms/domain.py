"""The shape and scopes of a platform's key, and what an operator sees of platforms."""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from takeback.signals.lanes import LANE_BITS, Lane

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
class FollowingPlatform:
    """A platform that follows the list, as other rooms know it."""

    id: int
    name: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class AdmittedKey:
    """A key in force that came with a request: its number, its platform, what it opens."""

    id: int
    platform: FollowingPlatform
    scopes: frozenset[str]


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
    """Return the secret part of a token, or None if it is not a token."""
    found = _TOKEN.fullmatch(token)
    return found["secret"] if found else None


def token_digest(secret: str) -> bytes:
    """Return what is stored of a secret: SHA-256. The secret is random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()
