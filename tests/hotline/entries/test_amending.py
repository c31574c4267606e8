"""Amending an entry: another lane or other fingerprints, in force wherever the list is read."""

import numpy as np
import pytest
from pydantic import ValidationError

from takeback.fingerprints import pdq_of_pixels
from takeback.hashlist.events import EntryId, new_entry_id
from takeback.hotline.audit.access import verify_chain
from takeback.hotline.audit.domain import REPORTER, Verb
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.desk.access import entry_in_review
from takeback.hotline.entries.actions import (
    amend_entry,
    release_entry,
    suspend_entry,
    withdraw_entries,
)
from takeback.hotline.entries.domain import HoldReason, UnknownEntryError
from takeback.hotline.entries.models import Entry
from takeback.hotline.log.models import LogEntry
from takeback.hotline.log.sequencing import sequence_everything
from takeback.hotline.staff.domain import NotPermittedError
from takeback.signals.lanes import LANE_BITS, Lane
from tests.support.actors import a_lead
from tests.support.followers import follow_database, some_signals
from tests.support.listing import list_imported, list_picture, signals_of

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
    for entry in (suspended, pending, new_entry_id()):
        with pytest.raises(UnknownEntryError):
            amend_entry(entry, lane=Lane.CONFIRMED, actor=a_lead())
    sequence_everything()
    assert set(follow_database()) == {pending}


def test_an_imported_entry_stays_in_its_lane_and_a_reporter_amends_nothing() -> None:
    (imported,) = list_imported("elsewhere", [some_signals()])
    sequence_everything()
    with pytest.raises(ValidationError, match="source that its lane is for"):
        amend_entry(imported, lane=Lane.CONFIRMED, actor=a_lead())
    with pytest.raises(NotPermittedError):
        amend_entry(imported, signals=some_signals(), actor=REPORTER)


def blank_picture() -> bytes:
    """The PDQ of a well-known lawful picture: one that is white all over."""
    return pdq_of_pixels(np.full((256, 256, 3), 255, np.uint8)).bits
