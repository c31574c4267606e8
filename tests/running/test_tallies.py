"""However often strangers do something, the log says so seldom, and how often it was."""

import logging

import pytest

from takeback.running.tallies import FewOfAKind, Tally

log = logging.getLogger("takeback.tests.tallies")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_tally_says_once_in_a_while_how_many_of_each_kind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    tally = Tally(log, seconds=60, clock=clock)
    for second in range(100):
        clock.now = float(second)
        for _ in range(7):
            tally.count("odd requests")
        tally.count("slow requests")
        tally.report()
    assert [record.getMessage() for record in caplog.records] == [
        "Refused: 7 × odd requests, 1 × slow requests.",
        "Refused: 420 × odd requests, 60 × slow requests.",
    ]


def test_a_tally_of_nothing_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    Tally(log, clock=Clock()).report()
    assert caplog.records == []


def written(few: FewOfAKind, message: str, *values: object) -> str | None:
    record = log.makeRecord(log.name, logging.WARNING, "", 0, message, values, None)
    return record.getMessage() if few.filter(record) else None


def test_one_record_of_a_kind_is_written_and_the_next_says_how_many_were_not() -> None:
    clock = Clock()
    few = FewOfAKind(seconds=60, clock=clock)
    assert written(few, "%s failed", "this") == "this failed"
    assert [written(few, "%s failed", number) for number in range(5)] == [None] * 5
    assert written(few, "another kind") == "another kind"
    clock.now = 60.0
    assert written(few, "%s failed", "that") == "that failed (and 5 more like it)"
    clock.now = 120.0
    assert written(few, "%s failed", "that") == "that failed"


def test_kinds_can_be_told_apart_by_what_they_say() -> None:
    few = FewOfAKind(kind=logging.LogRecord.getMessage, clock=Clock())
    assert written(few, "a fork of %s", "one") == "a fork of one"
    assert written(few, "a fork of %s", "two") == "a fork of two"
    assert written(few, "a fork of %s", "one") is None
