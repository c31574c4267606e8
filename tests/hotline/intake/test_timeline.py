"""What a young person reads of what happened: in which order, and what is no longer said."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.hashlist.events import new_entry_id
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.entries.domain import Standing
from takeback.hotline.feedback.domain import FeedbackSummary, Outcome
from takeback.hotline.intake.domain.timeline import (
    FOUND,
    Fact,
    Happening,
    facts_of_picture,
    newest_first,
    still_true,
    summary_of,
)

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(
    fetched_after=st.integers(0, 999_999),
    stopped_after=st.integers(0, 3),
    value=st.sampled_from(FeedbackValue),
)
def test_a_code_arrives_before_a_copy_is_found(
    fetched_after: int, stopped_after: int, value: FeedbackValue
) -> None:
    """Gates give whole seconds, the hotline's own clock does not."""
    said_at = _NOON + timedelta(seconds=stopped_after)
    outcome = Outcome(
        new_entry_id(),
        "Skylark",
        _NOON,
        _NOON + timedelta(microseconds=fetched_after),
        None,
        (FeedbackSummary(value, 1, said_at, said_at),),
        True,
    )
    kinds = [fact.kind for fact in facts_of_picture(_NOON.date(), [outcome], datetime.date)]
    assert kinds[:2] == [Happening.LISTED, Happening.FETCHED]
    assert len(kinds) == 3


@given(
    held=st.booleans(),
    suspended=st.booleans(),
    withdrawn=st.booleans(),
    value=st.sampled_from(FeedbackValue),
)
def test_what_is_not_in_force_says_so_and_a_held_one_says_nothing_else(
    held: bool, suspended: bool, withdrawn: bool, value: FeedbackValue
) -> None:
    feedback = (FeedbackSummary(value, 1, _NOON, _NOON),)
    outcome = Outcome(new_entry_id(), "Skylark", _NOON, None, None, feedback, False)
    later = _NOON + timedelta(hours=1)
    times = [later if so else None for so in (held, suspended, withdrawn)]
    facts = facts_of_picture(_NOON.date(), [outcome], datetime.date, Standing(*times))
    kinds = [fact.kind for fact in facts]
    if held:
        assert kinds == [Happening.LOOKED_AT_FIRST]
        return
    assert kinds[0] is Happening.LISTED
    assert kinds[2:] == [Happening.OFF_FOR_NOW] * suspended + [Happening.TAKEN_OFF] * withdrawn
    # Nobody is told who asked.
    assert all(fact.platform == "" for fact in facts[2:])
    doubts = [fact for fact in facts if fact.kind is Happening.NOT_THE_SAME]
    assert all(fact.platform == "" for fact in doubts)


_PLATFORMS = ("Skylark", "Plover", "Quiet Place")
_LOOKING = frozenset({"Skylark", "Plover"})
_DAYS = st.dates(date(2026, 2, 20), date(2026, 3, 1))


@st.composite
def _facts(draw: st.DrawFn) -> list[Fact]:
    """Facts of one picture as `facts_of_picture` gives them, earliest first."""
    listed_on = draw(_DAYS)
    times = st.integers(0, 8 * 86_400).map(lambda after: _NOON - timedelta(seconds=after))
    outcomes = []
    for name in draw(st.sets(st.sampled_from(_PLATFORMS))):
        feedback = []
        for value in draw(st.sets(st.sampled_from(FeedbackValue))):
            at = draw(times)
            feedback.append(FeedbackSummary(value, draw(st.integers(1, 5)), at, at))
        fetched_at, looking = draw(st.none() | times), name in _LOOKING
        outcomes.append(
            Outcome(new_entry_id(), name, _NOON, fetched_at, None, tuple(feedback), looking)
        )
    suspended_at = draw(st.none() | st.just(_NOON))
    ended_at = draw(st.none() | st.just(_NOON + timedelta(hours=1)))
    withdrawn_on = draw(st.none() | _DAYS)
    standing = Standing(None, suspended_at, ended_at)
    return facts_of_picture(listed_on, outcomes, datetime.date, standing, withdrawn_on)


_CASES = st.dictionaries(st.integers(1, 9), _facts(), max_size=5)


@given(case=_CASES)
def test_a7_nothing_stale_is_said(case: dict[int, list[Fact]]) -> None:
    for facts in case.values():
        true = still_true(facts)
        kinds = {fact.kind for fact in true}
        ended = kinds & {Happening.OFF_FOR_NOW, Happening.TAKEN_OFF, Happening.WITHDRAWN}
        fetched = {fact.platform for fact in true if fact.kind is Happening.FETCHED}
        assert fetched <= _LOOKING, "a platform that is not known to look is not said to (A4)"
        got = {fact.platform for fact in true if fact.kind is Happening.GOT}
        assert got.isdisjoint(_LOOKING)
        assert not (ended and (fetched or got)), "nobody looks for what is not in force"
        assert not ((fetched or got) and Happening.LISTED in kinds)
        assert len(ended - {Happening.OFF_FOR_NOW}) == 0 or Happening.OFF_FOR_NOW not in ended


