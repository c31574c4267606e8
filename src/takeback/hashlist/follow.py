"""Follows a log: from a verified edge and a newer checkpoint to the events in between.

Pure: it reads and writes nothing. The caller fetches the ranges it names, and keeps
what it gives out only after `finish` has returned.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from takeback.hashlist.additions import AdditionRun
from takeback.hashlist.errors import ErasedWithoutWithdrawalError
from takeback.hashlist.events import AnyEvent, WithdrawnEvent, parse_event
from takeback.hashlist.openings import decode_openings_in_bulk
from takeback.tlog.bundles import MOST_OPENINGS, EventRange, ranges_between
from takeback.tlog.checkpoint import Checkpoint
from takeback.tlog.commitments import NONCE_BYTES, check_commitments, commitment_of
from takeback.tlog.errors import LogRewrittenError, LogShortenedError
from takeback.tlog.merkle import Frontier, leaf_hash


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event at its place in the log; None where its opening was erased, or is withheld.

    Erased: after a withdrawal, for everyone. Withheld: from this reader's key, whatever became of
    it. `commitment`: the log's leaf; empty for an event that is not in the log yet.
    """

    index: int
    event: AnyEvent | None
    withheld: bool = False
    commitment: bytes = b""


Logged = LoggedEvent | AdditionRun
"""An event at its place, or many additions at theirs."""


class LogGrowth:
    """Verifies one step of a log, from an edge verified before to a newer checkpoint.

    ::

        growth = LogGrowth(frontier, open_checkpoint(note, key))
        for part in growth.ranges():
            for logged in growth.take(part, fetch(part)):
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

    def ranges(self, most: int = MOST_OPENINGS) -> Iterator[EventRange]:
        """Name the ranges to fetch, at most so long, in the order in which `take` wants them."""
        return ranges_between(self._verified_size, self._checkpoint.size, most)

    def take(self, part: EventRange, data: bytes) -> list[LoggedEvent]:
        """Check the fetched openings of a range and return its events, in log order.

        Raises MalformedLogError, OpeningMismatchError, or ValueError if it is not the next one.
        """
        return list(one_by_one(self.take_in_bulk(part, data)))

    def take_in_bulk(self, part: EventRange, data: bytes) -> list[Logged]:
        """As `take`, but of plain additions no models are made."""
        if part.start != self._frontier.size or part.end > self._checkpoint.size:
            raise ValueError(f"{part.path} does not come next after {self._frontier.size}")
        openings = decode_openings_in_bulk(data, part.end - part.start)
        check_commitments(openings.opened, openings.commitments, part.start)
        events: list[Logged] = []
        run: AdditionRun | None = None
        for index, (opened, addition, commitment) in enumerate(
            zip(openings.opened, openings.additions, openings.commitments, strict=True), part.start
        ):
            if index - part.start in openings.withheld:
                run = None
                events.append(LoggedEvent(index, None, withheld=True, commitment=commitment))
                continue
            if opened is None or addition is None:
                run = None
                event = self._event(index, opened)
                events.append(LoggedEvent(index, event, commitment=commitment))
                continue
            if run is None:
                run = AdditionRun(index)
                events.append(run)
            run.additions.append(addition)
            run.opened.append(opened)
        self._frontier = self._frontier.extended(map(leaf_hash, openings.commitments))
        return events

    def _event(self, index: int, opened: bytes | None) -> AnyEvent | None:
        if opened is None:
            self._unexplained.add(index)
            return None
        event = parse_event(opened[NONCE_BYTES:], keep_unknown=True)
        if isinstance(event, WithdrawnEvent):
            self._unexplained.difference_update(event.erases)
        return event

    def finish(self) -> Frontier:
        """Return the edge at the checkpoint, now that every range was taken.

        Raises LogRewrittenError if the events do not lead to the signed root, and
        ErasedWithoutWithdrawalError if openings are gone that no withdrawal accounts for.
        """
        if self._frontier.size != self._checkpoint.size:
            raise ValueError(f"events are missing after {self._frontier.size}")
        if self._frontier.root() != self._checkpoint.root_hash:
            raise _rewritten(self._checkpoint)
        if self._unexplained:
            raise ErasedWithoutWithdrawalError(tuple(sorted(self._unexplained)))
        return self._frontier


def one_by_one(logged: Iterable[Logged]) -> Iterator[LoggedEvent]:
    """Yield the events one by one, each as a model."""
    for item in logged:
        if isinstance(item, AdditionRun):
            for (index, event), opened in zip(item.events(), item.opened, strict=True):
                yield LoggedEvent(index, event, commitment=commitment_of(opened))
        else:
            yield item


def _rewritten(checkpoint: Checkpoint) -> LogRewrittenError:
    return LogRewrittenError(
        f"The log of {checkpoint.origin} at {checkpoint.size} events does not continue what was "
        "verified before. Ask the hotline; the list you have stays in force."
    )
