"""What happened so far, as dated facts about each picture; the page puts them into sentences."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.entries.domain import Standing
from takeback.hotline.feedback.domain import FeedbackSummary, Outcome


class Happening(StrEnum):
    """One kind of fact about one picture."""

    LISTED = "listed"
    LOOKED_AT_FIRST = "looked_at_first"
    """It waits for somebody at the hotline."""
    OFF_FOR_NOW = "off_for_now"
    TAKEN_OFF = "taken_off"
    WITHDRAWN = "withdrawn"
    """The young person stopped looking for copies of it."""
    FETCHED = "fetched"
    """A platform got the code of the picture, and is known to look for copies of it."""
    GOT = "got"
    """A platform got it, and nothing says whether it looks."""
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

NOT_IN_FORCE = frozenset({Happening.OFF_FOR_NOW, Happening.TAKEN_OFF, Happening.WITHDRAWN})
"""Nobody looks for copies of the picture."""

_DECIDED = frozenset({FeedbackValue.BLOCKED, FeedbackValue.NOT_BLOCKED, FeedbackValue.NOT_THE_SAME})
"""What somebody at a platform says of a copy that was held."""
_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    """Something that happened, how many times, and the day it last did.

    `at`: when, where more than the day is known; it orders the facts of a day, and is never shown.
    """

    kind: Happening
    day: date
    platform: str = ""
    count: int = 1
    at: datetime | None = None


@dataclass(frozen=True)
class Line:
    """The same fact about one or more pictures: `count` is of all, `numbers` says which."""

    kind: Happening
    day: date
    platform: str
    count: int
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Summary:
    """What the page says first.

    `stopped`: copies of all pictures; `held`: those stopped for now, on which somebody there has
    not decided; `last_stop`: the day of the last of both, None before the first; `left_up`: copies
    that were seen and not stopped; `looking`: the platforms of which it is known that they look for
    copies of a picture now; `in_force`: how many pictures are on the list; `looked_at_first`: how
    many wait for a person.
    """

    stopped: int
    held: int
    left_up: int
    last_stop: date | None
    looking: tuple[str, ...]
    in_force: int
    looked_at_first: int


def facts_of_picture(
    listed_on: date,
    outcomes: Iterable[Outcome],
    day_of: Callable[[datetime], date],
    standing: Standing | None = None,
    withdrawn_on: date | None = None,
) -> list[Fact]:
    """The facts about one entry, earliest first; being listed is the first of all.

    `day_of` says on which day of the reader's calendar a time falls; `standing`, whether the entry
    is in force; `withdrawn_on`, when the reader took it off themselves. Nobody is told why it is
    not in force, or which platforms doubted it. Of copies that a platform held, those are left on
    which it has not decided.
    """
    if standing is not None and standing.held_at is not None:
        return [Fact(Happening.LOOKED_AT_FIRST, listed_on)]
    dated: list[tuple[datetime, Fact]] = []
    doubts: list[datetime] = []
    if standing is not None:
        taken_off = standing.withdrawn_at if withdrawn_on is None else None
        dated += [
            (at, Fact(kind, day_of(at), at=at))
            for kind, at in (
                (Happening.OFF_FOR_NOW, standing.suspended_at),
                (Happening.TAKEN_OFF, taken_off),
            )
            if at is not None
        ]
    for outcome in outcomes:
        name = outcome.platform
        if outcome.fetched_at:
            at = outcome.fetched_at
            kind = Happening.FETCHED if outcome.looking else Happening.GOT
            dated.append((at, Fact(kind, day_of(at), name, at=at)))
        for feedback in outcome.feedback:
            if feedback.value is FeedbackValue.NOT_THE_SAME:
                doubts.append(feedback.first)
                continue
            at = feedback.last
            kind = _OF_FEEDBACK[feedback.value]
            count = feedback.count
            if kind is Happening.HELD:
                count = _still_held(feedback, outcome.feedback)
            if count:
                dated.append((at, Fact(kind, day_of(at), name, count, at)))
    if doubts:
        at = min(doubts)
        dated.append((at, Fact(Happening.NOT_THE_SAME, day_of(at), at=at)))
    # Gates give whole seconds: within one, the order above holds, so that nobody reads of a copy
    # that was stopped before the code had arrived.
    dated.sort(key=lambda pair: (pair[0].replace(microsecond=0), *_order(pair[1])))
    facts = [Fact(Happening.LISTED, listed_on), *(fact for _, fact in dated)]
    return facts if withdrawn_on is None else [*facts, Fact(Happening.WITHDRAWN, withdrawn_on)]


def still_true(facts: Sequence[Fact]) -> list[Fact]:
    """The facts of one picture without those that something later made stale, in their order."""
    kinds = {fact.kind for fact in facts}
    ended = not kinds.isdisjoint(NOT_IN_FORCE)
    over = not kinds.isdisjoint({Happening.TAKEN_OFF, Happening.WITHDRAWN})
    true: list[Fact] = []
    for fact in facts:
        match fact.kind:
            case Happening.FETCHED | Happening.GOT if ended:
                continue
            case Happening.OFF_FOR_NOW if over:
                continue
            case _:
                true.append(fact)
    if any(fact.kind in {Happening.FETCHED, Happening.GOT} for fact in true):
        true = [fact for fact in true if fact.kind is not Happening.LISTED]
    return true


def newest_first(facts_by_number: Mapping[int, Sequence[Fact]]) -> list[Line]:
    """The facts of all pictures, newest first.

    What one platform did on one day to several pictures is one line.
    """
    groups: dict[tuple[date, Happening, str], list[tuple[int, Fact]]] = {}
    for number, facts in facts_by_number.items():
        for fact in facts:
            groups.setdefault((fact.day, fact.kind, fact.platform), []).append((number, fact))

    def age(key: tuple[date, Happening, str]) -> tuple[date, int, datetime, str]:
        newest = max((fact.at or _OLDEST for _, fact in groups[key]), default=_OLDEST)
        return key[0], _place_in_day(key[1]), newest, key[2]

    return [
        Line(
            kind,
            day,
            platform,
            sum(fact.count for _, fact in groups[day, kind, platform]),
            tuple(sorted({number for number, _ in groups[day, kind, platform]})),
        )
        for day, kind, platform in sorted(groups, key=age, reverse=True)
    ]


def summary_of(facts_by_number: Mapping[int, Sequence[Fact]]) -> Summary:
    """What the facts that are still true come to."""
    facts = [fact for each in facts_by_number.values() for fact in each]
    counts = Counter[Happening]()
    for fact in facts:
        counts[fact.kind] += fact.count
    stops = [fact for fact in facts if fact.kind in {Happening.STOPPED, Happening.HELD}]
    looking = {fact.platform for fact in facts if fact.kind is Happening.FETCHED}
    return Summary(
        stopped=counts[Happening.STOPPED],
        held=counts[Happening.HELD],
        left_up=counts[Happening.LEFT_UP],
        last_stop=max((fact.day for fact in stops), default=None),
        looking=tuple(sorted(looking, key=str.casefold)),
        in_force=sum(
            {fact.kind for fact in each}.isdisjoint({*NOT_IN_FORCE, Happening.LOOKED_AT_FIRST})
            for each in facts_by_number.values()
        ),
        looked_at_first=counts[Happening.LOOKED_AT_FIRST],
    )


def _still_held(held: FeedbackSummary, feedback: Iterable[FeedbackSummary]) -> int:
    """How many of the copies that one platform held it has not decided on yet.

    `feedback`: all that this platform said of the picture. What it stopped at once counts as
    decided too, for nothing tells it apart; but a copy held after the last decision waits.
    """
    decided = [each for each in feedback if each.value in _DECIDED]
    newest = max((each.last for each in decided), default=_OLDEST)
    at_least = 1 if held.last > newest else 0
    return max(at_least, held.count - sum(each.count for each in decided))


def _order(fact: Fact) -> tuple[bool, str]:
    return fact.kind is Happening.NOT_THE_SAME, fact.platform


def _place_in_day(kind: Happening) -> int:
    """What is known to the day alone: being listed came first on it, and stopping came last."""
    return {Happening.LISTED: 0, Happening.WITHDRAWN: 2}.get(kind, 1)
