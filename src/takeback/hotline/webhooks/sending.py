"""Sends webhooks what is due, and tries again until it is taken or given up."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.db import transaction

from takeback.hotline.foundation.advisory import alone_with
from takeback.hotline.foundation.outbound.errors import OutboundError
from takeback.hotline.foundation.outbound.public_client import post, was_taken
from takeback.hotline.log.access import frontier_at, log_origin, published_at
from takeback.hotline.webhooks.message import message_body, signed_headers
from takeback.hotline.webhooks.models import WebhookDelivery
from takeback.hotline.webhooks.queue import (
    MOST_TRIES,
    WHEN_ASKED,
    ask_to_send,
    due,
    line_up_newest,
    locked,
)

_FIRST_WAIT_SECONDS: Final = 5.0
_GROWTH: Final = 4.0
_LONGEST_WAIT_SECONDS: Final = 4 * 3600.0
_AT_A_TIME: Final = 8
_MOST_GIVEN_UP: Final = 100  # of one webhook; the oldest go first
_MOST_PROBLEM: Final = 200
_PUT_OFF: Final = timedelta(seconds=1)
_LOCK: Final = 0x7765_6268_6F6F_6B73  # "webhooks": the process that holds this advisory lock sends


@dataclass(frozen=True, slots=True)
class _Try:
    delivery: WebhookDelivery
    url: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a try: `problem`: empty if it was taken; `gone`: never to be tried again."""

    problem: str
    gone: bool = False


def send_due() -> int:
    """Send all that is due, some at a time; returns how many tries there were.

    Only one sends at a time; another that comes meanwhile is put off for a second. If it is killed,
    what was not noted as delivered is sent again, under the same id.
    """
    # A lock of Procrastinate would wait for later tries as well.
    with alone_with(_LOCK) as is_alone:
        if is_alone:
            line_up_newest()
            return _send_all_due()
    ask_to_send("put off", datetime.now(UTC) + _PUT_OFF)
    return 0


def _send_all_due() -> int:
    tries = [_prepared(delivery) for delivery in due().select_related("webhook").order_by("due_at")]
    with ThreadPoolExecutor(_AT_A_TIME, "webhook") as threads:
        for attempt, outcome in zip(tries, threads.map(_send, tries), strict=True):
            _settle(attempt.delivery, outcome)
    return len(tries)


def wait_after(tries: int) -> float:
    """Return how many seconds to wait after so many tries: growing, and half of it by chance."""
    longest = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * _GROWTH ** (tries - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret


def _prepared(delivery: WebhookDelivery) -> _Try:
    size = delivery.size
    frontier = frontier_at(size)
    if frontier is None:
        raise LookupError(f"No checkpoint of {size} events was signed.")
    body = message_body(log_origin(), size, frontier.root(), published_at(size))
    return _Try(delivery, delivery.webhook.url, body)


def _send(attempt: _Try) -> _Outcome:
    """Try once, touching no row."""
    # Signed now and not before those that go first: receivers refuse what is five minutes old.
    headers = signed_headers(attempt.delivery.message, int(time.time()), attempt.body)
    try:
        status = post(attempt.url, attempt.body, headers, loopback=settings.WEBHOOKS_TO_LOOPBACK)
    except OutboundError as error:
        return _Outcome(str(error))
    if status == HTTPStatus.GONE:
        return _Outcome(
            "It answered with status 410: it is told nothing until sent to again.", gone=True
        )
    return _Outcome("" if was_taken(status) else f"It answered with status {status}.")


@transaction.atomic
def _settle(sent: WebhookDelivery, outcome: _Outcome) -> None:
    webhook = locked(sent.webhook_id)
    if webhook is None:
        return  # removed meanwhile
    now = datetime.now(UTC)
    webhook.problem = outcome.problem[:_MOST_PROBLEM]
    if not outcome.problem:
        webhook.delivered_size, webhook.delivered_at = sent.size, now
    webhook.save(update_fields=["problem", "delivered_size", "delivered_at"])
    row = WebhookDelivery.objects.filter(id=sent.id, message=sent.message).first()
    if row is None:
        return  # a newer checkpoint has taken its place, and its own tries begin
    if not outcome.problem:
        row.delete()
        return
    row.tries += 1
    if outcome.gone or row.tries >= MOST_TRIES:
        row.given_up_at = now
        row.due_at = WHEN_ASKED if outcome.gone else row.due_at
        _forget_oldest(row)
    else:
        row.due_at = now + timedelta(seconds=wait_after(row.tries))
        ask_to_send(f"try {row.tries + 1} of {row.message}", row.due_at)
    row.save(update_fields=["tries", "due_at", "given_up_at"])


def _forget_oldest(row: WebhookDelivery) -> None:
    given_up = WebhookDelivery.objects.filter(
        webhook_id=row.webhook_id, given_up_at__isnull=False
    ).order_by("-id")
    old = list(given_up.values_list("id", flat=True)[_MOST_GIVEN_UP - 1 :])
    WebhookDelivery.objects.filter(id__in=old).delete()
