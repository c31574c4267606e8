"""The order of turns: by example, and by a machine that asks, ends and gives up at random."""

from typing import cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from takeback.media.admission.turns import PATIENCE, Bound, Standing, Ticket, TurnRules, Turns

_QUICK, _COSTLY = 1_000_000, 100_000_000
_SMALL, _LARGE = 10 << 20, 1700 << 20
_RULES = TurnRules(
    kept_for_quick=1,
    most_costly_memory=1792 << 20,
    most_waiting=6,
    most_work_waiting=250_000_000,
    most_seconds_waiting=4.0,
)


def _ask(turns: Turns, work: int, now: float, memory: int | None = None) -> Ticket:
    return turns.ask(work, memory or (_LARGE if work >= _COSTLY else _SMALL), now)[0]


def test_a_child_is_kept_for_quick_pictures() -> None:
    turns = Turns(_RULES, children=2)
    first, second = (_ask(turns, _COSTLY, now) for now in (0.0, 0.1))
    assert (first.standing, second.standing) == (Standing.HAS_TURN, Standing.WAITING)
    quick = [_ask(turns, _QUICK, 0.2) for _ in range(2)]
    assert [ticket.has_turn for ticket in quick] == [True, False]
    assert turns.done(quick[0]) == [quick[1]]
    assert turns.done(first) == [second]


def test_both_children_take_quick_pictures_while_nothing_else_is_there() -> None:
    turns = Turns(_RULES, children=2)
    assert all(_ask(turns, _QUICK, 0.0).has_turn for _ in range(2))


def test_the_cheaper_goes_first_and_nobody_is_overtaken_for_ever() -> None:
    turns = Turns(TurnRules(), children=1)
    under_way = _ask(turns, _QUICK, 0.0)
    dear = _ask(turns, 40_000_000, 1.0)  # a second of work
    cheap = _ask(turns, _QUICK, 1.0 + PATIENCE / 2)
    late = _ask(turns, _QUICK, 1.0 + PATIENCE)
    order = [under_way]
    while following := turns.done(order[-1]):
        order += following
    assert order == [under_way, cheap, dear, late]


def test_costly_pictures_share_their_memory_and_wait_in_order() -> None:
    turns = Turns(TurnRules(kept_for_quick=1, most_costly_memory=1000), children=8)
    first = _ask(turns, _COSTLY, 0.0, 600)
    too_large_for_now = _ask(turns, _COSTLY, 1.0, 500)
    would_fit = _ask(turns, _COSTLY, 2.0, 100)
    assert [t.has_turn for t in (first, too_large_for_now, would_fit)] == [True, False, False]
    assert turns.done(first) == [too_large_for_now, would_fit]
    alone = _ask(turns, _COSTLY, 3.0, 5000)
    turns.done(too_large_for_now)
    assert turns.done(would_fit) == [alone]


def test_what_costs_most_is_sent_away_first() -> None:
    turns = Turns(_RULES, children=2)
    _ask(turns, _COSTLY, 0.0)
    waiting = [_ask(turns, _COSTLY, now) for now in (0.1, 0.2, 0.3)]
    assert [ticket.bound for ticket in waiting] == [None, None, Bound.WORK]
    assert waiting[2].retry_after > 1
    middling = _ask(turns, 90_000_000, 0.4)
    assert (middling.bound, waiting[1].bound) == (None, Bound.WORK)
    _ask(turns, _QUICK, 0.5)
    quick = [_ask(turns, _QUICK, 0.5) for _ in range(5)]
    assert [ticket.bound for ticket in (waiting[0], middling)] == [Bound.COUNT, None]
    assert all(ticket.waits for ticket in quick)


def test_who_has_waited_too_long_is_sent_away_once() -> None:
    turns = Turns(TurnRules(most_seconds_waiting=4), children=1)
    under_way, waiting = (_ask(turns, _QUICK, 0.0) for _ in range(2))
    assert turns.waited_too_long(waiting) == []
    assert (waiting.standing, waiting.bound) == (Standing.SENT_AWAY, Bound.SECONDS)
    assert turns.waited_too_long(under_way) == []
    assert under_way.has_turn
    assert turns.done(under_way) == []
    assert turns.waiting == turns.work_waiting == turns.running == 0


