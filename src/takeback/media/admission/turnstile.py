"""Lets threads into the children of a `Decoder`, each in its turn and with what it is granted."""

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Final, NamedTuple

from takeback.media.admission.grants import Grant, grant_for, whole_grant
from takeback.media.admission.prediction import Prediction
from takeback.media.admission.turns import Ticket, TurnRules, Turns
from takeback.media.errors import DecoderBusy
from takeback.media.limits import Limits

_DISTRUST_SECONDS: Final = 60.0
"""How long no picture of a kind is quick after one of them cost a child more than it promised."""


@dataclass(frozen=True)
class Load:
    """What a `Decoder` has to do, and what became of all it was ever asked.

    `waiting`, `running`: pictures; `work_waiting`: predicted pixels of ordinary work. The rest only
    grows. `decodings`: turns asked for, by `quick` and `costly`, and `predicted` their work;
    `waited`: pictures that had to wait, and `seconds_waited` how long all of them did; `sent_away`:
    by the bound that was full; `overran`: by media type, those that cost a child more than they
    promised.
    """

    waiting: int
    work_waiting: int
    running: int
    decodings: dict[str, int]
    predicted: dict[str, int]
    waited: int
    seconds_waited: float
    sent_away: dict[str, int]
    overran: dict[str, int]


class Turn(NamedTuple):
    """That a picture may have a child now, and what it may use there."""

    ticket: Ticket
    grant: Grant

    @property
    def quick(self) -> bool:
        """Whether it may have a child that is kept for quick pictures."""
        return self.ticket.quick


class Turnstile:
    """The turns of one `Decoder`, for any number of threads."""

    def __init__(self, rules: TurnRules, children: int, limits: Limits) -> None:
        """Let nobody in yet; raises ValueError as `Turns` does."""
        self._rules = rules
        self._limits = limits
        self._lock = threading.Lock()
        self._turns = Turns(rules, children)
        self._called: dict[Ticket, threading.Event] = {}
        self._distrusted: dict[str, float] = {}
        self._decodings: Counter[str] = Counter()
        self._predicted: Counter[str] = Counter()
        self._sent_away: Counter[str] = Counter()
        self._overran: Counter[str] = Counter()
        self._waited = 0
        self._seconds_waited = 0.0

    def await_turn(self, media_type: str, prediction: Prediction | None) -> Turn:
        """Wait for a child to be free for this picture; give the turn back with `end`.

        `prediction`: None if the worst is to be expected. Raises DecoderBusy if it can't wait, or
        has waited too long.
        """
        limits = self._limits
        grant = grant_for(prediction, limits) if prediction else whole_grant(limits)
        work = min(prediction.work, limits.max_pixels) if prediction else limits.max_pixels
        ticket = self._await(
            media_type, work, limits.max_memory if grant.memory is None else grant.memory
        )
        return Turn(ticket, grant)

    def end(self, turn: Turn) -> None:
        """Let the next one in."""
        with self._lock:
            self._call(self._turns.done(turn.ticket))

    def overran(self, media_type: str) -> None:
        """Hear that a picture of this kind cost a child more than it had promised."""
        with self._lock:
            self._overran[media_type] += 1
            self._distrusted[media_type] = time.monotonic() + _DISTRUST_SECONDS

    def load(self) -> Load:
        """Return what there is to do now, and the counts so far."""
        with self._lock:
            turns = self._turns
            return Load(
                turns.waiting,
                turns.work_waiting,
                turns.running,
                dict(self._decodings),
                dict(self._predicted),
                self._waited,
                self._seconds_waited,
                dict(self._sent_away),
                dict(self._overran),
            )

    def _await(self, media_type: str, work: int, memory: int) -> Ticket:
        """Return a ticket whose turn it is; raises DecoderBusy."""
        began = time.monotonic()
        with self._lock:
            trusted = self._distrusted.get(media_type, 0.0) <= began
            ticket, changed = self._turns.ask(work, memory, began, trusted=trusted)
            lane = "quick" if ticket.quick else "costly"
            self._decodings[lane] += 1
            self._predicted[lane] += work
            self._call(changed)
            if ticket.has_turn:
                return ticket
            called = self._called.setdefault(ticket, threading.Event())
        try:
            if ticket.waits:
                called.wait(self._rules.most_seconds_waiting)
        except BaseException:  # interrupted: it may have been called just now
            with self._lock:
                self._call(self._turns.leave(ticket))
            raise
        finally:
            with self._lock:
                del self._called[ticket]
                self._call(self._turns.waited_too_long(ticket))
                self._waited += 1
                self._seconds_waited += time.monotonic() - began
        if ticket.has_turn:
            return ticket
        with self._lock:
            self._sent_away[ticket.bound.value if ticket.bound else ""] += 1
        raise DecoderBusy(
            "Too many pictures are being read. "
            f"Try again in {ticket.retry_after} second{'s' * (ticket.retry_after > 1)}.",
            retry_after=ticket.retry_after,
        )

    def _call(self, changed: list[Ticket]) -> None:
        """Wake the threads of these tickets; the lock is held."""
        for ticket in changed:
            if (called := self._called.get(ticket)) is not None:
                called.set()
