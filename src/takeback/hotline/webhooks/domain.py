"""A webhook as its platform sees it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HealthOfWebhook:
    """A webhook as its platform sees it: what it took last, and what it did not take.

    `host`: of its address; `waiting_size`: the checkpoint that it still has to be told of, and
    `given_up`: how many were given up. `problem`: why, empty if all is well.
    """

    number: int
    host: str
    delivered_size: int
    delivered_at: datetime | None
    waiting_size: int | None
    tries: int
    given_up: int
    problem: str
