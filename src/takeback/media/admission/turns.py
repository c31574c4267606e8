"""Who is decoded next, and who must come again later: rules alone, without threads or clocks.

Decoding can take a thousand times as long for one file as for another of the same length. So a
picture's turn depends on what it is predicted to cost, not only on when it came.
"""

import enum
import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from takeback.media.admission.grants import seconds_of

PATIENCE: Final = 100
"""How many times its own predicted time a picture lets those go first that came later and cost
nothing. All keep their order, so everybody's turn comes."""

_LONGEST_RETRY_SECONDS: Final = 30


class Bound(enum.Enum):
    """What was full when a picture was sent away."""

    COUNT = "count"
    WORK = "work"
    SECONDS = "seconds"


@dataclass(frozen=True)
class TurnRules:
    """How the children are shared out; by default as if every picture were as good as any other.

    A picture is *quick* if its predicted work is at most `quick_work` and its memory at most
    `quick_memory`; all else is *costly*.
    """

    kept_for_quick: int = 0
    """Children that no costly picture may have, so that quick ones never wait for it."""

    most_costly_memory: int | None = None
    """Bytes that costly pictures under way may be granted together; one is let in in any case."""

    most_waiting: int | None = None
    """Pictures that may wait."""

    most_work_waiting: int | None = None
    """Pixels of ordinary work that may wait, all pictures together."""

    most_seconds_waiting: float | None = None
    """How long a picture may wait."""

    quick_work: int = 8_000_000
    """A fifth of a second: a JPEG of 40 megapixels, a PNG of 8."""

    quick_memory: int = 160 << 20
    """Bytes that a quick picture is granted at most, what its child still holds included."""

    def __post_init__(self) -> None:
        """Raise ValueError for bounds that would let nobody in."""
        for name, value in vars(self).items():
            if value is not None and value < (name == "quick_work"):
                raise ValueError(f"TurnRules.{name} must not be less than 0; got {value}.")


class Standing(enum.Enum):
    """Where a ticket stands."""

    WAITING = "waiting"
    HAS_TURN = "has turn"
    SENT_AWAY = "sent away"
    DONE = "done"


@dataclass(eq=False, slots=True)
class Ticket:
    """One picture's place: `work` in pixels of ordinary work, `memory` in bytes."""

    work: int
    memory: int
    quick: bool
    key: float
    """The earliest in seconds goes first: when it came, and `PATIENCE` times what it costs."""

    standing: Standing = Standing.WAITING
    bound: Bound | None = None
    """Why it was sent away."""

    retry_after: int = 1
    """Whole seconds after which it is worth coming again, if it was sent away."""

    @property
    def waits(self) -> bool:
        """Whether its turn is still to come."""
        return self.standing is Standing.WAITING

    @property
    def has_turn(self) -> bool:
        """Whether its turn is now."""
        return self.standing is Standing.HAS_TURN


