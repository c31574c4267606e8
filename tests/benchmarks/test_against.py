import json

import pytest
from benchmarks.against.options import LEAST_RATIO, WORKLOADS, parse
from benchmarks.against.pairs import Comparison, Pair, Unit, in_pairs, slower
from benchmarks.against.table import ratios_line


def of_times(*pairs: tuple[float, float]) -> Comparison:
    return Comparison("a thing", Unit.SECONDS, tuple(Pair(*pair) for pair in pairs))


def test_less_time_is_faster() -> None:
    assert of_times((1.0, 2.0)).ratio == 2.0
    assert of_times((2.0, 1.0)).ratio == 0.5


def test_more_events_a_second_are_faster() -> None:
    rate = Comparison("publishing", Unit.EVENTS_A_SECOND, (Pair(new=3000.0, old=2000.0),))
    assert rate.ratio == 1.5


def test_the_ratio_is_the_median_of_the_pairs_own_ratios_not_the_ratio_of_medians() -> None:
    # The machine was ten times as slow during the second and the third pair, for both sides alike.
    comparison = of_times((1.0, 2.0), (10.0, 20.0), (30.0, 30.0))
    assert comparison.ratio == 2.0
    assert (comparison.new, comparison.old) == (10.0, 20.0)


def test_the_spread_holds_the_middle_half_of_the_ratios() -> None:
    comparison = of_times((1.0, 1.0), (1.0, 2.0), (1.0, 3.0), (1.0, 4.0), (1.0, 100.0))
    assert comparison.ratio == 3.0
    assert comparison.spread == (2.0, 4.0)
    assert of_times((1.0, 2.0)).spread == (2.0, 2.0)


def test_nothing_measured_is_no_comparison() -> None:
    with pytest.raises(ValueError, match="Nothing was measured"):
        of_times()


def test_neither_side_always_comes_first_and_a_later_pair_goes_on() -> None:
    order: list[str] = []

    def side(name: str, seconds: float) -> float:
        order.append(name)
        return seconds

    pairs = in_pairs(3, lambda: side("new", 1.0), lambda: side("old", 2.0))
    pairs += in_pairs(1, lambda: side("new", 1.0), lambda: side("old", 2.0), first=3)
    assert order == ["new", "old", "old", "new", "new", "old", "old", "new"]
    assert pairs == [Pair(new=1.0, old=2.0)] * 4


def test_only_a_median_under_the_limit_is_slower() -> None:
    as_fast, a_little, too_slow = (of_times((new, 1.0)) for new in (1.0, 1 / 0.98, 1 / 0.96))
    assert slower([as_fast, a_little, too_slow], LEAST_RATIO) == [too_slow]
    assert slower([too_slow], 0.9) == []
    # One bad pair of many is no verdict.
    assert slower([of_times((1.0, 1.0), (9.0, 1.0), (1.0, 1.0))], LEAST_RATIO) == []


def test_the_last_line_is_one_object_of_the_ratios() -> None:
    comparison = Comparison("matching, single, 1,000,000", Unit.MICROSECONDS, (Pair(1.0, 1.25),))
    line = ratios_line([comparison])
    assert "\n" not in line
    assert json.loads(line) == {"matching_single_1000000": 1.25}


def test_without_options_everything_is_measured_in_full() -> None:
    options = parse(["HEAD"])
    assert options.only == set(WORKLOADS)
    assert options.least == LEAST_RATIO
    assert (options.sizes.entries, options.sizes.changes, options.sizes.gates) == (
        1_000_000,
        10_000,
        50,
    )


def test_parts_and_sizes_can_be_chosen() -> None:
    options = parse(["HEAD", "--only", "hashing,cold", "--entries", "5000", "--pairs", "3"])
    assert options.only == {"hashing", "cold"}
    assert (options.sizes.entries, options.sizes.backlog, options.sizes.changes) == (
        5000,
        5000,
        500,
    )
    assert (options.sizes.turns, options.sizes.cold) == (3, 3)


@pytest.mark.parametrize("wrong", [["--only", "hashign"], ["--pairs", "0"], ["--entries", "-1"]])
def test_what_can_not_be_meant_is_refused(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(["HEAD", *wrong])
    assert capsys.readouterr().err
