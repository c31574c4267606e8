"""Sources take turns: a flood waits for itself, and no place is ever lost or given twice."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.hotline.limits.turns import NoTurnError, Turn, Turns

FLOOD, SOMEBODY, ANOTHER = b"flood", b"somebody", b"another"


def has_place(turn: Turn) -> bool:
    return turn.granted.done() and not turn.granted.cancelled() and not turn.granted.exception()


def served_in_order(turns: Turns, all_turns: list[Turn]) -> list[Turn]:
    """End whoever has the place, until nobody waits; returns the order in which they had it."""
    served: list[Turn] = []
    while holding := [turn for turn in all_turns if has_place(turn) and turn not in served]:
        assert len(holding) == 1
        served += holding
        holding[0].end()
    return served


def test_a_source_that_asks_two_hundred_times_delays_another_by_one_turn() -> None:
    turns = Turns(1, 500)
    flood = [turns.ask(FLOOD) for _ in range(200)]
    somebody, another = turns.ask(SOMEBODY), turns.ask(ANOTHER)
    again = turns.ask(SOMEBODY)
    served = served_in_order(turns, [*flood, somebody, another, again])
    assert served[:6] == [flood[0], flood[1], somebody, another, flood[2], again]
    assert served[6:] == flood[3:]


def test_when_too_many_wait_the_source_with_most_of_them_loses_its_newest() -> None:
    turns = Turns(1, 10)
    flood = [turns.ask(FLOOD) for _ in range(11)]
    assert not any(turn.granted.done() for turn in flood[1:])
    somebody = turns.ask(SOMEBODY)
    assert not somebody.granted.done()
    assert [turn for turn in flood if turn.granted.done()] == [flood[0], flood[-1]]
    with pytest.raises(NoTurnError):
        flood[-1].wait(0)
    assert turns.waiting() == 10
    last = turns.ask(FLOOD)
    with pytest.raises(NoTurnError):
        last.wait(0)


def test_who_comes_back_from_waiting_elsewhere_goes_first_and_is_never_turned_away() -> None:
    turns = Turns(1, 1)
    first, waiting = turns.ask(FLOOD), turns.ask(SOMEBODY)
    back = [turns.ask(ANOTHER, returning=True) for _ in range(3)]
    assert served_in_order(turns, [first, waiting, *back]) == [first, *back, waiting]


def test_who_stops_waiting_leaves_no_place_behind() -> None:
    turns = Turns(1, 10)
    first, impatient, patient = (turns.ask(name) for name in (FLOOD, SOMEBODY, ANOTHER))
    with pytest.raises(NoTurnError):
        impatient.wait(0.01)
    for _ in range(2):
        impatient.end()
        first.end()
    assert has_place(patient)
    patient.end()
    assert has_place(turns.ask(FLOOD))


@given(
    places=st.integers(1, 3),
    most_waiting=st.integers(0, 5),
    steps=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=60),
)
def test_whatever_comes_and_goes_the_places_are_all_used_and_none_twice(
    places: int, most_waiting: int, steps: list[tuple[int, int]]
) -> None:
    turns = Turns(places, most_waiting)
    all_turns: list[Turn] = []
    ended: set[Turn] = set()
    for source, which in steps:
        if source == 3 and all_turns:
            turn = all_turns[which % len(all_turns)]
            turn.end()
            ended.add(turn)
        else:
            all_turns.append(turns.ask(bytes([source])))
        holding = [turn for turn in all_turns if has_place(turn) and turn not in ended]
        waiting = [turn for turn in all_turns if not turn.granted.done() and turn not in ended]
        assert len(holding) <= places
        assert len(waiting) == turns.waiting() <= most_waiting
        assert not waiting or len(holding) == places


def test_threads_that_ask_wait_give_up_and_end_keep_the_count() -> None:
    turns, lock = Turns(3, 1000), threading.Lock()
    inside = most = 0

    def work(number: int) -> None:
        nonlocal inside, most
        for round_ in range(40):
            turn = turns.ask(bytes([number]), returning=round_ % 7 == 0)
            try:
                turn.wait(0.0005 if round_ % 5 == 0 else 30)
            except NoTurnError:
                continue
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0)
            with lock:
                inside -= 1
            turn.end()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))
    assert (inside, turns.waiting()) == (0, 0)
    assert 0 < most <= 3
    assert all(has_place(turns.ask(FLOOD)) for _ in range(3)), "no place was lost"
