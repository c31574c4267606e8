"""The rules of a log: what its purpose allows, who signs it, and when its events may be dated."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from takeback.hashlist.errors import (
    EventOutOfPlaceError,
    EventTimeError,
    ExpiredListError,
    GrowthBeyondCapError,
)
from takeback.hashlist.events import AnyEvent, KeyEvent, new_entry_id
from takeback.hashlist.follow import LoggedEvent
from takeback.hashlist.rules import LogRules
from takeback.tlog.errors import MalformedLogError
from takeback.tlog.signed_note import Signer
from tests.support.built_logs import HOUR, ORIGIN, added, purpose, purposes, withdrawn

NOW = HOUR + timedelta(days=30)


def after(rules: LogRules, start: int, *events: AnyEvent | None, now: datetime = NOW) -> LogRules:
    logged = [LoggedEvent(index, event) for index, event in enumerate(events, start)]
    return rules.after(logged, ORIGIN, now)


def added_on(day: int) -> AnyEvent:
    return added(new_entry_id()).model_copy(update={"time": HOUR + timedelta(days=day)})


BEGUN = after(LogRules(), 0, purpose())


def test_the_purpose_comes_first() -> None:
    assert BEGUN.purpose == purpose()
    with pytest.raises(EventOutOfPlaceError, match="event at 0"):
        after(LogRules(), 0, added_on(0))
    with pytest.raises(EventOutOfPlaceError, match="event at 0"):
        after(LogRules(), 0, None)  # its opening may not be erased either


def test_the_purpose_never_changes() -> None:
    with pytest.raises(EventOutOfPlaceError, match="event at 7"):
        after(BEGUN, 7, purpose(most_added_a_day=10**6))


def test_a_day_takes_as_many_as_the_purpose_says_however_they_come() -> None:
    rules = after(BEGUN, 1, added_on(0), added_on(0))
    rules = after(rules, 3, None, added_on(0))
    rules = after(rules, 5, withdrawn(new_entry_id(), 1))
    with pytest.raises(GrowthBeyondCapError, match="More than 3 entries"):
        after(rules, 6, added_on(0))
    assert after(rules, 6, added_on(1), added_on(1), added_on(1)).purpose == purpose()


def test_yesterday_can_not_be_filled_after_the_fact_beyond_its_cap() -> None:
    rules = after(BEGUN, 1, *[added_on(0)] * 3, added_on(1))
    with pytest.raises(GrowthBeyondCapError):
        after(rules, 5, added_on(0))


def test_no_event_is_of_the_future_or_of_long_ago() -> None:
    with pytest.raises(EventTimeError, match="still to come"):
        after(BEGUN, 1, added_on(2), now=HOUR)
    rules = after(BEGUN, 1, added_on(2))
    with pytest.raises(EventTimeError, match="more than a day before"):
        after(rules, 2, added_on(0))
    assert after(rules, 2, added_on(1)).newest == HOUR + timedelta(days=2)


def test_a_key_event_hands_the_log_over() -> None:
    new = Signer(ORIGIN, bytes(32)).verifier_key
    rules = after(BEGUN, 1, KeyEvent(time=HOUR, key=new.line))
    assert rules.key == new
    foreign = Signer("elsewhere.example.org/log/v1", bytes(32)).verifier_key
    with pytest.raises(EventOutOfPlaceError, match="elsewhere"):
        after(rules, 2, KeyEvent(time=HOUR, key=foreign.line))
    with pytest.raises(MalformedLogError):
        after(rules, 2, KeyEvent(time=HOUR, key="no key"))


def test_nothing_comes_into_force_once_the_purpose_has_expired() -> None:
    rules = after(LogRules(), 0, purpose(days=2))
    with pytest.raises(ExpiredListError, match="for the grace"):
        after(rules, 1, added_on(2))
    rules = after(rules, 1, added_on(1))
    assert rules.expired(ORIGIN, HOUR + timedelta(days=1)) is None
    assert "expired on" in (rules.expired(ORIGIN, HOUR + timedelta(days=2)) or "")
    gone = withdrawn(new_entry_id(), 1).model_copy(update={"time": HOUR + timedelta(days=2)})
    assert after(rules, 2, gone).newest == gone.time


@given(purposes(), st.lists(st.integers(0, 3), max_size=3).map(sorted), st.booleans())
def test_rules_survive_being_written(stated: AnyEvent, days: list[int], handed_over: bool) -> None:
    rules = after(LogRules(), 0, stated)
    if handed_over:
        new = Signer(ORIGIN, bytes(32)).verifier_key
        rules = after(rules, 1, KeyEvent(time=HOUR, key=new.line))
    cap = rules.purpose.most_added_a_day if rules.purpose else 0
    for at, day in enumerate(days[:cap], 2):
        rules = after(rules, at, added_on(day))
    assert LogRules.from_json(rules.to_json()) == rules


@pytest.mark.parametrize("values", [{}, {"purpose": "{}", "key": None, "newest": None}, None, []])
def test_what_are_no_rules_is_not_read(values: object) -> None:
    with pytest.raises(MalformedLogError):
        LogRules.from_json(values)  # type: ignore[arg-type] # what is refused


@pytest.mark.parametrize(
    "wrong",
    [
        {"confirmations": 2},
        {"confirmers": (ORIGIN, ORIGIN)},
        {"confirmers": ()},
        {"most_added_a_day": 0},
        {"days": 0},
    ],
)
def test_a_purpose_that_can_not_be_met_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        purpose(**wrong)  # type: ignore[arg-type] # what is refused
