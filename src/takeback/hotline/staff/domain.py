"""How a person is invited."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

INVITATION_LASTS: Final = timedelta(days=3)


_TOKEN_BYTES: Final = 32


class DeskError(ValueError):
    """Something can't be done at the desk; the message says why."""


def new_invitation_token() -> str:
    """Draw what an invitation's link ends in: 256 random bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def invitation_digest(token: str) -> bytes:
    """What is stored of it: SHA-256. The token is random, so no salt is needed."""
    return hashlib.sha256(token.encode()).digest()
