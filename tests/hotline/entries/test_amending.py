"""Amending an entry: another lane or other fingerprints, in force wherever the list is read."""

import numpy as np
import pytest
from pydantic import ValidationError
from pytest_django import Settings

from takeback.fingerprints import pdq_of_pixels
from takeback.hashlist.events import EntryId, new_entry_id
from takeback.hashlist.feedback import FeedbackValue
from takeback.hashlist.signals import PdqSignal, Sha256Signal
from takeback.hotline.audit.access import verify_chain
from takeback.hotline.audit.domain import REPORTER, Verb
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.desk.access import entry_in_review
from takeback.hotline.entries.access import standings
from takeback.hotline.entries.actions import (
    release_entry,
    suspend_entry,
    withdraw_entries,
)
from takeback.hotline.entries.amending import amend_entry, refuse_amendment
from takeback.hotline.entries.domain import CannotAmendError, HoldReason, Near, UnknownEntryError
from takeback.hotline.entries.models import Entry
from takeback.hotline.feedback.access import doubting_platforms
from takeback.hotline.feedback.actions import record_feedback, resume_entry
from takeback.hotline.log.beginning_anew import begin_new_log
from takeback.hotline.log.models import LogEntry
from takeback.hotline.log.sequencing import sequence_everything
from takeback.hotline.staff.domain import NotPermittedError
from takeback.hotline.statistics.access import list_figures
from takeback.signals.lanes import LANE_BITS, Lane
from tests.support.actors import a_lead
from tests.support.feedback import feedback_item, platform
from tests.support.followers import follow_database, some_signals
from tests.support.listing import list_imported, list_picture, signals_of
from tests.support.match_lists import flipped

pytestmark = pytest.mark.django_db


def listed() -> EntryId:
    entry = list_picture(some_signals())
    sequence_everything()
    return entry


def test_another_lane_takes_the_place_of_the_one_before_and_is_recorded() -> None:
    entry = listed()
    before = follow_database()[entry]
    assert amend_entry(entry, lane=Lane.CONFIRMED, actor=a_lead())
    assert follow_database()[entry].lane is Lane.SELF_REPORTED
    sequence_everything()
    after = follow_database()[entry]
    assert (after.lane, after.signals, after.provenance) == (
        Lane.CONFIRMED,
        before.signals,
        before.provenance,
    )
    assert Entry.objects.get(id=entry).lane == Lane.CONFIRMED
    amended = LogEntry.objects.get(subject=entry, kind="amended")
    assert amended.audience == LANE_BITS[Lane.SELF_REPORTED] | LANE_BITS[Lane.CONFIRMED]
    record = AuditRecord.objects.get(verb=Verb.ENTRY_AMENDED)
    assert (record.subject, record.actor) == (entry, str(a_lead()))
    verify_chain()


def test_what_is_as_it_was_changes_nothing() -> None:
    entry = listed()
    content = follow_database()[entry]
    assert not amend_entry(entry, lane=content.lane, signals=content.signals, actor=a_lead())
    sequence_everything()
    assert not LogEntry.objects.filter(kind="amended").exists()


def test_other_fingerprints_are_checked_first_and_the_old_ones_stay_until_then() -> None:
    entry = listed()
    before = follow_database()[entry]
    lawful = signals_of(blank_picture())
    assert amend_entry(entry, signals=lawful, actor=a_lead())
    sequence_everything()
    assert follow_database()[entry] == before
    review = entry_in_review(entry)
    assert review is not None
    assert review.hold_reason == HoldReason.GUARD
    assert release_entry(entry, a_lead())
    sequence_everything()
    assert follow_database()[entry].signals == tuple(lawful)


def test_an_amendment_that_is_held_goes_with_its_entry() -> None:
    entry = listed()
    amend_entry(entry, signals=signals_of(blank_picture()), actor=a_lead())
    sequence_everything()
    withdraw_entries([entry], "hotline", a_lead())
    sequence_everything()
    assert follow_database() == {}
    assert LogEntry.objects.filter(subject=entry, event__isnull=False, kind="added").count() == 0


def test_what_is_withdrawn_suspended_or_not_in_the_log_is_not_amended() -> None:
    gone, suspended, pending = listed(), listed(), list_picture(some_signals())
    withdraw_entries([gone], "hotline", a_lead())
    suspend_entry(suspended, "hotline", a_lead())
    assert not amend_entry(gone, lane=Lane.CONFIRMED, actor=a_lead())
    for entry in (pending, new_entry_id()):
        with pytest.raises(UnknownEntryError):
            amend_entry(entry, lane=Lane.CONFIRMED, actor=a_lead())
    with pytest.raises(CannotAmendError, match="Resume it first"):
        amend_entry(suspended, lane=Lane.CONFIRMED, actor=a_lead())
    sequence_everything()
    assert set(follow_database()) == {pending}


def test_an_imported_entry_stays_in_its_lane_and_a_reporter_amends_nothing() -> None:
    (imported,) = list_imported("elsewhere", [some_signals()])
    sequence_everything()
    with pytest.raises(ValidationError, match="source that its lane is for"):
        amend_entry(imported, lane=Lane.CONFIRMED, actor=a_lead())
    with pytest.raises(NotPermittedError):
        amend_entry(imported, signals=some_signals(), actor=REPORTER)


def test_one_amendment_waits_at_a_time() -> None:
    entry = listed()
    amend_entry(entry, lane=Lane.CONFIRMED, actor=a_lead())
    with pytest.raises(CannotAmendError, match="still waits"):
        amend_entry(entry, signals=some_signals(), actor=a_lead())
    sequence_everything()
    assert amend_entry(entry, signals=some_signals(), actor=a_lead())
    sequence_everything()
    assert follow_database()[entry].lane is Lane.CONFIRMED


