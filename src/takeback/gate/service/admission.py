"""Which uploads may lie in memory, by bytes that came: what is only announced takes no place."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

BUSY = "The gate is busy. Try again in a second."


class RequestProblem(Exception):  # noqa: N818 - it becomes the `Problem` of an answer
    """A request that is refused: the status, a word for programs, a sentence for people."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


class MemoryBudget:
    """How many bytes of uploads may lie in memory at a time; for one event loop only.

    Where there is no room for the next bytes of an upload, the largest body that is still on its
    way is given up for it, if that is larger: whoever sends much and then stops holds up nobody
    who sends less.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.left = most_bytes
        self.given_up = 0
        """Bodies that were told `busy` so far, themselves or for the sake of others."""
        self._arriving: set[Reservation] = set()

    @contextmanager
    def reservation(self) -> Iterator["Reservation"]:
        """Give a reservation that ends with the block."""
        held = Reservation(self)
        try:
            yield held
        finally:
            self.give_back(held)

    def take(self, held: "Reservation", wanted: int) -> None:
        """Give so many bytes more; raises RequestProblem if they can't be had."""
        while wanted > self.left:
            largest = max(self._arriving, key=lambda other: other.taken, default=held)
            if largest.taken <= held.taken + wanted:
                self.given_up += 1
                raise RequestProblem(503, "busy", BUSY)
            self.give_back(largest)
            largest.give_up()
            self.given_up += 1
        self.left -= wanted
        held.taken += wanted

    def give_back(self, held: "Reservation") -> None:
        """Take back what a reservation holds; harmless the second time."""
        self.left += held.taken
        held.taken = 0
        self._arriving.discard(held)

    def arriving(self, held: "Reservation") -> None:
        """Hear that the body of a request is on its way, and can be given up."""
        self._arriving.add(held)

    def arrived(self, held: "Reservation") -> None:
        """Hear that a body is there."""
        self._arriving.discard(held)


class Reservation:
    """What one request has taken of a budget."""

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._until: asyncio.Timeout | None = None
        self._given_up = False
        self.taken = 0

    def take(self, wanted: int) -> None:
        """Take so many bytes more; raises RequestProblem if they can't be had."""
        if self._given_up:
            raise RequestProblem(503, "busy", BUSY)
        self._budget.take(self, wanted)

    @asynccontextmanager
    async def while_arriving(self, most_seconds: float) -> AsyncIterator[None]:
        """Bound the block in which the body is read; raises RequestProblem if it takes longer."""
        self._budget.arriving(self)
        try:
            async with asyncio.timeout(most_seconds) as self._until:
                yield
        except TimeoutError as error:
            if self._given_up:
                raise RequestProblem(503, "busy", BUSY) from error
            message = f"The body was not there after {most_seconds:.0f} seconds."
            raise RequestProblem(408, "too_slow", message) from error
        finally:
            self._budget.arrived(self)

    def give_up(self) -> None:
        """End the wait for the rest of the body, at once."""
        self._given_up = True
        if self._until is not None:
            self._until.reschedule(asyncio.get_running_loop().time())
