"""What happens to webhooks while something else happens: nothing is lost, and nobody waits."""

import threading
import time
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import Actor, Verb
from takeback.hotline.log import access as log_access
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import add_platform, revoke_platform
from takeback.hotline.webhooks import access as webhooks_access
from takeback.hotline.webhooks import actions as webhooks
from takeback.hotline.webhooks import queue as webhook_queue
from takeback.hotline.webhooks import sending as webhook_sending
from takeback.hotline.webhooks.models import WebhookDelivery
from takeback.hotline.webhooks.queue import MOST_TRIES
from tests.support.followers import some_signals
from tests.support.listing import list_picture
from tests.support.webhook_receivers import (
    Receiver,
    await_lock,
    due_now,
    grow,
    jobs_to_send,
    send_until_given_up,
    uncommitted,
)


def test_a_checkpoint_that_comes_during_a_try_is_sent_next(
    hotline_database: str, receiver: Receiver
) -> None:
    add_platform("Skylark")
    webhooks.add_webhook("Skylark", receiver.url)
    first = grow()
    receiver.meanwhile = grow
    webhook_sending.send_due()
    assert webhook_sending.send_due() == 1
    assert receiver.sizes == [first, log_access.current_checkpoint()[0]]
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 2


def test_a_checkpoint_that_comes_during_the_last_try_has_tries_of_its_own(
    hotline_database: str, receiver: Receiver
) -> None:
    add_platform("Skylark")
    webhooks.add_webhook("Skylark", receiver.url)
    first = grow()
    receiver.status = 500
    for _ in range(MOST_TRIES - 1):
        webhook_sending.send_due()
        due_now()
    receiver.meanwhile = grow
    webhook_sending.send_due()
    newer = log_access.current_checkpoint()[0]
    assert receiver.sizes == [first] * MOST_TRIES
    send_until_given_up()
    assert receiver.sizes[MOST_TRIES:] == [newer] * MOST_TRIES
    assert webhooks_access.platform_webhooks("Skylark")[0].given_up == 2


@pytest.mark.django_db
def test_a_checkpoint_in_the_place_of_another_has_half_the_tries_and_comes_no_sooner(
    receiver: Receiver,
) -> None:
    add_platform("Skylark")
    webhooks.add_webhook("Skylark", receiver.url)
    first = grow()
    receiver.status = 500
    for _ in range(MOST_TRIES - 1):
        due_now()
        webhook_sending.send_due()
    newer = grow()
    assert webhook_sending.send_due() == 0  # not before the time of the other
    (state,) = webhooks_access.platform_webhooks("Skylark")
    assert (state.waiting_size, state.tries) == (newer, MOST_TRIES // 2)
    send_until_given_up()
    assert receiver.sizes == [first] * (MOST_TRIES - 1) + [newer] * (MOST_TRIES // 2)
    assert webhooks_access.platform_webhooks("Skylark")[0].given_up == 1


def test_what_is_sent_again_during_a_try_is_not_lost(
    hotline_database: str, receiver: Receiver
) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    grow()
    receiver.status = 500
    send_until_given_up()
    second = grow()

    def newer_is_sent_again() -> None:
        grow()
        webhooks.redeliver("Skylark", number)

    receiver.meanwhile = newer_is_sent_again
    webhook_sending.send_due()
    receiver.status = 204
    assert webhook_sending.send_due() == 1
    assert receiver.sizes[-2:] == [second, log_access.current_checkpoint()[0]]


@pytest.mark.parametrize("change", [webhooks.redeliver, webhooks.remove_webhook])
def test_sequencing_neither_waits_nor_fails_while_a_webhook_is_changed(
    hotline_database: str, receiver: Receiver, change: Callable[[str, int], object]
) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    grow()
    receiver.status = 500
    send_until_given_up()
    receiver.got.clear()
    receiver.status = 204
    list_picture(some_signals())
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '3s'")
    with uncommitted(lambda: change("Skylark", number)):
        sequence_pending()
        newer = log_access.current_checkpoint()[0]
    webhook_sending.send_due()
    assert newer == 3
    assert receiver.sizes == ([newer] if change is webhooks.redeliver else [])


def test_a_webhook_that_is_removed_while_it_is_sent_to_locks_nobody_out(
    hotline_database: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    grow()
    is_locked = threading.Event()

    def once_the_sender_waits(verb: Verb, subject: str, actor: Actor) -> None:
        is_locked.set()
        await_lock(hotline_database)
        record(verb, subject, actor)

    monkeypatch.setattr(webhooks, "record", once_the_sender_waits)
    failed: list[Exception] = []

    def remove() -> None:
        try:
            webhooks.remove_webhook("Skylark", number)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    operator = threading.Thread(target=remove)

    def removing() -> None:
        operator.start()
        is_locked.wait(60)

    receiver.meanwhile = removing
    assert webhook_sending.send_due() == 1
    operator.join()
    assert failed == []
    assert webhooks_access.platform_webhooks("Skylark") == ()
    assert not WebhookDelivery.objects.exists()


@pytest.mark.django_db
def test_the_worker_is_asked_again_for_what_was_left_but_not_for_who_was_revoked(
    receiver: Receiver,
) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    webhook_queue.ask_to_send_again()
    assert jobs_to_send() == [f"added {number}"]  # there is nothing to tell of yet
    grow()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    webhook_queue.ask_to_send_again()
    assert jobs_to_send() == ["left over"]
    receiver.status = 500
    webhook_sending.send_due()
    due_now()
    revoke_platform("Skylark")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    webhook_queue.ask_to_send_again()
    assert jobs_to_send() == []


@pytest.mark.django_db
def test_each_message_is_signed_when_it_is_sent_however_long_others_take(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_platform("Skylark")
    for _ in range(2):
        webhooks.add_webhook("Skylark", receiver.url)
    grow()
    monkeypatch.setattr(webhook_sending, "_AT_A_TIME", 1)
    receiver.meanwhile = lambda: time.sleep(1.1)
    webhook_sending.send_due()
    first, second = (int(headers["webhook-timestamp"]) for _, headers, _ in receiver.got)
    assert first < second


def test_one_process_sends_at_a_time_and_nothing_waits_for_a_later_try(
    hotline_database: str, receiver: Receiver
) -> None:
    add_platform("Skylark")
    webhooks.add_webhook("Skylark", receiver.url)
    receiver.status = 500
    grow()
    with psycopg.connect(hotline_database, autocommit=True) as another:
        another.execute("SELECT pg_advisory_lock(%s)", [webhook_sending._LOCK])
        assert webhook_sending.send_due() == 0
        # Not left to the end of the connection, which the server may see a moment later.
        another.execute("SELECT pg_advisory_unlock(%s)", [webhook_sending._LOCK])
    assert webhook_sending.send_due() == 1
    with connection.cursor() as cursor:
        # Jobs that share a lock go in order, and the next try is one of them.
        cursor.execute(
            "SELECT count(*), count(lock) FROM procrastinate_jobs WHERE task_name = %s",
            [webhook_queue.WEBHOOK_TASK],
        )
        assert cursor.fetchone() == (4, 0)
