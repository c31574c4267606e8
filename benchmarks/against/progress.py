"""Says on standard error what is measured now, and how long it has been going on."""

from __future__ import annotations

import sys
import time
from typing import Final

_BEGAN: Final = time.monotonic()


def say(what: str) -> None:
    """Print one line: seconds since the program began, and `what`."""
    print(f"{time.monotonic() - _BEGAN:6.0f} s  {what}", file=sys.stderr, flush=True)
