"""Follows a log: from a verified edge and a newer checkpoint to the events in between.

Pure: it reads and writes nothing. Whoever drives it fetches the bundles it names, and keeps
what it gives out only after `finish` has returned.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from takeback.hashlist.bundles import decode_openings
from takeback.hashlist.checkpoint import Checkpoint
from takeback.hashlist.errors import (
    ErasedWithoutWithdrawalError,
    LogRewrittenError,
    LogShortenedError,
)
from takeback.hashlist.events import AnyEvent, WithdrawnEvent, parse_event
from takeback.hashlist.merkle import Frontier, leaf_hash
from takeback.hashlist.tiles import BundleRef, bundles_between


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event at its place in the log; None where its opening was erased after a withdrawal."""

    index: int
    event: AnyEvent | None


class LogGrowth:
    """Verifies one step of a log, from an edge verified before to a newer checkpoint.

    ::

        growth = LogGrowth(frontier, open_checkpoint(note, key))
        for ref in growth.bundles():
            for logged in growth.take(ref, fetch(ref)):
                ...                     # fold it, inside a transaction
        frontier = growth.finish()      # commit only if this returns
    """

    def __init__(self, verified: Frontier, checkpoint: Checkpoint) -> None:
        """Start from `verified`, the edge of all events seen before (`Frontier()` of none).

        Raises LogShortenedError or LogRewrittenError if the checkpoint contradicts it by itself.
        """
        if checkpoint.size < verified.size:
            raise LogShortenedError(
                f"The log of {checkpoint.origin} has shrunk from {verified.size} events to "
                f"{checkpoint.size}. Ask the hotline; the list you have stays in force."
            )
        if checkpoint.size == verified.size and checkpoint.root_hash != verified.root():
            raise _rewritten(checkpoint)
        self._checkpoint = checkpoint
        self._verified_size = verified.size
        self._frontier = verified
        self._unexplained: set[int] = set()

    def bundles(self) -> Iterator[BundleRef]:
        """Name the bundles to fetch, in the order in which `take` wants them."""
        return bundles_between(self._verified_size, self._checkpoint.size)

    def take(self, ref: BundleRef, data: bytes) -> list[LoggedEvent]:
        """Check a fetched openings bundle and return its events that are new, in log order.

        Raises MalformedLogError, OpeningMismatchError, or ValueError if it is not the next one.
        """
        new = self._frontier.size - ref.start
        if not 0 <= new < ref.width or ref.end > self._checkpoint.size:
            raise ValueError(f"{ref.path} is not the next bundle after {self._frontier.size}")
        records = decode_openings(data, ref.width)[new:]
        events = []
        for index, record in enumerate(records, start=self._frontier.size):
            if record.opening is None:
                self._unexplained.add(index)
                events.append(LoggedEvent(index, None))
                continue
            record.opening.check(record.commitment, index)
            event = parse_event(record.opening.event)
            if isinstance(event, WithdrawnEvent):
                self._unexplained.difference_update(event.erases)
            events.append(LoggedEvent(index, event))
        self._frontier = self._frontier.extended(leaf_hash(one.commitment) for one in records)
        return events

    def finish(self) -> Frontier:
        """Return the edge at the checkpoint, now that every bundle was taken.

        Raises LogRewrittenError if the events do not lead to the signed root, and
        ErasedWithoutWithdrawalError if openings are gone that no withdrawal accounts for.
        """
        if self._frontier.size != self._checkpoint.size:
            raise ValueError(f"bundles are missing after {self._frontier.size}")
        if self._frontier.root() != self._checkpoint.root_hash:
            raise _rewritten(self._checkpoint)
        if self._unexplained:
            raise ErasedWithoutWithdrawalError(tuple(sorted(self._unexplained)))
        return self._frontier


def _rewritten(checkpoint: Checkpoint) -> LogRewrittenError:
    return LogRewrittenError(
        f"The log of {checkpoint.origin} at {checkpoint.size} events does not continue what was "
        "verified before. Ask the hotline; the list you have stays in force."
    )
