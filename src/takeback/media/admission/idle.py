"""The children of a `Decoder` that nobody uses: quick pictures and costly ones take different ones.

A child that had a costly picture steps back for good (`nice`), because only a privileged parent
could raise its priority again. So costly pictures prefer a child that has stepped back, and quick
ones a child that has not.
"""

import threading
from typing import Generic, Protocol, TypeVar


class Child(Protocol):
    """What matters of a child here."""

    @property
    def stepped_back(self) -> bool:
        """Whether others have the processor before it."""


_Child = TypeVar("_Child", bound=Child)


class IdleChildren(Generic[_Child]):
    """For any number of threads; None stands for a child that is still to be started."""

    def __init__(self, places: int) -> None:
        """Begin with children that are still to be started."""
        self._idle: list[_Child | None] = [None] * places
        self._change = threading.Condition()

    def put(self, child: _Child | None) -> None:
        """Give a child back."""
        with self._change:
            self._idle.append(child)
            self._change.notify()

    def get(self, *, quick: bool = True) -> _Child | None:
        """Wait for a child; the one that worked last, whose memory is warm, of those that suit."""
        with self._change:
            while not self._idle:
                self._change.wait()
            latest = self._idle[-1]
            if latest is not None and latest.stepped_back != quick:
                return self._idle.pop()
            last = len(self._idle) - 1
            suits = [
                place
                for place, child in enumerate(self._idle)
                if child is not None and child.stepped_back != quick
            ]
            unused = [place for place, child in enumerate(self._idle) if child is None]
            return self._idle.pop((suits or unused or [last])[-1])
