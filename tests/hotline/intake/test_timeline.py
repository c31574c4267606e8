"""The order in which a young person reads what happened."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from takeback.hashlist.events import new_entry_id
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.intake.domain.timeline import Happening, facts_of_picture
from takeback.hotline.publishing.domain import FeedbackSummary, Outcome

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
