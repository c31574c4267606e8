"""What platforms say, and how an entry stands with each of them."""

from datetime import UTC, datetime, timedelta

import pytest

from takeback.hashlist.events import EntryId, new_entry_id
from takeback.hashlist.feedback import Acknowledgement, FeedbackReceipt, FeedbackValue
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.entries.actions import withdraw_entries
from takeback.hotline.feedback import access as feedback_access
from takeback.hotline.feedback import health as feedback_health
from takeback.hotline.feedback.actions import record_acknowledgement, record_feedback, resume_entry
from takeback.hotline.feedback.domain import Outcome, Removal, UnknownCheckpointError
from takeback.hotline.feedback.models import Feedback
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.access import following_platform, following_platforms
from takeback.hotline.platforms.actions import (
    add_key,
    add_platform,
    note_fetched,
    revoke_key,
    revoke_platform,
)
from takeback.hotline.platforms.domain import AdmittedKey, FollowingPlatform, Scope
from takeback.hotline.platforms.models import PlatformKey
from tests.support.actors import a_lead
from tests.support.feedback import NOON, acknowledge, feedback_item, key_of, listed, platform
from tests.support.followers import follow_database, some_signals
from tests.support.listing import list_picture
from tests.support.threads import in_threads


def only_outcome(entry: EntryId) -> Outcome:
    (outcome,) = feedback_access.outcomes([entry])
    return outcome


@pytest.mark.django_db
def test_feedback_that_is_sent_again_changes_nothing() -> None:
    skylark, entry = platform("Skylark"), listed()
    items = [feedback_item(entry), feedback_item(entry, FeedbackValue.NOT_THE_SAME)]
    for _ in range(3):
        assert record_feedback(skylark, items) == FeedbackReceipt(accepted=2, unknown=())
    changed = items[0].model_copy(update={"value": FeedbackValue.NOT_BLOCKED})
    record_feedback(skylark, [changed, changed])
    assert set(Feedback.objects.values_list("value", flat=True)) == {"blocked", "not_the_same"}


@pytest.mark.django_db
def test_two_platforms_may_choose_the_same_id_for_their_feedback() -> None:
    entry = listed()
    item = feedback_item(entry)
    for name in ("Skylark", "Plover"):
        record_feedback(platform(name), [item])
    assert Feedback.objects.count() == 2


@pytest.mark.django_db
def test_entries_never_seen_on_the_log_are_unknown() -> None:
    skylark, entry = platform("Skylark"), listed()
    pending, never = list_picture(some_signals()), new_entry_id()
    receipt = record_feedback(
        skylark,
        [feedback_item(pending), feedback_item(never), feedback_item(never), feedback_item(entry)],
    )
    assert receipt.accepted == 1
    assert set(receipt.unknown) == {pending, never}


@pytest.mark.django_db
def test_outcome_sums_up_what_was_said() -> None:
    skylark, entry = platform("Skylark"), listed()
    for hours in (2, 0, 5):
        record_feedback(skylark, [feedback_item(entry, time=NOON + timedelta(hours=hours))])
    record_feedback(skylark, [feedback_item(entry, FeedbackValue.PENDING_REVIEW)])
    summary = {
        summary_of_value.value: summary_of_value
        for summary_of_value in only_outcome(entry).feedback
    }
    blocked = summary[FeedbackValue.BLOCKED]
    assert (blocked.count, blocked.first, blocked.last) == (3, NOON, NOON + timedelta(hours=5))
    assert summary[FeedbackValue.PENDING_REVIEW].count == 1


@pytest.mark.django_db
def test_time_in_the_future_is_kept_as_now() -> None:
    entry = listed()
    record_feedback(
        platform("Skylark"), [feedback_item(entry, time=datetime(2999, 1, 1, tzinfo=UTC))]
    )
    (summary,) = only_outcome(entry).feedback
    assert summary.last <= datetime.now(UTC)


@pytest.mark.django_db
def test_outcome_says_who_has_fetched_the_entry_and_who_has_not() -> None:
    skylark, plover = platform("Skylark"), platform("Plover")
    first, second = listed(), listed()
    note_fetched(skylark, 2)
    note_fetched(plover, 3)
    fetched = {
        (outcome.entry, outcome.platform): outcome.fetched_at is not None
        for outcome in feedback_access.outcomes([second, first])
    }
    assert fetched == {
        (first, "Skylark"): True,
        (second, "Skylark"): False,
        (first, "Plover"): True,
        (second, "Plover"): True,
    }
    earlier = feedback_access.outcomes([first])
    note_fetched(skylark, 3)
    note_fetched(skylark, 2)
    assert feedback_access.outcomes([first]) == earlier


@pytest.mark.django_db
def test_outcome_of_a_pending_entry_is_that_nobody_has_it() -> None:
    note_fetched(platform("Skylark"), 2)
    assert only_outcome(list_picture(some_signals())).fetched_at is None


