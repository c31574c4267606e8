"""The hotline's secrets: kept in files outside the database, never logged.

Someone who steals the database alone can open no case code, no answer and no address: each of those
rests on one of these files as well (docs/threat-model.md). They are made together with the tables,
while nothing rests on them (`secret_notes`). A file that is missing later is lost, and whoever asks
for it hears that: another in its place would open nothing.
"""

import os
import secrets
from functools import cache
from pathlib import Path
from typing import Final

from takeback.hotline.foundation.state import state_directory
from takeback.running.private_files import sync_directory

LOG_KEY: Final = "log-key"
"""The key with which the first log begins; those that follow are `log-key-2` and so on."""

SECRETS_OF_A_HOTLINE: Final = (
    "audit",
    "django",
    "fields",
    LOG_KEY,
    "pepper",
    "sessions",
    "site-salt",
    "webhook-key",
)
"""The names of all files that a hotline begins with."""

_BYTES: Final = 32


class LostSecretError(RuntimeError):
    """Something rests on a secret whose file is not here; the message says which, and what to do.

    `names`: of the files, sorted.
    """

    def __init__(self, names: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.names = names


def secrets_directory() -> Path:
    """The folder of the secret files: `TAKEBACK_SECRETS`, or `secrets/` in the state folder."""
    configured = os.environ.get("TAKEBACK_SECRETS")
    return Path(configured).resolve() if configured else state_directory() / "secrets"


@cache
def secret(name: str) -> bytes:
    """The 32 random bytes called `name`. Raises LostSecretError where there is no such file."""
    value = secret_if_there(name)
    if value is None:
        raise lost((name,))
    return value


def secret_if_there(name: str) -> bytes | None:
    """Return the 32 bytes called `name`, None without such a file; RuntimeError if it is damaged.

    Raises OSError where it is there and can't be read.
    """
    path = secrets_directory() / name
    try:
        value = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(value) != _BYTES:
        raise RuntimeError(f"{path} should hold {_BYTES} bytes; restore it from a backup.")
    return value


def make_secret(name: str) -> bytes:
    """Make the secret called `name` where there is none, readable by this user only; returns it.

    Call it only while nothing rests on it. Two processes that start together agree: the file
    appears whole or not at all, and the second one reads what the first one linked into place.
    """
    directory = secrets_directory()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory / name
    if not path.exists():
        draft = directory / f".{name}.{os.getpid()}.{secrets.token_hex(4)}.draft"
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
        sync_directory(directory)
    return secret(name)


def secret_of_this_process(name: str) -> bytes:
    """Return the secret called `name`, or passing bytes where there is no such file yet.

    For what has to have a value before anybody could ask the database.
    """
    return secret_if_there(name) or secrets.token_bytes(_BYTES)


def lost(
    missing: tuple[str, ...], others: tuple[str, ...] = (), *, why: str = ""
) -> LostSecretError:
    """Return the error that secrets are missing, or are `others` than this hotline's own.

    `why` they must be here, where it is not the database that says so.
    """
    wrong = [
        f"the secret files {', '.join(names)} {fault}"
        for names, fault in (
            (missing, "are missing"),
            (others, "are not those with which this database was filled"),
        )
        if names
    ]
    return LostSecretError(
        tuple(sorted({*missing, *others})),
        f"In {secrets_directory()}, {' and '.join(wrong)}{f'; {why}' if why else ''}. Is the disk "
        "mounted, and TAKEBACK_SECRETS right? Otherwise restore them from a backup. Nothing is "
        'done without them: new ones would open nothing. Gone for good? Read "Lost secrets" in '
        "docs/hotline.md.",
    )
