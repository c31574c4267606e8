"""Additions, the list's commonest events: read in bulk, before anybody needs them as models."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from takeback.hashlist.events import AnyEvent, parse_event, read_hour
from takeback.tlog.commitments import NONCE_BYTES

Addition = tuple[str, str, str, str, bytes]
"""One `added` event: entry, lane, provenance, hour and signals.

The first four are spelt as the event spells them. The signals are packed as
`takeback.signals.packing` describes, each kind in the event's order.
"""


@dataclass(frozen=True, slots=True)
class AdditionRun:
    """Consecutive additions in the log, from index `start` on.

    `opened`: nonce and bytes of each.
    """

    start: int
    additions: list[Addition] = field(default_factory=list)
    opened: list[bytes] = field(default_factory=list)

    def entries(self) -> list[str]:
        """Return the ids of the entries, in order."""
        return [addition[0] for addition in self.additions]

    def by_time(self) -> list[tuple[datetime, int]]:
        """Return the hours that date them, in order of first appearance, and how many each has."""
        return [(_time_of(hour), count) for hour, count in Counter(self._hours()).items()]

    def events(self) -> Iterator[tuple[int, AnyEvent]]:
        """Yield each event as a model, with its log index."""
        for index, opened in enumerate(self.opened, self.start):
            yield index, parse_event(opened[NONCE_BYTES:], keep_unknown=True)

    def _hours(self) -> Iterator[str]:
        return (addition[3] for addition in self.additions)


@lru_cache(maxsize=64)
def _time_of(hour: str) -> datetime:
    return read_hour(hour)
