"""Lets so many in at a time; whoever waits is served source by source, and in order within one.

This is fair queueing over sources (J. Nagle, RFC 970): a source that asks two hundred times waits
for its own, and another that asks once waits for one turn of everybody. When too many wait, the
source with most of them waiting loses its newest (P. E. McKenney, "Stochastic fairness queueing",
INFOCOM 1990).
"""

import threading
from collections import OrderedDict, deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

from takeback.hotline.foundation.unavailable import TooManyHereError


class NoTurnError(TooManyHereError):
    """Too many wait, or have waited too long."""


class Turn:
    """One place of a `Turns`, held or waited for, until `end`. Safe to use from any thread."""

    def __init__(self, turns: "Turns", source: bytes) -> None:
        self._turns = turns
        self.source = source
        self.granted: Future[None] = Future()
        """Done once the place is there; fails with NoTurnError where there will be none."""

    def wait(self, seconds: float) -> None:
        """Block until the place is there. Raises NoTurnError after `seconds`; it is given up."""
        try:
            self.granted.result(seconds)
        except FutureTimeout:
            self.end()
            raise NoTurnError("No place came free in time.") from None

    def end(self) -> None:
        """Give the place back, or stop waiting for one; more than once changes nothing."""
        self._turns._end(self)


class Turns:
    """`places` at a time, and `most_waiting` who wait. Safe to use from any thread."""

    def __init__(self, places: int, most_waiting: int) -> None:
        self._places = places
        self._most_waiting = most_waiting
        self._lock = threading.Lock()
        self._held: set[Turn] = set()
        self._returning: deque[Turn] = deque()
        self._waiting: OrderedDict[bytes, deque[Turn]] = OrderedDict()

    def ask(self, source: bytes, *, returning: bool = False) -> Turn:
        """Ask for a place; `source`: who asks, any bytes.

        `returning`: had a place and gave it back to wait for something else; goes before all
        others, and is never turned away.
        """
        turn = Turn(self, source)
        with self._lock:
            if returning:
                self._returning.append(turn)
            else:
                self._waiting.setdefault(source, deque()).append(turn)
            granted = self._grant()
            dropped = self._drop()
        _settle(granted, dropped)
        return turn

    def waiting(self) -> int:
        """How many wait now."""
        with self._lock:
            return self._count()

    def _end(self, turn: Turn) -> None:
        with self._lock:
            if turn in self._held:
                self._held.remove(turn)
            elif turn in self._returning:
                self._returning.remove(turn)
            else:
                self._stop_waiting(turn)
            granted = self._grant()
        turn.granted.cancel()
        _settle(granted, None)

    def _stop_waiting(self, turn: Turn) -> None:
        queue = self._waiting.get(turn.source)
        if queue is not None and turn in queue:
            queue.remove(turn)
            if not queue:
                del self._waiting[turn.source]

    def _grant(self) -> list[Turn]:
        """Give free places to those whose turn it is."""
        granted = []
        while len(self._held) < self._places and (self._returning or self._waiting):
            turn = self._returning.popleft() if self._returning else self._next()
            self._held.add(turn)
            granted.append(turn)
        return granted

    def _next(self) -> Turn:
        """The first of the source that has waited longest for a turn of its own."""
        source, queue = self._waiting.popitem(last=False)
        turn = queue.popleft()
        if queue:
            self._waiting[source] = queue  # behind all others
        return turn

    def _drop(self) -> Turn | None:
        if self._count() <= self._most_waiting:
            return None
        source = max(self._waiting, key=lambda source: len(self._waiting[source]))
        queue = self._waiting[source]
        turn = queue.pop()
        if not queue:
            del self._waiting[source]
        return turn

    def _count(self) -> int:
        return sum(map(len, self._waiting.values()))


def _settle(granted: list[Turn], dropped: Turn | None) -> None:
    """Tell those concerned, outside the lock: what hears of it may ask at once."""
    for turn in granted:
        if turn.granted.set_running_or_notify_cancel():
            turn.granted.set_result(None)
        else:
            turn.end()
    if dropped is not None and dropped.granted.set_running_or_notify_cancel():
        dropped.granted.set_exception(NoTurnError("Too many wait already."))