@pytest.mark.django_db
def test_outcome_stays_after_withdrawal_and_after_the_platform_has_left() -> None:
    skylark, entry = platform("Skylark"), listed()
    note_fetched(skylark, 2)
    record_feedback(skylark, [feedback_item(entry)])
    withdraw_entries([entry], "reporter")
    sequence_pending()
    revoke_platform("Skylark")
    outcome = only_outcome(entry)
    assert outcome.withdrawn_at is not None
    assert outcome.feedback[0].value is FeedbackValue.BLOCKED
    assert feedback_access.outcomes([listed()]) == []


@pytest.mark.django_db
def test_outcomes_of_what_was_never_listed_are_none() -> None:
    platform("Skylark")
    assert feedback_access.outcomes([new_entry_id()]) == []


def doubt(who: FollowingPlatform, entry: EntryId) -> FeedbackReceipt:
    return record_feedback(who, [feedback_item(entry, FeedbackValue.NOT_THE_SAME)])


def live() -> set[EntryId]:
    sequence_pending()
    return set(follow_database())


@pytest.mark.django_db
def test_an_entry_that_enough_platforms_doubt_is_suspended_and_nobody_is_told() -> None:
    entry = listed()
    skylark, plover, heron = (platform(name) for name in ("Skylark", "Plover", "Heron"))
    receipts = [doubt(skylark, entry) for _ in range(3)]
    record_feedback(
        plover, [feedback_item(entry, value) for value in FeedbackValue if "same" not in value]
    )
    assert live() == {entry}
    receipts.append(doubt(plover, entry))
    assert live() == set()
    receipts.append(doubt(heron, entry))
    assert receipts == [FeedbackReceipt(accepted=1, unknown=())] * 5
    acts = AuditRecord.objects.filter(subject=entry, verb="entry.suspended")
    assert list(acts.values_list("actor", flat=True)) == ["platforms"]
    # A person looked. Only what is said from now on counts.
    assert resume_entry(entry, a_lead())
    doubt(heron, entry)
    assert live() == {entry}
    doubt(skylark, entry)
    assert live() == set()


@pytest.mark.django_db
def test_one_platform_is_enough_where_there_is_one_and_a_revoked_one_has_no_vote() -> None:
    skylark = platform("Skylark")
    plover = platform("Plover")
    entry = listed()
    doubt(plover, entry)
    revoke_platform("Plover")
    assert live() == {entry}
    doubt(skylark, entry)
    assert live() == set()


def test_votes_that_come_at_once_are_counted_together(hotline_database: str) -> None:
    entry = listed()
    voters = [platform(name) for name in ("Skylark", "Plover")]
    in_threads(*[lambda who=who: doubt(who, entry) for who in voters])
    assert live() == set()


@pytest.mark.django_db
def test_how_far_a_withdrawal_has_got_is_what_platforms_acknowledge() -> None:
    names = ("Skylark", "Plover", "Wren", "Swift", "Heron")
    for name in names:
        add_platform(name)
    skylark, plover, wren, swift, heron = (following_platform(name) for name in names)
    first, second = (list_picture(some_signals()) for _ in range(2))
    sequence_pending()
    for reader in (skylark, plover, swift, heron):
        note_fetched(reader, 3)
    revoke_platform("Swift")
    acknowledge(skylark)
    acknowledge(plover)
    withdraw_entries([first, second], "reporter")
    # Heron follows in a way that does not say what is in force there.
    assert feedback_access.removal_of([first, second]) == Removal(0, 2, silent=1)
    sequence_pending()
    assert feedback_access.removal_of([first, second]) == Removal(0, 2, silent=1)
    acknowledge(skylark)
    assert feedback_access.removal_of([first, second]) == Removal(1, 2, silent=1)
    with pytest.raises(UnknownCheckpointError):
        record_acknowledgement(key_of(plover), Acknowledgement(size=5, root="00" * 32))
    with pytest.raises(UnknownCheckpointError):
        record_acknowledgement(key_of(plover), Acknowledgement(size=4, root="00" * 32))
    acknowledge(plover)
    acknowledge(wren)  # it had never got them
    assert feedback_access.removal_of([first, second]) == Removal(2, 2, silent=1)
    assert feedback_access.removal_of([]) == Removal(0, 0)


@pytest.mark.django_db
def test_of_several_gates_the_one_that_is_farthest_behind_counts() -> None:
    add_platform("Skylark")
    second = add_key("Skylark", [Scope.READ_CONFIRMED])
    (skylark,) = following_platforms()
    entry = listed()
    note_fetched(skylark, 2)
    numbers = PlatformKey.objects.order_by("id").values_list("id", flat=True)
    gates = [AdmittedKey(number, skylark, frozenset()) for number in numbers]
    for gate in gates:
        acknowledge(skylark, gate)
    withdraw_entries([entry], "reporter")
    sequence_pending()
    acknowledge(skylark, gates[0])
    assert feedback_access.removal_of([entry]) == Removal(0, 1)
    assert feedback_health.platform_health(skylark).acknowledged_size == 2
    revoke_key("Skylark", second.number)  # that gate is no more
    assert feedback_access.removal_of([entry]) == Removal(1, 1)
