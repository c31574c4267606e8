"""From a listed picture to the signed log, and back out of it."""

import secrets
import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pydantic import ValidationError
from pytest_django import Settings

from takeback.hashlist.events import EntryId, new_entry_id
from takeback.hotline.audit.access import verify_chain
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.entries.actions import suspend_entry, withdraw_entries
from takeback.hotline.entries.domain import UnknownEntryError
from takeback.hotline.feedback.actions import resume_entry
from takeback.hotline.log import access as log_access
from takeback.hotline.log.models import (
    Checkpoint,
    Log,
    LogEntry,
    PendingEvent,
    Publication,
    TileHash,
)
from takeback.hotline.log.sequencing import sequence_pending
from takeback.signals.lanes import Lane
from tests.support.actors import a_lead
from tests.support.followers import Follower, follow_database, some_signals
from tests.support.listing import list_picture
from tests.support.threads import in_threads


def list_pictures(count: int) -> list[EntryId]:
    return [list_picture(some_signals()) for _ in range(count)]


@pytest.mark.django_db
def test_listed_picture_is_in_the_log_after_sequencing_and_not_before() -> None:
    signals = some_signals()
    entry = list_picture(signals, Lane.CONFIRMED)
    assert follow_database() == {}
    assert sequence_pending() == 1
    live = follow_database()[entry]
    assert (live.lane, live.signals, live.added_at) == (Lane.CONFIRMED, signals, 1)
    assert live.provenance.hotline == log_access.verifier_key_line().partition("+")[0]
    assert sequence_pending() == 0


@pytest.mark.django_db
def test_empty_log_has_a_checkpoint() -> None:
    size, note = log_access.current_checkpoint()
    assert size == 0
    assert Follower(log_access.verifier_key_line()).follow(note, lambda _: b"") == {}


@pytest.mark.django_db
def test_log_grows_over_tile_borders_and_a_follower_keeps_up() -> None:
    follower = Follower(log_access.verifier_key_line())
    entries: list[EntryId] = []
    for count in (1, 254, 1, 1, 256):
        entries += list_pictures(count)
        assert sequence_pending() == count
        assert set(follow_database(follower)) == set(entries)
    assert set(follow_database()) == set(entries)
    assert TileHash.objects.filter(level=1).count() == (1 + len(entries)) // 256


@pytest.mark.django_db
def test_order_in_a_batch_says_nothing_of_the_order_of_listing() -> None:
    entries = list_pictures(40)
    sequence_pending()
    logged = list(LogEntry.objects.order_by("index").values_list("subject", flat=True))[1:]
    assert set(logged) == set(entries)
    assert len(logged) == len(entries)
    assert logged != entries  # by chance once in 40! times


@pytest.mark.django_db
def test_picture_without_fingerprints_is_refused() -> None:
    with pytest.raises(ValidationError):
        list_picture(())
    assert not PendingEvent.objects.exists()


@pytest.mark.django_db
def test_withdrawn_entry_leaves_the_list_and_its_opening_is_gone() -> None:
    gone, stays = list_pictures(2)
    sequence_pending()
    follower = Follower(log_access.verifier_key_line())
    follow_database(follower)
    withdraw_entries([gone], "reporter")
    assert LogEntry.objects.get(subject=gone).event is not None
    sequence_pending()
    row = LogEntry.objects.filter(subject=gone).order_by("index").first()
    assert row is not None
    assert (row.nonce, row.event) == (None, None)
    assert set(follow_database(follower)) == set(follow_database()) == {stays}


@pytest.mark.django_db
def test_entry_withdrawn_before_it_was_sequenced_never_reaches_the_log() -> None:
    gone, stays = list_pictures(2)
    withdraw_entries([gone], "hotline", a_lead())
    sequence_pending()
    assert set(follow_database()) == {stays}
    assert not LogEntry.objects.filter(subject=gone).exists()


@pytest.mark.django_db
def test_withdrawing_again_changes_nothing() -> None:
    (entry,) = list_pictures(1)
    sequence_pending()
    for _ in range(2):
        withdraw_entries([entry, entry], "reporter")
    assert sequence_pending() == 1
    withdraw_entries([entry], "reporter")
    assert sequence_pending() == 0
    assert AuditRecord.objects.filter(verb="entry.withdrawn").count() == 1


@pytest.mark.django_db
def test_many_are_withdrawn_in_as_many_statements_as_one() -> None:
    entries = list_pictures(41)
    sequence_pending()
    suspended, resumed, *_ = entries
    for entry in (suspended, resumed):
        suspend_entry(entry, "hotline", a_lead())
    sequence_pending()
    resume_entry(resumed, a_lead())
    unsealed = list_pictures(2)
    withdraw_entries(entries[-1:], "hotline", a_lead())
    with CaptureQueriesContext(connection) as for_one:
        assert withdraw_entries(entries[-2:], "hotline", a_lead()) == entries[-2:-1]
    with CaptureQueriesContext(connection) as for_many:
        assert set(withdraw_entries([*entries, *unsealed], "hotline", a_lead())) == {
            *entries[:-2],
            *unsealed,
        }
    assert len(for_many) == len(for_one)
    with CaptureQueriesContext(connection) as for_none:
        withdraw_entries(entries, "hotline", a_lead())
    assert not any("advisory" in query["sql"] for query in for_none.captured_queries)
    assert sequence_pending() == 41
    assert follow_database() == {}
    assert not LogEntry.objects.filter(subject__in=unsealed).exists()