@pytest.mark.parametrize("is_held", [False, True])
def test_suspending_forgets_an_amendment_that_waits_and_suspends(is_held: bool) -> None:
    entry = listed()
    before = follow_database()[entry]
    row = Entry.objects.get(id=entry)
    changed = signals_of(blank_picture()) if is_held else some_signals()
    amend_entry(entry, lane=Lane.CONFIRMED, signals=changed, actor=a_lead())
    if is_held:
        sequence_everything()
    assert suspend_entry(entry, "hotline", a_lead())
    sequence_everything()
    assert entry not in follow_database()
    assert resume_entry(entry, a_lead())
    sequence_everything()
    after = follow_database()[entry]
    assert (after.lane, after.signals) == (before.lane, before.signals)
    now = Entry.objects.get(id=entry)
    assert (now.lane, bytes(now.pdq or b"")) == (row.lane, bytes(row.pdq or b""))


def test_a_held_amendment_is_refused_alone_and_counts_as_in_force_until_then() -> None:
    entry = listed()
    before = follow_database()[entry]
    amend_entry(entry, signals=signals_of(blank_picture()), actor=a_lead())
    sequence_everything()
    figures = list_figures()
    assert (figures.in_force, figures.held) == (1, 0)
    assert standings([entry])[entry].held_at is None
    assert refuse_amendment(entry, a_lead())
    assert not refuse_amendment(entry, a_lead())
    sequence_everything()
    assert follow_database()[entry] == before
    review = entry_in_review(entry)
    assert review is not None
    assert review.held_at is None


def test_pdqs_under_the_floor_are_left_out_or_looked_at_by_a_person() -> None:
    entry = listed()
    poor = PdqSignal(value="0f" * 32, quality=1)
    sha256 = Sha256Signal(value="ab" * 32)
    amend_entry(entry, signals=[poor, sha256], actor=a_lead())
    sequence_everything()
    assert follow_database()[entry].signals == (sha256,)
    amend_entry(entry, signals=[poor], actor=a_lead())
    sequence_everything()
    assert follow_database()[entry].signals == (sha256,)
    review = entry_in_review(entry)
    assert review is not None
    assert review.hold_reason == HoldReason.NOTHING_LEFT


def test_an_amended_entry_is_no_crowd_by_itself(settings: Settings) -> None:
    settings.CROWD = 1
    entry = listed()
    content = follow_database()[entry]
    amend_entry(entry, signals=content.signals[:1], actor=a_lead())
    sequence_everything()
    assert follow_database()[entry].signals == content.signals[:1]


def test_votes_against_what_an_entry_was_do_not_count_against_what_it_is() -> None:
    entry = listed()
    skylark = platform("Skylark")
    platform("Plover")
    record_feedback(skylark, [feedback_item(entry, FeedbackValue.NOT_THE_SAME)])
    assert doubting_platforms(entry) == 1
    amend_entry(entry, lane=Lane.CONFIRMED, actor=a_lead())
    sequence_everything()
    assert doubting_platforms(entry) == 1
    whole, *_ = follow_database()[entry].signals
    amend_entry(entry, signals=[whole, Sha256Signal(value="ab" * 32)], actor=a_lead())
    sequence_everything()
    assert doubting_platforms(entry) == 0


def test_an_entry_is_known_by_what_a_held_amendment_made_of_it(settings: Settings) -> None:
    """Others were checked meanwhile, and what comes after them is compared with it all the same."""
    settings.CROWD = 1
    entry = listed()
    near_lawful, near_that_only = (flipped(blank_picture(), range(bits)) for bits in (25, 45))
    amend_entry(entry, signals=signals_of(near_lawful), actor=a_lead())
    sequence_everything()
    listed()
    release_entry(entry, a_lead())
    sequence_everything()
    alike = list_picture(signals_of(near_that_only))
    sequence_everything()
    review = entry_in_review(alike)
    assert review is not None
    assert (review.hold_reason, review.close_to) == (HoldReason.CROWD, (Near(entry, 20),))


def test_an_amendment_that_is_dropped_with_its_entry_stands_in_the_record() -> None:
    entry = listed()
    amend_entry(entry, lane=Lane.CONFIRMED, actor=a_lead())
    suspend_entry(entry, "hotline", a_lead())
    verbs = AuditRecord.objects.filter(subject=entry).order_by("position")
    assert list(verbs.values_list("verb", flat=True)) == [
        Verb.ENTRY_LISTED,
        Verb.ENTRY_AMENDED,
        Verb.ENTRY_AMENDMENT_DROPPED,
        Verb.ENTRY_SUSPENDED,
    ]


@pytest.mark.parametrize("is_held", [False, True])
def test_an_amendment_that_waits_goes_over_into_another_log(
    is_held: bool, settings: Settings
) -> None:
    entry = listed()
    before = follow_database()[entry]
    changed = signals_of(blank_picture()) if is_held else list(some_signals())
    amend_entry(entry, lane=Lane.CONFIRMED, signals=changed, actor=a_lead())
    if is_held:
        sequence_everything()
    settings.PUBLIC_URL = "http://127.0.0.1:8099"
    begin_new_log()
    sequence_everything()
    live = follow_database()[entry]
    if is_held:
        assert (live.lane, live.signals) == (before.lane, before.signals)
        assert release_entry(entry, a_lead())
        sequence_everything()
        live = follow_database()[entry]
    assert (live.lane, live.signals) == (Lane.CONFIRMED, tuple(changed))
    assert live.provenance.hotline == "127.0.0.1:8099/log/v1"


def blank_picture() -> bytes:
    """The PDQ of a well-known lawful picture: one that is white all over."""
    return pdq_of_pixels(np.full((256, 256, 3), 255, np.uint8)).bits
