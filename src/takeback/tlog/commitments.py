"""Commitments: what the public log holds in place of events, and how an opening fits one.

A commitment is SHA-256 over a tag, a random nonce of 256 bits and the event: it binds the hotline
to the event and, without the nonce, says nothing of it (docs/wire.md).
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from takeback.tlog.errors import OpeningMismatchError

COMMITMENT_BYTES = hashlib.sha256().digest_size
NONCE_BYTES = 32
MAX_EVENT_BYTES = 64 * 1024
"""Longest event that a leaf may commit to, in bytes."""
_TAG = b"takeback/event/v1\x00"


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment: a nonce of 32 bytes and the canonical bytes of an event."""

    nonce: bytes
    event: bytes

    def commitment(self) -> bytes:
        """Return the 32 bytes that stand for this event in the log."""
        return commitment_of(self.nonce + self.event)

    @classmethod
    def of_bytes(cls, opened: bytes) -> "Opening":
        """Take nonce and event apart."""
        return cls(opened[:NONCE_BYTES], opened[NONCE_BYTES:])

    def check(self, commitment: bytes, index: int) -> None:
        """Raise OpeningMismatchError unless this opens the commitment at the log index."""
        check_commitment(self.nonce + self.event, commitment, index)


def commitment_of(opened: bytes) -> bytes:
    """Return the commitment that `opened`, a nonce and then the event, opens."""
    return hashlib.sha256(_TAG + opened).digest()


def check_commitment(opened: bytes, commitment: bytes, index: int) -> None:
    """Raise OpeningMismatchError unless nonce and event open the commitment at the log index."""
    if commitment_of(opened) != commitment:
        raise _mismatch(index)


def check_commitments(
    opened: Sequence[bytes | None], commitments: Sequence[bytes], start: int
) -> None:
    """As `check_commitment`, for events from log index `start` on; None opens nothing."""
    sha256, tag = hashlib.sha256, _TAG
    made = [
        commitment if opening is None else sha256(tag + opening).digest()
        for opening, commitment in zip(opened, commitments, strict=True)
    ]
    if made != commitments:
        for index, (found, commitment) in enumerate(zip(made, commitments, strict=True), start):
            if found != commitment:
                raise _mismatch(index)


def commit_event(event: bytes) -> Opening:
    """Give an event a fresh random nonce."""
    return Opening(secrets.token_bytes(NONCE_BYTES), event)


def _mismatch(index: int) -> OpeningMismatchError:
    return OpeningMismatchError(f"The event at {index} is not the one that the log commits to.")
