"""Keeps what webhooks have still to be told: of the newest checkpoint, once each."""

from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Least

from takeback.hotline.foundation.jobs import defer_once
from takeback.hotline.log.access import published_size
from takeback.hotline.webhooks.models import Webhook, WebhookDelivery

WEBHOOK_TASK: Final = "takeback.send_webhooks"
MOST_TRIES: Final = 8
"""Within three to six hours; then a delivery is given up, and kept for somebody to look at."""
WHEN_ASKED: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""What was given up and is due then stops its webhook, until an operator sends again."""
_MOST_CARRIED_TRIES: Final = MOST_TRIES // 2


def note_published(size: int) -> None:
    """Have everybody told of a checkpoint, in the transaction that publishes it.

    It locks and writes no row of a webhook. The worker that sends finds out which are behind: the
    log must neither fail nor wait because an operator changes a webhook meanwhile.
    """
    if _listening().exists():
        ask_to_send(f"of {size}")


def ask_to_send_again() -> None:
    """Ask the worker to send what is due, if anything is: a killed one may have left it."""
    if due().exists() or _behind(published_size()).exists():
        ask_to_send("left over")


def ask_to_send(what: str, at: datetime | None = None) -> None:
    """Ask the worker to send, at that time or, without one, once this is committed."""
    defer_once(WEBHOOK_TASK, f"webhooks {what}", at)


def due() -> QuerySet[WebhookDelivery]:
    """Find what is to be sent now."""
    return WebhookDelivery.objects.filter(
        given_up_at=None, due_at__lte=datetime.now(UTC), webhook__in=_listening()
    )


def line_up_newest() -> None:
    """Leave one delivery to do for each webhook that is behind."""
    size = published_size()
    for number in list(_behind(size).values_list("id", flat=True)):
        with transaction.atomic():
            webhook = locked(number)
            if webhook is not None:
                put(webhook, size)


def locked(number: int) -> Webhook | None:
    """Lock a webhook, None if it was removed.

    Every change of a webhook or its deliveries begins with this, and a transaction locks one
    webhook only: so nobody finds half a change, and no two wait for each other.
    """
    return Webhook.objects.select_for_update().filter(id=number).first()


def put(webhook: Webhook, size: int) -> None:
    """Leave one delivery to do: a newer checkpoint takes the place of one that still waits.

    It waits as long as the other would have and takes over up to half of its tries: so it has
    enough of its own, and news is no reason to ask a receiver that is away every few seconds.
    """
    waiting = WebhookDelivery.objects.filter(webhook=webhook, given_up_at=None)
    if not waiting.exists():
        WebhookDelivery.objects.create(
            webhook=webhook, size=size, message=uuid4(), due_at=datetime.now(UTC)
        )
    else:
        carried = Least("tries", _MOST_CARRIED_TRIES)
        waiting.filter(size__lt=size).update(size=size, message=uuid4(), tries=carried)


def _listening() -> QuerySet[Webhook]:
    return Webhook.objects.filter(platform__revoked_at=None)


def _behind(size: int) -> QuerySet[Webhook]:
    """Find webhooks that have not taken this checkpoint, with none that waits or was given up."""
    deliveries = WebhookDelivery.objects.filter(webhook=OuterRef("pk"))
    known = deliveries.filter(size__gte=size)
    stops = deliveries.filter(given_up_at__isnull=False, due_at=WHEN_ASKED)
    return _listening().filter(~Exists(known), ~Exists(stops), delivered_size__lt=size)


def begin_anew() -> None:
    """Forget what webhooks have got, and had still to get, because another log begins."""
    WebhookDelivery.objects.all().delete()
    Webhook.objects.update(delivered_size=0, delivered_at=None)
