"""What happened so far, as dated facts in the order of time; the page puts them into sentences."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.entries.domain import Standing
from takeback.hotline.feedback.domain import Outcome


class Happening(StrEnum):
    """One kind of fact about one picture."""

    LISTED = "listed"
    LOOKED_AT_FIRST = "looked_at_first"
    """It waits for somebody at the hotline."""
    OFF_FOR_NOW = "off_for_now"
    TAKEN_OFF = "taken_off"
    FETCHED = "fetched"
    STOPPED = "stopped"
    HELD = "held"
    LEFT_UP = "left_up"
    NOT_THE_SAME = "not_the_same"
    """Somebody found that a copy is another picture; nobody is told who."""


_OF_FEEDBACK: Mapping[FeedbackValue, Happening] = {
    FeedbackValue.BLOCKED: Happening.STOPPED,
    FeedbackValue.PENDING_REVIEW: Happening.HELD,
    FeedbackValue.NOT_BLOCKED: Happening.LEFT_UP,
}

FOUND = frozenset({Happening.STOPPED, Happening.HELD, Happening.LEFT_UP})
"""A copy of the picture turned up."""


@dataclass(frozen=True)
class Fact:
    """Something that happened, the day it first did, and how many times it has since."""

    kind: Happening
    day: date
    platform: str = ""
    count: int = 1


def facts_of_picture(
    listed_on: date,
    outcomes: Iterable[Outcome],
    day_of: Callable[[datetime], date],
    standing: Standing | None = None,
) -> list[Fact]:
    """The facts about one entry, earliest first; being listed is the first of all.

    `day_of` says on which day of the reader's calendar a time falls; `standing`, whether the entry
    is in force. Nobody is told why it is not, or which platforms doubted it.
    """
    if standing is not None and standing.held_at is not None:
        return [Fact(Happening.LOOKED_AT_FIRST, listed_on)]
    dated: list[tuple[datetime, Fact]] = []
    doubts: list[datetime] = []
    if standing is not None:
        dated += [
            (at, Fact(kind, day_of(at)))
            for kind, at in (
                (Happening.OFF_FOR_NOW, standing.suspended_at),
                (Happening.TAKEN_OFF, standing.withdrawn_at),
            )
            if at is not None
        ]
    for outcome in outcomes:
        name = outcome.platform
        if outcome.fetched_at:
            fact = Fact(Happening.FETCHED, day_of(outcome.fetched_at), name)
            dated.append((outcome.fetched_at, fact))
        for feedback in outcome.feedback:
            if feedback.value is FeedbackValue.NOT_THE_SAME:
                doubts.append(feedback.first)
                continue
            fact = Fact(_OF_FEEDBACK[feedback.value], day_of(feedback.first), name, feedback.count)
            dated.append((feedback.first, fact))
    if doubts:
        dated.append((min(doubts), Fact(Happening.NOT_THE_SAME, day_of(min(doubts)))))
    # Gates give whole seconds: within one, the order above holds, so that nobody reads of a copy
    # that was stopped before the code had arrived.
    dated.sort(key=lambda pair: (pair[0].replace(microsecond=0), *_order(pair[1])))
    return [Fact(Happening.LISTED, listed_on), *(fact for _, fact in dated)]


def _order(fact: Fact) -> tuple[bool, str]:
    return fact.kind is Happening.NOT_THE_SAME, fact.platform
