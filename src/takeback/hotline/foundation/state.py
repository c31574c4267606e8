"""Where a running hotline keeps its state on disk."""

import os
from pathlib import Path


def state_directory() -> Path:
    """The folder of everything the hotline writes: `TAKEBACK_STATE`, or `var/hotline` here."""
    return Path(os.environ.get("TAKEBACK_STATE", "var/hotline")).resolve()


def mark_directory() -> Path:
    """The folder of the log's mark: `TAKEBACK_MARK`, or `mark/` in the state folder.

    It says what the log has signed, so it must never be restored together with the database.
    """
    configured = os.environ.get("TAKEBACK_MARK")
    return Path(configured).resolve() if configured else state_directory() / "mark"
