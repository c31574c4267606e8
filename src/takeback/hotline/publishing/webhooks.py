"""Tells platforms of new checkpoints: who is told, tries until it is taken, what was given up."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from procrastinate.contrib.django import app as jobs
from procrastinate.exceptions import AlreadyEnqueued

from takeback.hashlist.merkle import Frontier
from takeback.hotline.audit.actions import record
from takeback.hotline.publishing.domain import PlatformError, no_platform
from takeback.hotline.publishing.models import (
    Checkpoint,
    Platform,
    Publication,
    Webhook,
    WebhookDelivery,
)
from takeback.hotline.publishing.signing import log_origin
from takeback.hotline.publishing.webhook_addresses import WebhookError, checked_url
from takeback.hotline.publishing.webhook_client import post, was_taken
from takeback.hotline.publishing.webhook_message import message_body, signed_headers

WEBHOOK_TASK: Final = "takeback.send_webhooks"
MOST_WEBHOOKS: Final = 5
"""Of one platform."""
MOST_TRIES: Final = 8
"""Within about eight hours; then a delivery is given up, and kept for somebody to look at."""
_FIRST_WAIT_SECONDS: Final = 5.0
_GROWTH: Final = 4.0
_LONGEST_WAIT_SECONDS: Final = 4 * 3600.0
_AT_A_TIME: Final = 8
_MOST_GIVEN_UP: Final = 100  # of one webhook; the oldest go first
_MOST_PROBLEM: Final = 200
_PUT_OFF: Final = timedelta(seconds=1)
_LOCK: Final = 0x7765_6268_6F6F_6B73  # "webhooks": whoever holds this advisory lock sends


@dataclass(frozen=True, slots=True)
class _Try:
    delivery: WebhookDelivery
    url: str
    body: bytes
    headers: dict[str, str]


@transaction.atomic
def add_webhook(name: str, url: str) -> int:
    """Have a platform told of each new checkpoint at this address; returns the webhook's number.

    Raises PlatformError if there is no such platform or it has enough, WebhookError if the address
    can't be one.
    """
    checked_url(url, loopback=settings.WEBHOOKS_TO_LOOPBACK)
    platform = Platform.objects.select_for_update().filter(name=name, revoked_at=None).first()
    if platform is None:
        raise no_platform(name)
    if Webhook.objects.filter(platform=platform).count() >= MOST_WEBHOOKS:
        raise PlatformError(f"A platform has at most {MOST_WEBHOOKS} webhooks.")
    webhook = Webhook.objects.create(platform=platform, url=url, made_at=datetime.now(UTC))
    record("platform.webhook_added", f"platform {platform.id} webhook {webhook.id}", "operator")
    return webhook.id


@transaction.atomic
def remove_webhook(name: str, number: int) -> None:
    """End a webhook, with all it had to deliver; raises PlatformError if there is none so."""
    webhook = _of(name, number)
    record(
        "platform.webhook_removed",
        f"platform {webhook.platform_id} webhook {webhook.id}",
        "operator",
    )
    webhook.delete()


@transaction.atomic
def redeliver(name: str, number: int) -> int:
    """Try again what was given up, the newest of it; returns how many tries that makes: 0 or 1.

    Who is told of a checkpoint needs none before it, so those go. Raises PlatformError if there is
    no such webhook.
    """
    webhook = _of(name, number)
    given_up = WebhookDelivery.objects.filter(webhook=webhook, given_up_at__isnull=False)
    newest = given_up.order_by("-size").first()
    if newest is None:
        return 0
    given_up.delete()
    _put(webhook, newest.size)
    _defer(f"redeliver {webhook.id}")
    return 1


def note_published(size: int) -> None:
    """Have everybody told of a checkpoint, in the transaction that publishes it."""
    webhooks = list(Webhook.objects.filter(platform__revoked_at=None))
    for webhook in webhooks:
        _put(webhook, size)
    if webhooks:
        _defer(f"of {size}")


def ask_to_send_again() -> None:
    """Ask the worker to send what is due, if anything is: a killed one may have left it."""
    now = datetime.now(UTC)
    if WebhookDelivery.objects.filter(given_up_at=None, due_at__lte=now).exists():
        _defer("left over")


def send_due() -> int:
    """Send all that is due, some at a time; returns how many tries there were.

    Only one sends at a time; another that comes meanwhile is put off for a second. Killed at any
    instant, what was not noted as delivered is sent again, under the same id.
    """
    with _alone() as alone:
        if alone:
            return _send_all_due()
    _defer("put off", datetime.now(UTC) + _PUT_OFF)
    return 0


@contextmanager
def _alone() -> Iterator[bool]:
    """Say whether nobody else sends; a lock of Procrastinate would wait for later tries as well."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _send_all_due() -> int:
    due = WebhookDelivery.objects.filter(
        given_up_at=None, due_at__lte=datetime.now(UTC), webhook__platform__revoked_at=None
    )
    tries = [_prepared(one) for one in due.select_related("webhook").order_by("due_at")]
    with ThreadPoolExecutor(_AT_A_TIME, "webhook") as threads:
        for one, problem in zip(tries, threads.map(_send, tries), strict=True):
            _settle(one.delivery, problem)
    return len(tries)


