"""Where a running hotline keeps its state on disk."""

import os
from contextlib import suppress
from pathlib import Path

from takeback.running.private_files import replacing

_ADDRESS = "address"


def state_directory() -> Path:
    """The folder of everything the hotline writes: `TAKEBACK_STATE`, or `var/hotline` here."""
    return Path(os.environ.get("TAKEBACK_STATE", "var/hotline")).resolve()


def keep_address(state: Path, url: str) -> None:
    """Note in a state folder where its hotline is tried out; raises OSError.

    Commands that are typed beside it then print links to the port that is in use.
    """
    state.mkdir(parents=True, exist_ok=True)
    with replacing(state / _ADDRESS) as file:
        file.write(url.encode())


def kept_address(otherwise: str) -> str:
    """Return the address that was noted in the state folder; `otherwise` where there is none."""
    with suppress(OSError):
        return (state_directory() / _ADDRESS).read_text(encoding="utf-8")
    return otherwise


def mark_directory() -> Path:
    """The folder of the log's mark: `TAKEBACK_MARK`, or `mark/` in the state folder.

    It says what the log has signed, so it must never be restored together with the database.
    """
    configured = os.environ.get("TAKEBACK_MARK")
    return Path(configured).resolve() if configured else state_directory() / "mark"
