"""Counts what strangers do wrong, and says so in a line now and then, however often they do it."""

import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final

QUIET_SECONDS: Final = 300.0
"""Between two lines about the same kind."""

_MOST_KINDS: Final = 1000


class Tally:
    """Counts by kind; `report` writes one line about all that was counted, once it is time."""

    def __init__(
        self,
        log: logging.Logger,
        *,
        seconds: float = QUIET_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._seconds = seconds
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._due = clock()

    def count(self, kind: str) -> None:
        """Count one. `kind`: a few words for an operator, never anything that was sent."""
        self._counts[kind] += 1

    def report(self) -> None:
        """Write what was counted since the last line, if that is long enough ago."""
        if self._counts and self._clock() >= self._due:
            counted = ", ".join(f"{count} × {kind}" for kind, count in self._counts.most_common())
            self._log.warning("Refused: %s.", counted)
            self._counts.clear()
            self._due = self._clock() + self._seconds


def _message(record: logging.LogRecord) -> str:
    return str(record.msg)


class FewOfAKind(logging.Filter):
    """Lets one record of a kind through in `seconds`; the next one says how many were held back.

    `kind` tells kinds of one logger apart. By itself it is the message before any value is put in,
    so that records that differ in nothing but who caused them are one kind.
    """

    def __init__(
        self,
        *,
        seconds: float = QUIET_SECONDS,
        kind: Callable[[logging.LogRecord], str] = _message,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._seconds = seconds
        self._kind = kind
        self._clock = clock
        self._kinds: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written."""
        kind = (record.name, self._kind(record))
        now = self._clock()
        written, held_back = self._kinds.get(kind, (now - self._seconds, 0))
        if now - written < self._seconds:
            self._kinds[kind] = (written, held_back + 1)
            return False
        self._kinds[kind] = (now, 0)
        if len(self._kinds) > _MOST_KINDS:
            self._kinds.popitem(last=False)
        if held_back:
            record.msg = f"{record.getMessage()} (and {held_back} more like it)"
            record.args = ()
        return True
