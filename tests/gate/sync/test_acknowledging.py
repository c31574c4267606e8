"""A hotline hears what is in force, and on a quiet list hears it again once a day."""

import logging
from dataclasses import dataclass

import pytest

from takeback.gate.sync.acknowledging import Acknowledging
from takeback.gate.sync.client import HotlineClient
from takeback.matching.snapshot import SnapshotSource
from tests.support.log_server import ORIGIN, Log

HOUR = 3600.0
FIRST = SnapshotSource(ORIGIN, 2, bytes(32))
SECOND = SnapshotSource(ORIGIN, 3, bytes(range(32)))


@dataclass
class Clock:
    """Seconds that pass as a test says; it begins where a machine was started just now."""

    now: float = 1.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def acknowledging(client: HotlineClient, clock: Clock) -> Acknowledging:
    return Acknowledging(client, clock)


def sizes(log: Log) -> list[int]:
    return [size for size, _ in log.acknowledged]


def test_a_day_after_the_last_time_it_is_said_again_and_no_sooner(
    log: Log, acknowledging: Acknowledging, clock: Clock
) -> None:
    acknowledging.tell(FIRST)
    assert sizes(log) == [2]
    for day in range(3):
        clock.now += 23 * HOUR
        acknowledging.tell(FIRST)
        assert len(log.acknowledged) == day + 1
        clock.now += 2 * HOUR
        acknowledging.tell(FIRST)
        assert len(log.acknowledged) == day + 2
    assert sizes(log) == [2, 2, 2, 2]


def test_what_is_new_is_said_at_once_and_the_day_begins_again(
    log: Log, acknowledging: Acknowledging, clock: Clock
) -> None:
    acknowledging.tell(FIRST)
    clock.now += 23 * HOUR
    acknowledging.tell(SECOND)
    clock.now += 2 * HOUR
    acknowledging.tell(SECOND)
    assert log.acknowledged == [(2, "00" * 32), (3, SECOND.root_hash.hex())]


def test_nothing_in_force_is_nothing_to_say(log: Log, acknowledging: Acknowledging) -> None:
    acknowledging.tell(None)
    assert log.acknowledged == []


def test_the_log_hears_of_a_failure_once_and_of_its_end(
    log: Log, acknowledging: Acknowledging, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "takeback.gate.sync.acknowledging")

    def heard() -> list[tuple[str, str]]:
        found = [(record.levelname, record.message.split(":")[0]) for record in caplog.records]
        caplog.clear()
        return found

    fails = ("WARNING", "The hotline does not know yet what is in force here")
    for _ in range(2):
        log.refuses_acknowledgements = True
        for _ in range(3):
            acknowledging.tell(FIRST)
        assert heard() == [fails]
        log.refuses_acknowledgements = False
        log.acknowledged.clear()
        acknowledging.tell(FIRST)
        assert heard() == [("INFO", "The hotline knows again what is in force here.")]
        assert sizes(log) == [2]
        acknowledging.tell(FIRST)
        assert heard() == []
        log.refuses_acknowledgements = True
        acknowledging.tell(SECOND)
        assert heard() == [fails]
        acknowledging.tell(FIRST)
        assert heard() == [], "it is known, so nothing failed"
        log.refuses_acknowledgements = False
        acknowledging.tell(SECOND)
        assert heard() == [("INFO", "The hotline knows again what is in force here.")]
