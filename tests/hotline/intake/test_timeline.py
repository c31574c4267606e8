"""The order in which a young person reads what happened."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from takeback.hashlist.events import new_entry_id
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.entries.domain import Standing
from takeback.hotline.feedback.domain import FeedbackSummary, Outcome
from takeback.hotline.intake.domain.timeline import Happening, facts_of_picture

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
    outcome = Outcome(new_entry_id(), "Skylark", _NOON, None, None, feedback)
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