@dataclass
class Turns:
    """The state of one pool of children; every method takes little time and asks no clock."""

    rules: TurnRules
    children: int
    work_waiting: int = 0
    waiting: int = 0
    running: int = 0
    running_costly: int = 0
    _costly_memory: int = 0
    _order: "Iterator[int]" = field(default_factory=itertools.count)
    _quick: "list[tuple[float, int, Ticket]]" = field(default_factory=list)
    _costly: "list[tuple[float, int, Ticket]]" = field(default_factory=list)

    def __post_init__(self) -> None:
        """Raise ValueError if no child is left for costly pictures."""
        if not 0 <= self.rules.kept_for_quick < self.children:
            raise ValueError("At least one child must be left for pictures that take long.")

    def ask(
        self, work: int, memory: int, now: float, *, trusted: bool = True
    ) -> tuple[Ticket, list[Ticket]]:
        """Take a ticket at `now`, in seconds; without trust it counts as costly in any case.

        Returns it, and the tickets whose standing has changed, it may be among them: those that
        have their turn now, and those that were sent away because it costs less than they do.
        """
        rules = self.rules
        quick = trusted and work <= rules.quick_work and memory <= rules.quick_memory
        ticket = Ticket(work, memory, quick, now + PATIENCE * seconds_of(work))
        if not self.waiting and self._can_begin(ticket):
            self._begin(ticket)
            return ticket, [ticket]
        heap = self._quick if quick else self._costly
        heapq.heappush(heap, (ticket.key, next(self._order), ticket))
        self.waiting += 1
        self.work_waiting += work
        changed = self._let_in()
        while (bound := self._full()) is not None:
            changed.append(self._send_away(self._last(), bound))
        return ticket, changed

    def done(self, ticket: Ticket) -> list[Ticket]:
        """End a turn; returns the tickets that have theirs now."""
        if not ticket.has_turn:
            raise ValueError("This ticket has no turn that could end.")
        ticket.standing = Standing.DONE
        self.running -= 1
        if not ticket.quick:
            self.running_costly -= 1
            self._costly_memory -= ticket.memory
        return self._let_in()

    def waited_too_long(self, ticket: Ticket) -> list[Ticket]:
        """Send a ticket away that still waits; returns the tickets that have their turn now."""
        if not ticket.waits:
            return []
        self._send_away(ticket, Bound.SECONDS)
        return self._let_in()

    def leave(self, ticket: Ticket) -> list[Ticket]:
        """Give a ticket back, whatever its standing; returns the tickets that have a turn now."""
        if ticket.waits:
            return self.waited_too_long(ticket)
        return self.done(ticket) if ticket.has_turn else []

    def _let_in(self) -> list[Ticket]:
        """Give turns while there are any to give."""
        let_in = []
        while self.waiting and (ticket := self._next()) is not None:
            heapq.heappop(self._quick if ticket.quick else self._costly)
            self._stop_waiting(ticket)
            self._begin(ticket)
            let_in.append(ticket)
        return let_in

    def _begin(self, ticket: Ticket) -> None:
        ticket.standing = Standing.HAS_TURN
        self.running += 1
        if not ticket.quick:
            self.running_costly += 1
            self._costly_memory += ticket.memory

    def _next(self) -> Ticket | None:
        """Return whose turn it is; of the costly only the first, or it would never have room."""
        quick, costly = (
            ticket if ticket is not None and self._can_begin(ticket) else None
            for ticket in (_first(self._quick), _first(self._costly))
        )
        if quick is None or costly is None:
            return quick or costly
        return min(quick, costly, key=lambda ticket: ticket.key)

    def _can_begin(self, ticket: Ticket) -> bool:
        if self.running >= self.children:
            return False
        if ticket.quick or not self.running_costly:
            return True
        if self.running_costly >= self.children - self.rules.kept_for_quick:
            return False
        most = self.rules.most_costly_memory
        return most is None or self._costly_memory + ticket.memory <= most

    def _full(self) -> Bound | None:
        rules = self.rules
        if rules.most_waiting is not None and self.waiting > rules.most_waiting:
            return Bound.COUNT
        if rules.most_work_waiting is not None and self.work_waiting > rules.most_work_waiting:
            return Bound.WORK
        return None

    def _last(self) -> Ticket:
        """Return the waiting ticket whose turn would come last."""
        return max(
            (entry for heap in (self._quick, self._costly) for entry in heap if _waits(entry)),
            key=lambda entry: entry[:2],
        )[2]

    def _send_away(self, ticket: Ticket, bound: Bound) -> Ticket:
        """Send a waiting ticket away; its place in the heap is passed over later."""
        ticket.standing, ticket.bound = Standing.SENT_AWAY, bound
        wait = seconds_of(self.work_waiting) / (self.children - self.rules.kept_for_quick)
        ticket.retry_after = max(1, min(_LONGEST_RETRY_SECONDS, round(wait)))
        self._stop_waiting(ticket)
        heap = self._quick if ticket.quick else self._costly
        if len(heap) > 2 * self.waiting + 16:
            heap[:] = [entry for entry in heap if _waits(entry)]
            heapq.heapify(heap)
        return ticket

    def _stop_waiting(self, ticket: Ticket) -> None:
        self.waiting -= 1
        self.work_waiting -= ticket.work


def _waits(entry: tuple[float, int, Ticket]) -> bool:
    return entry[2].waits


def _first(heap: list[tuple[float, int, Ticket]]) -> Ticket | None:
    while heap and not _waits(heap[0]):
        heapq.heappop(heap)
    return heap[0][2] if heap else None
