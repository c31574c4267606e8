import time

import pytest
from benchmarks.timing import Timed, in_turns, times_faster


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    # The machine was busy in the second and third round, for both sides alike.
    slower = Timed((10.0, 100.0, 60.0))
    faster = Timed((2.0, 20.0, 10.0))
    assert times_faster(slower, faster) == pytest.approx(5.0)  # of 5, 5 and 6
    assert times_faster(faster, slower) == pytest.approx(0.2)


def test_rounds_that_do_not_belong_together_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="shorter"):
        times_faster(Timed((1.0, 2.0)), Timed((1.0,)))


def test_sides_take_turns_and_the_next_round_goes_the_other_way() -> None:
    called: list[str] = []
    sides = {name: lambda name=name: called.append(name) for name in "abc"}
    timed = in_turns(sides, rounds=2)
    assert called == [*"abc", *"abc", *"cba"]  # the first time is for warming up
    assert all(len(side.rounds) == 2 for side in timed.values())


def test_no_round_begins_when_the_time_is_over() -> None:
    timed = in_turns({"slow": lambda: time.sleep(0.02)}, rounds=1000, most_seconds=0.05)
    assert 1 <= len(timed["slow"].rounds) <= 3
    assert timed["slow"].seconds >= 0.02
