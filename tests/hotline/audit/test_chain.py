"""The audit record: whole, or its first broken place is found; and never changed by the hotline."""

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from takeback.hotline.audit.access import verify_chain
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import (
    FIRST_LINK,
    REPORTER,
    BrokenChainError,
    ChainHead,
    Verb,
)
from takeback.hotline.audit.models import AuditRecord


def write_some(count: int) -> None:
    for number in range(count):
        record(Verb.ENTRY_LISTED, f"entry {number}", REPORTER)


def tamper(statement: str) -> None:
    """Do what somebody who owns the database could do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditrecord DISABLE TRIGGER ALL")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE audit_auditrecord ENABLE TRIGGER ALL")


@pytest.mark.django_db
def test_empty_record_is_whole() -> None:
    assert verify_chain() == ChainHead(0, FIRST_LINK)


@pytest.mark.django_db
def test_each_act_is_kept_in_order_and_the_record_is_whole() -> None:
    write_some(5)
    assert verify_chain().records == 5
    assert list(
        AuditRecord.objects.order_by("position").values_list("verb", "subject", "actor")
    ) == [("entry.listed", f"entry {number}", "reporter") for number in range(5)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE audit_auditrecord SET subject = 'entry 9' WHERE position = 3", 3),
        ("UPDATE audit_auditrecord SET actor = 'operator' WHERE position = 1", 1),
        ("UPDATE audit_auditrecord SET time = time + interval '1 second' WHERE position = 5", 5),
        ("DELETE FROM audit_auditrecord WHERE position = 2", 2),
        ("DELETE FROM audit_auditrecord WHERE position = 1", 1),
        (
            "UPDATE audit_auditrecord a SET verb = b.verb, subject = b.subject, link = b.link"
            " FROM audit_auditrecord b WHERE a.position + b.position = 7"
            " AND a.position IN (3, 4)",
            3,
        ),
        (
            "INSERT INTO audit_auditrecord SELECT 6, time, verb, subject, actor, link"
            " FROM audit_auditrecord WHERE position = 5",
            6,
        ),
    ],
)
def test_tampering_is_found_at_its_place(statement: str, position: int) -> None:
    write_some(5)
    tamper(statement)
    with pytest.raises(BrokenChainError) as caught:
        verify_chain()
    assert caught.value.position == position


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda: AuditRecord.objects.filter(position=1).update(actor="operator"),
        lambda: AuditRecord.objects.all().delete(),
        lambda: connection.cursor().execute("TRUNCATE audit_auditrecord"),
    ],
)
def test_database_refuses_every_change(change: Callable[[], object]) -> None:
    write_some(2)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change()
    assert verify_chain().records == 2


@pytest.mark.django_db
def test_act_that_is_rolled_back_leaves_no_record() -> None:
    write_some(1)
    with pytest.raises(RuntimeError), transaction.atomic():
        record(Verb.ENTRY_LISTED, "entry", REPORTER)
        raise RuntimeError
    write_some(1)
    assert verify_chain().records == 2


def test_acts_of_many_at_once_make_one_chain(hotline_database: str) -> None:
    def act() -> None:
        try:
            for _ in range(5):
                with transaction.atomic():
                    write_some(2)
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify_chain().records == 40
