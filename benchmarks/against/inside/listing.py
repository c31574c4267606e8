"""Puts random pictures on the hotline's list that the environment names, and takes some off.

Each picture has a PDQ and a SHA-256. Calls: `add(count, together)` lists so many, some together in
a transaction; `change(added, withdrawn)` lists and withdraws, the oldest first; `report(…)` lists
at a steady rate, and ends when all are in, however long that takes; `published_at()`.
"""

from __future__ import annotations

import secrets
import time
from collections import deque

import adapters
from answering import answer_calls

_KEPT = 100_000
_known: deque[str] = deque()


def add(count: int, together: int) -> None:
    """List pictures, `together` in a transaction."""
    for start in range(0, count, together):
        listed = _list(min(together, count - start))
        if len(_known) < _KEPT:
            _known.extend(listed)


def change(added: int, withdrawn: int, together: int) -> None:
    """List new pictures and take old ones off."""
    adapters.withdraw([_known.popleft() for _ in range(withdrawn)])
    add(added, together)


def report(events_a_second: float, reports: int, pictures: int) -> None:
    """List reports of so many pictures, each report in a transaction of its own."""
    began = time.monotonic()
    for number in range(reports):
        due = began + number * pictures / events_a_second
        time.sleep(max(0.0, due - time.monotonic()))
        _list(pictures)


def _list(count: int) -> list[str]:
    return adapters.list_pictures(
        [adapters.signals_of(secrets.token_hex(32), secrets.token_hex(32)) for _ in range(count)]
    )


if __name__ == "__main__":
    adapters.set_up_hotline()
    answer_calls(
        {"add": add, "change": change, "report": report, "published_at": adapters.published_at}
    )