def test_without_trust_nothing_is_quick_but_the_order_stays() -> None:
    turns = Turns(_RULES, children=2)
    costly, waiting = _ask(turns, _COSTLY, 0.0), _ask(turns, _COSTLY, 0.1)
    distrusted, _ = turns.ask(_QUICK, _SMALL, 0.2, trusted=False)
    assert not distrusted.has_turn
    assert turns.done(costly) == [distrusted]
    assert turns.done(distrusted) == [waiting]


def test_rules_that_leave_no_child_or_are_negative_are_refused() -> None:
    with pytest.raises(ValueError, match="At least one child"):
        Turns(_RULES, children=1)
    with pytest.raises(ValueError, match="most_waiting"):
        TurnRules(most_waiting=-1)


class _Pool(RuleBasedStateMachine):
    """Pictures come and go; time goes on; what must always hold is looked at after each step."""

    tickets = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.turns = Turns(_RULES, children=3)
        self.all: list[Ticket] = []

    @rule(
        target=tickets,
        work=st.sampled_from([0, 1, _QUICK, 8_000_000, 8_000_001, 40_000_000, _COSTLY]),
        memory=st.sampled_from([0, _SMALL, 160 << 20, 900 << 20, _LARGE, 4 << 30]),
        trusted=st.booleans(),
    )
    def ask(self, work: int, memory: int, trusted: bool) -> object:
        before = [ticket for ticket in self.all if ticket.waits]
        ticket, changed = self.turns.ask(work, memory, self.now, trusted=trusted)
        self.all.append(ticket)
        for other in changed:
            assert other is ticket or other in before
            assert not other.waits
        away = [other for other in changed if other.standing is Standing.SENT_AWAY]
        kept = [other for other in self.all if other.waits]
        assert all(
            other.bound and other.key >= max_kept for other in away for max_kept in _keys(kept)
        )
        return ticket if ticket.standing is not Standing.SENT_AWAY else multiple()

    @rule(seconds=st.floats(0, 30))
    def go_on(self, seconds: float) -> None:
        self.now += seconds

    @rule(ticket=consumes(tickets))
    def leave(self, ticket: Ticket) -> None:
        let_in = self.turns.leave(ticket)
        assert all(other.has_turn for other in let_in)

    @rule(ticket=tickets)
    def wait_too_long(self, ticket: Ticket) -> None:
        waited = ticket.waits
        self.turns.waited_too_long(ticket)
        assert not waited or ticket.bound is Bound.SECONDS

    @invariant()
    def the_counts_are_true(self) -> None:
        waiting = [ticket for ticket in self.all if ticket.waits]
        running = [ticket for ticket in self.all if ticket.has_turn]
        turns = self.turns
        assert turns.waiting == len(waiting)
        assert turns.work_waiting == sum(ticket.work for ticket in waiting)
        assert turns.running == len(running)
        assert turns.running_costly == sum(not ticket.quick for ticket in running)

    @invariant()
    def no_bound_is_passed(self) -> None:
        running = [ticket for ticket in self.all if ticket.has_turn]
        costly = [ticket for ticket in running if not ticket.quick]
        assert len(running) <= 3
        assert len(costly) <= 2
        most = cast(int, _RULES.most_costly_memory)
        assert len(costly) <= 1 or sum(ticket.memory for ticket in costly) <= most
        assert self.turns.waiting <= cast(int, _RULES.most_waiting)
        assert self.turns.work_waiting <= cast(int, _RULES.most_work_waiting)

    @invariant()
    def no_child_idles_while_a_picture_may_have_it(self) -> None:
        running = [ticket for ticket in self.all if ticket.has_turn]
        waiting = [ticket for ticket in self.all if ticket.waits]
        if len(running) < 3:
            assert not any(ticket.quick for ticket in waiting)
        if not any(not ticket.quick for ticket in running) and len(running) < 3:
            assert not waiting


def _keys(tickets: list[Ticket]) -> list[float]:
    return [ticket.key for ticket in tickets]


_Pool.TestCase.settings = settings(max_examples=60, stateful_step_count=60)
TestPool = _Pool.TestCase
