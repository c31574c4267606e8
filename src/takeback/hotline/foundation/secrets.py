"""The hotline's secrets: made on first use, kept in files outside the database, never logged.

Someone who steals the database alone can open no case code, no answer and no address: each of those
rests on one of these files as well (docs/threat-model.md).
"""

import os
import secrets
from functools import cache
from pathlib import Path

from takeback.hotline.foundation.state import state_directory

_BYTES = 32


def secrets_directory() -> Path:
    """The folder of the secret files: `TAKEBACK_SECRETS`, or `secrets/` in the state folder."""
    configured = os.environ.get("TAKEBACK_SECRETS")
    return Path(configured).resolve() if configured else state_directory() / "secrets"


@cache
def secret(name: str) -> bytes:
    """The 32 random bytes called `name`; made once, readable by this user only.

    Two processes that start together agree: the file appears whole or not at all, and the
    second one reads what the first one linked into place.
    """
    directory = secrets_directory()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory / name
    if not path.exists():
        draft = directory / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    value = path.read_bytes()
    if len(value) != _BYTES:
        raise RuntimeError(f"{path} should hold {_BYTES} bytes; restore it from a backup.")
    return value
