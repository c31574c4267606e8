"""Compares the secret files that are here with those that a database rests on."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import psycopg

from takeback.hotline.foundation.secrets import LOG_KEY, LostSecretError, lost, secret_if_there

TABLE: Final = "takeback_secret_note"
_PURPOSE: Final = b"takeback secret note v1"


def digest_of(secret: bytes) -> bytes:
    """Return 32 bytes that tell a secret from others, and nothing of what it is: HMAC-SHA256."""
    return hmac.new(secret, _PURPOSE, hashlib.sha256).digest()


def notes_in(connection: "psycopg.Connection[Any]") -> dict[str, bytes] | None:
    """Return the digest of each secret that a database rests on, None where there are no tables."""
    found = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [TABLE]).fetchone()
    if found is None or not found[0]:
        return None
    rows = connection.execute(f"SELECT name, digest FROM {TABLE}")  # noqa: S608 - our own constant
    return {name: bytes(digest) for name, digest in rows}


def refuse_lost(notes: Mapping[str, bytes], *, but_log_keys: bool = False) -> None:
    """Raise LostSecretError if a noted secret is missing here, or another one has its name.

    `but_log_keys`: the keys of the log may be gone, because another log is about to begin.
    """
    wrong = lost_secrets(notes, but_log_keys=but_log_keys)
    if wrong is not None:
        raise wrong


def lost_secrets(
    notes: Mapping[str, bytes], *, but_log_keys: bool = False
) -> LostSecretError | None:
    """Return what `refuse_lost` raises, None where all secrets are here."""
    missing, others = [], []
    for name in sorted(notes):
        if but_log_keys and is_log_key(name):
            continue
        value = secret_if_there(name)
        if value is None:
            missing.append(name)
        elif not hmac.compare_digest(digest_of(value), notes[name]):
            others.append(name)
    return lost(tuple(missing), tuple(others)) if missing or others else None


def is_log_key(name: str) -> bool:
    """Whether a file is a key of the log."""
    return name == LOG_KEY or name.startswith(f"{LOG_KEY}-")


def hotline_mark(notes: Mapping[str, bytes]) -> str:
    """Return eight hexadecimal digits that a hotline and what comes out of its backups share."""
    together = hashlib.sha256(b"takeback hotline mark v1")
    together.update(notes["audit"])
    return together.hexdigest()[:8]
