"""A canary that was found."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CanaryFound:
    """A canary that was found where it should not be: which platform got it, and since when."""

    platform: str
    made_at: datetime