@pytest.mark.django_db
def test_unknown_entry_is_refused_and_the_others_stay() -> None:
    (entry,) = list_pictures(1)
    with pytest.raises(UnknownEntryError):
        withdraw_entries([entry, new_entry_id()], "reporter")
    sequence_pending()
    assert set(follow_database()) == {entry}


@pytest.mark.django_db
def test_every_change_of_the_list_has_its_audit_record() -> None:
    entries = list_pictures(3)
    sequence_pending()
    withdraw_entries(entries[:1], "reporter")
    sequence_pending()
    acts = AuditRecord.objects.order_by("position").values_list("verb", "subject")
    assert list(acts) == [
        *(("entry.listed", entry) for entry in entries),
        ("entry.withdrawn", entries[0]),
    ]
    assert verify_chain().records == 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda: LogEntry.objects.filter(index=2).delete(),
        lambda: LogEntry.objects.filter(index=2).update(commitment=bytes(32)),
        lambda: LogEntry.objects.filter(index=2).update(event=b"another"),
        lambda: LogEntry.objects.filter(index=2).update(index=7),
        lambda: LogEntry.objects.filter(index=2).update(subject=None),
        lambda: LogEntry.objects.filter(index=2).update(kind="withdrawn"),
        lambda: LogEntry.objects.filter(index=2).update(adds=False),
        lambda: LogEntry.objects.filter(index=2).update(priority=1),
        lambda: LogEntry.objects.filter(index=2).update(audience=15),
        lambda: LogEntry.objects.filter(index=2).update(nonce=None),
        lambda: LogEntry.objects.filter(index=1).update(nonce=bytes(32), event=b"back again"),
        lambda: Checkpoint.objects.update(note=b""),
        lambda: Checkpoint.objects.all().delete(),
        lambda: TileHash.objects.all().delete(),
        lambda: Log.objects.update(origin="elsewhere.example.org"),
        lambda: connection.cursor().execute("TRUNCATE log_checkpoint CASCADE"),
        lambda: Publication.objects.all().delete(),
        lambda: connection.cursor().execute("TRUNCATE log_cosignature"),
        lambda: connection.cursor().execute("TRUNCATE log_logentry"),
    ],
)
def test_database_refuses_every_change_of_the_log_but_erasing(
    change: Callable[[], object],
) -> None:
    list_pictures(2)
    sequence_pending()
    subject = LogEntry.objects.get(index=1).subject
    assert subject is not None
    withdraw_entries([EntryId(subject)], "hotline", a_lead())
    sequence_pending()
    before = follow_database()
    connection.check_constraints()  # TRUNCATE waits for none of the test's own writes
    with pytest.raises(IntegrityError), transaction.atomic():
        change()
    assert follow_database() == before


@pytest.mark.django_db
def test_origin_stays_when_the_hotline_moves(settings: Settings) -> None:
    line = log_access.verifier_key_line()
    settings.PUBLIC_URL = "https://moved.example.org"
    assert log_access.verifier_key_line() == line


def test_two_who_sequence_at_once_put_every_event_in_once(hotline_database: str) -> None:
    entries = list_pictures(300)
    sequenced: list[int] = []
    in_threads(*[lambda: sequenced.append(sequence_pending())] * 3)
    assert sorted(sequenced) == [0, 0, 300]
    assert set(follow_database()) == set(entries)


def test_listing_withdrawing_and_sequencing_at_once_stay_consistent(hotline_database: str) -> None:
    listed: list[EntryId] = []
    withdrawn: list[EntryId] = []
    done = threading.Event()

    def report() -> None:
        for _ in range(12):
            with transaction.atomic():
                entries = list_pictures(2)
            listed.extend(entries)
            if secrets.randbelow(2):
                with transaction.atomic():
                    withdraw_entries(entries, "reporter")
                withdrawn.extend(entries)

    def sequence() -> None:
        while not done.is_set():
            sequence_pending()

    def report_then_stop() -> None:
        try:
            in_threads(report, report, report)
        finally:
            done.set()

    in_threads(sequence, sequence, report_then_stop)
    sequence_pending()
    assert set(follow_database()) == set(listed) - set(withdrawn)
    assert not PendingEvent.objects.exists()
    erased = LogEntry.objects.filter(event=None).values_list("subject", flat=True)
    assert set(erased) <= set(withdrawn)
    assert verify_chain().records == len(listed) + len(withdrawn)
