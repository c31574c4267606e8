"""Webhooks: signed, tried again, given up and sent again."""

import json
import subprocess
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from django.db import connection
from django.test import Client

from takeback.hotline.log import access as log_access
from takeback.hotline.platforms.actions import add_platform, revoke_platform
from takeback.hotline.platforms.domain import PlatformError
from takeback.hotline.webhooks import access as webhooks_access
from takeback.hotline.webhooks import actions as webhooks
from takeback.hotline.webhooks import queue as webhook_queue
from takeback.hotline.webhooks import sending as webhook_sending
from takeback.hotline.webhooks.models import Webhook, WebhookDelivery
from takeback.hotline.webhooks.queue import MOST_TRIES
from takeback.tlog.checkpoint import open_checkpoint
from takeback.tlog.signed_note import VerifierKey
from tests.support.followers import some_signals
from tests.support.listing import list_picture
from tests.support.running import await_truth, running, takeback
from tests.support.webhook_receivers import (
    Receiver,
    due_now,
    grow,
    jobs_to_send,
    send_until_given_up,
    verified,
)


def test_the_worker_sends_messages_that_anybody_can_check(
    hotline_database: str, receiver: Receiver
) -> None:
    token = add_platform("Skylark")
    hook = ("platform", "webhook")
    added = takeback(hotline_database, *hook, "add", "Skylark", receiver.url)
    key = added.stdout.split()[-1]
    with running(hotline_database, "worker") as worker:
        list_picture(some_signals())
        await_truth(lambda: bool(Webhook.objects.get().delivered_size == 2), worker)
    path, headers, body = receiver.got[-1]
    message = verified(headers, body, key)
    state = open_checkpoint(
        log_access.current_checkpoint()[1], VerifierKey.parse(log_access.verifier_key_line())
    )
    assert path == "/hook?token=t"
    assert message["type"] == "checkpoint.published"
    assert message["data"] == {
        "origin": log_access.log_origin(),
        "size": state.size,
        "root": state.root_hash.hex(),
    }
    for changed in (headers | {"webhook-timestamp": "1"}, headers | {"webhook-id": "msg_1"}):
        with pytest.raises(InvalidSignature):
            verified(changed, body, key)
    listed = takeback(hotline_database, *hook, "list", "Skylark").stdout
    since = Webhook.objects.get().made_at
    assert f"127.0.0.1; took 2 events; idle; 0 given up; added {since:%Y-%m-%d %H:%M} UTC" in listed
    assert "token=t" not in listed
    health = Client().get("/list/v1/health", headers={"Authorization": f"Bearer {token}"}).json()
    assert (health["webhook_key"], health["webhooks"][0]["delivered_size"]) == (key, 2)


@pytest.mark.django_db
def test_a_message_is_tried_again_given_up_and_sent_again(receiver: Receiver) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    receiver.status = 302  # is not followed
    first = grow()
    assert webhook_sending.send_due() == 1
    assert webhook_sending.send_due() == 0  # not before its time
    due_now()
    webhook_sending.send_due()
    ids = [headers["webhook-id"] for _, headers, _ in receiver.got]
    assert len(ids) == 2
    assert len(set(ids)) == 1  # the same message
    newer = grow()
    receiver.status = 500
    send_until_given_up()
    assert receiver.sizes == [first] * 2 + [newer] * (MOST_TRIES - 2)
    assert {path for path, _, _ in receiver.got} == {"/hook?token=t"}
    (state,) = webhooks_access.platform_webhooks("Skylark")
    assert (state.given_up, state.waiting_size, state.delivered_size) == (1, None, 0)
    assert state.problem == "It answered with status 500."
    receiver.status = 200
    assert webhooks.redeliver("Skylark", number) == 1
    assert webhooks.redeliver("Skylark", number) == 0
    webhook_sending.send_due()
    assert json.loads(receiver.got[-1][2])["data"]["size"] == newer
    (state,) = webhooks_access.platform_webhooks("Skylark")
    assert (state.given_up, state.delivered_size, state.problem) == (0, newer, "")
    grow()
    revoke_platform("Skylark")
    assert webhook_sending.send_due() == 0
    webhooks.remove_webhook("Skylark", number)
    assert not WebhookDelivery.objects.exists()
    for refused in (webhooks.redeliver, webhooks.remove_webhook):
        with pytest.raises(PlatformError, match="no webhook"):
            refused("Skylark", number)


@pytest.mark.django_db
def test_a_receiver_that_answers_410_is_sent_nothing_until_an_operator_sends_again(
    receiver: Receiver,
) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    receiver.status = 410
    first = grow()
    assert webhook_sending.send_due() == 1
    grow()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    webhook_queue.ask_to_send_again()
    assert jobs_to_send() == []
    assert webhook_sending.send_due() == 0
    (state,) = webhooks_access.platform_webhooks("Skylark")
    assert (state.given_up, state.waiting_size) == (1, None)
    assert "status 410" in state.problem
    receiver.status = 204
    assert webhooks.redeliver("Skylark", number) == 1
    webhook_sending.send_due()
    newest = grow()
    webhook_sending.send_due()
    assert receiver.sizes == [first, newest - 1, newest]
    assert webhooks_access.platform_webhooks("Skylark")[0].problem == ""


def test_an_operator_sees_what_was_given_up(hotline_database: str, receiver: Receiver) -> None:
    def given_up(*options: str) -> subprocess.CompletedProcess[str]:
        return takeback(
            hotline_database, "platform", "webhook", "given-up", "Skylark", str(number), *options
        )

    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    assert given_up().stdout == "Nothing was given up.\n"
    receiver.status = 500
    first = grow()
    send_until_given_up()
    receiver.status = 410
    second = grow()
    webhook_sending.send_due()
    ids = list(dict.fromkeys(headers["webhook-id"] for _, headers, _ in receiver.got))
    found = json.loads(given_up("--json").stdout)
    assert [(delivery["message"], delivery["size"], delivery["tries"]) for delivery in found] == [
        (ids[0], first, MOST_TRIES),
        (ids[1], second, 1),
    ]
    times = [datetime.fromisoformat(delivery["given_up_at"]) for delivery in found]
    assert times[0] < times[1] <= datetime.now(UTC)
    shown = given_up().stdout.splitlines()
    assert shown == [
        f"{ids[0]}: {first} events; 8 tries; given up {times[0]:%Y-%m-%d %H:%M} UTC",
        f"{ids[1]}: {second} events; 1 try; given up {times[1]:%Y-%m-%d %H:%M} UTC",
    ]
    webhooks.remove_webhook("Skylark", number)
    refused = given_up()
    assert refused.returncode == 1
    assert f"Skylark has no webhook {number}." in refused.stderr


@pytest.mark.django_db
def test_a_new_webhook_is_told_where_the_log_is(receiver: Receiver) -> None:
    add_platform("Skylark")
    size = grow()
    webhooks.add_webhook("Skylark", receiver.url)
    webhook_sending.send_due()
    assert webhook_sending.send_due() == 0
    assert receiver.sizes == [size]