def wait_after(tries: int) -> float:
    """Return how many seconds to wait after so many tries: growing, and half of it by chance."""
    longest = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * _GROWTH ** (tries - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret


def _put(webhook: Webhook, size: int) -> None:
    """Leave one delivery to do: a newer checkpoint takes the place of one that still waits."""
    now = datetime.now(UTC)
    waiting = WebhookDelivery.objects.filter(webhook=webhook, given_up_at=None, size__lt=size)
    if waiting.update(size=size, message=uuid4()):
        return
    if not WebhookDelivery.objects.filter(webhook=webhook, given_up_at=None).exists():
        WebhookDelivery.objects.create(webhook=webhook, size=size, message=uuid4(), due_at=now)


def _prepared(delivery: WebhookDelivery) -> _Try:
    checkpoint = Checkpoint.objects.get(size=delivery.size)
    published = Publication.objects.get(checkpoint=checkpoint).published_at
    root = Frontier.from_bytes(bytes(checkpoint.frontier)).root()
    body = message_body(log_origin(), delivery.size, root, published)
    headers = signed_headers(delivery.message, int(time.time()), body)
    return _Try(delivery, delivery.webhook.url, body, headers)


def _send(one: _Try) -> str:
    """Try once, touching no row; returns what went wrong, nothing if it was taken."""
    try:
        status = post(one.url, one.body, one.headers, loopback=settings.WEBHOOKS_TO_LOOPBACK)
    except WebhookError as error:
        return str(error)
    return "" if was_taken(status) else f"It answered with status {status}."


@transaction.atomic
def _settle(sent: WebhookDelivery, problem: str) -> None:
    now = datetime.now(UTC)
    row = WebhookDelivery.objects.select_for_update().filter(id=sent.id).first()
    if row is None:
        return  # removed meanwhile
    if not problem:
        Webhook.objects.filter(id=row.webhook_id).update(
            delivered_size=sent.size, delivered_at=now, problem=""
        )
        if row.message == sent.message:
            row.delete()
        else:  # a newer checkpoint came meanwhile: its own tries begin
            WebhookDelivery.objects.filter(id=row.id).update(tries=0, due_at=now)
            _defer(f"of {row.size} after {sent.size}")
        return
    Webhook.objects.filter(id=row.webhook_id).update(problem=problem[:_MOST_PROBLEM])
    row.tries += 1
    gone = problem.endswith(f"status {HTTPStatus.GONE.value}.")
    if gone or row.tries >= MOST_TRIES:
        row.given_up_at = now
        _forget_oldest(row)
    else:
        row.due_at = now + timedelta(seconds=wait_after(row.tries))
        _defer(f"try {row.tries + 1} of {row.message}", row.due_at)
    row.save(update_fields=["tries", "due_at", "given_up_at"])


def _forget_oldest(row: WebhookDelivery) -> None:
    given_up = WebhookDelivery.objects.filter(
        webhook_id=row.webhook_id, given_up_at__isnull=False
    ).order_by("-id")
    old = list(given_up.values_list("id", flat=True)[_MOST_GIVEN_UP - 1 :])
    WebhookDelivery.objects.filter(id__in=old).delete()


def _defer(what: str, at: datetime | None = None) -> None:
    """Ask the worker to send, at that time or, without one, once this is committed."""
    job = jobs.configure_task(WEBHOOK_TASK, queueing_lock=f"webhooks {what}", schedule_at=at)
    try:
        with transaction.atomic():
            job.defer()
    except AlreadyEnqueued:
        pass


def _of(name: str, number: int) -> Webhook:
    webhook = Webhook.objects.select_for_update().filter(platform__name=name, id=number).first()
    if webhook is None:
        raise PlatformError(
            f"{name} has no webhook {number}. See takeback hotline platform webhook list."
        )
    return webhook
