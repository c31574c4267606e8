"""What can be decided at the desk, and why."""

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Final

INVITATION_LASTS: Final = timedelta(days=3)
_TOKEN_BYTES: Final = 32


class Decision(StrEnum):
    """What a person does with an entry."""

    RELEASE = "release"
    """Let a held entry out onto the list."""
    RESUME = "resume"
    """Put a suspended entry into force again."""
    WITHDRAW = "withdraw"
    """Keep a held entry off the list, or take one off for good."""


class Reason(StrEnum):
    """Why; it goes into the audit record, so it is one of these and no free text."""

    ANOTHER_PICTURE = "another_picture"
    LAWFUL_PICTURE = "lawful_picture"
    FLOOD = "flood"
    PLATFORMS_WRONG = "platforms_wrong"
    PLATFORMS_RIGHT = "platforms_right"
    APPEAL_RIGHT = "appeal_right"
    OTHER = "other"


class DeskError(ValueError):
    """Something can't be done at the desk; the message says why."""


def new_invitation_token() -> str:
    """Draw what an invitation's link ends in: 256 random bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def invitation_digest(token: str) -> bytes:
    """What is stored of it: SHA-256. The token is random, so no salt is needed."""
    return hashlib.sha256(token.encode()).digest()
