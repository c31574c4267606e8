"""Where a running hotline keeps its state on disk."""

import os
from pathlib import Path


def state_directory() -> Path:
    """The folder of everything the hotline writes: `TAKEBACK_STATE`, or `var/hotline` here."""
    return Path(os.environ.get("TAKEBACK_STATE", "var/hotline")).resolve()