@given(case=_CASES)
def test_a7_what_is_dropped_was_stale_and_good_news_is_never_dropped(
    case: dict[int, list[Fact]],
) -> None:
    for facts in case.values():
        true = still_true(facts)
        for kind in set(Happening) - {
            Happening.LISTED,
            Happening.FETCHED,
            Happening.GOT,
            Happening.OFF_FOR_NOW,
        }:
            assert [fact for fact in true if fact.kind is kind] == [
                fact for fact in facts if fact.kind is kind
            ]
        assert true, "something can always be said of a picture"


@given(case=_CASES)
def test_a7_newest_first_and_the_counts_add_up(case: dict[int, list[Fact]]) -> None:
    lines = newest_first(case)
    assert [line.day for line in lines] == sorted((line.day for line in lines), reverse=True)
    assert len({(line.day, line.platform, line.kind) for line in lines}) == len(lines), (
        "what one platform did on a day to several pictures is one line"
    )
    for kind in FOUND:
        facts = [fact for each in case.values() for fact in each if fact.kind is kind]
        assert sum(fact.count for fact in facts) == sum(
            line.count for line in lines if line.kind is kind
        )
    said_of = Counter(number for line in lines for number in line.numbers)
    assert said_of == {
        number: len({(fact.day, fact.platform, fact.kind) for fact in facts})
        for number, facts in case.items()
        if facts
    }
    summary = summary_of(case)
    stops = [line for line in lines if line.kind is Happening.STOPPED]
    held = [line for line in lines if line.kind is Happening.HELD]
    assert summary.stopped == sum(line.count for line in stops)
    assert summary.held == sum(line.count for line in held)
    assert summary.last_stop == max((line.day for line in stops + held), default=None)


_HELD = FeedbackValue.PENDING_REVIEW
_BLOCKED = FeedbackValue.BLOCKED
_LEFT_UP = FeedbackValue.NOT_BLOCKED
_NOT_THE_SAME = FeedbackValue.NOT_THE_SAME


def _held_after(*feedback_given: tuple[FeedbackValue, int, int], platform: str = "Skylark") -> int:
    """The copies held, of what a platform said: value, count, and hours after noon."""
    feedback = []
    for value, count, hours in feedback_given:
        at = _NOON + timedelta(hours=hours)
        feedback.append(FeedbackSummary(value, count, at, at))
    other = FeedbackSummary(_BLOCKED, 9, _NOON, _NOON + timedelta(days=1))
    outcomes = [
        Outcome(new_entry_id(), "Plover", _NOON, None, None, (other,), False),
        Outcome(new_entry_id(), platform, _NOON, None, None, tuple(feedback), False),
    ]
    facts = still_true(facts_of_picture(_NOON.date(), outcomes, datetime.date))
    return summary_of({1: facts}).held


@pytest.mark.parametrize(
    ("feedback_given", "held"),
    [
        ([(_HELD, 3, 0), (_BLOCKED, 1, 1)], 2),
        ([(_HELD, 3, 0), (_LEFT_UP, 1, 1), (_NOT_THE_SAME, 1, 2)], 1),
        ([(_HELD, 1, 0), (_NOT_THE_SAME, 1, 1)], 0),
        ([(_HELD, 1, 0), (_BLOCKED, 1, 0)], 0),
        ([(_BLOCKED, 2, 0), (_HELD, 3, 1)], 1),
        ([(_BLOCKED, 5, 0), (_HELD, 1, 1)], 1),
    ],
    ids=[
        "one of three decided",
        "two of three decided",
        "not the same",
        "in one second",
        "held anew",
        "others stopped before",
    ],
)
def test_copies_held_are_those_that_their_platform_has_not_decided_on(
    feedback_given: list[tuple[FeedbackValue, int, int]], held: int
) -> None:
    assert _held_after(*feedback_given) == held


@given(
    holds=st.integers(1, 9),
    held_at=st.integers(0, 9),
    decisions=st.dictionaries(
        st.sampled_from([_BLOCKED, _LEFT_UP, _NOT_THE_SAME]),
        st.tuples(st.integers(1, 9), st.integers(0, 9)),
    ),
)
def test_copies_held_are_never_fewer_than_none_nor_more_than_were_held(
    holds: int, held_at: int, decisions: dict[FeedbackValue, tuple[int, int]]
) -> None:
    feedback_given = [(value, count, at) for value, (count, at) in decisions.items()]
    held = _held_after((_HELD, holds, held_at), *feedback_given)
    assert 0 <= held <= holds
    assert held >= holds - sum(count for count, _ in decisions.values())
    if all(at < held_at for _, at in decisions.values()):
        assert held, "nobody can have decided on it before it was held"
