"""How audit records are chained: each link is a keyed digest of the record and the link before it.

Whoever can write to the database but has not the key (the secret "audit") can't change, insert,
reorder or take out a record unnoticed. Cutting off the newest records leaves a shorter chain that
is valid in itself: note the count and the last link elsewhere to notice that too.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

LINK_BYTES = hashlib.sha256().digest_size
FIRST_LINK = bytes(LINK_BYTES)


@dataclass(frozen=True, slots=True)
class Act:
    """Who did what to what, and when. `position` counts from 1 without gaps."""

    position: int
    time: datetime
    verb: str
    subject: str
    actor: str

    def link(self, key: bytes, previous: bytes) -> bytes:
        """Return the 32-byte link of this record after the link before it."""
        fields = [
            self.position,
            self.time.astimezone(UTC).isoformat(timespec="microseconds"),
            self.verb,
            self.subject,
            self.actor,
        ]
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        return hmac.digest(key, previous + text, "sha256")


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The end of a chain that was verified: the number of records and the last link."""

    records: int
    link: bytes


class BrokenChainError(Exception):
    """The audit record was tampered with; `position` is where it stops being whole."""

    def __init__(self, position: int) -> None:
        """Name the first position that does not fit."""
        self.position = position
        super().__init__(
            f"The audit record is not whole: record {position} was changed, put in, or stands "
            "where another was taken out. Keep the database as it is and find out who wrote to it."
        )
