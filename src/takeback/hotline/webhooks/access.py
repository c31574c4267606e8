"""Reads for an operator which webhooks there are, and what of each was given up."""

import shlex
from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import urlsplit

from takeback.hotline.platforms.domain import PlatformError
from takeback.hotline.webhooks.domain import HealthOfWebhook
from takeback.hotline.webhooks.message import message_name
from takeback.hotline.webhooks.models import Webhook, WebhookDelivery
from takeback.shell.typed_commands import typed


@dataclass(frozen=True, slots=True)
class ListedWebhook(HealthOfWebhook):
    """A webhook as the operator sees it: as its platform does, and since when it is there."""

    made_at: datetime


@dataclass(frozen=True, slots=True)
class GivenUpDelivery:
    """A checkpoint that a webhook did not take; `message`: the `webhook-id` of all its tries."""

    message: str
    size: int
    tries: int
    given_up_at: datetime


def platform_webhooks(name: str) -> tuple[HealthOfWebhook, ...]:
    """Return how the webhooks of a platform are doing, oldest first."""
    rows = Webhook.objects.filter(platform__name=name).order_by("id")
    return tuple(webhook_health(row) for row in rows)


def webhook_health(row: Webhook) -> HealthOfWebhook:
    """Return how one webhook is doing."""
    waiting = WebhookDelivery.objects.filter(webhook=row, given_up_at=None).first()
    given_up = WebhookDelivery.objects.filter(webhook=row, given_up_at__isnull=False)
    return HealthOfWebhook(
        number=row.id,
        host=urlsplit(row.url).hostname or "",
        delivered_size=row.delivered_size,
        delivered_at=row.delivered_at,
        waiting_size=waiting.size if waiting else None,
        tries=waiting.tries if waiting else 0,
        given_up=given_up.count(),
        problem=row.problem,
    )


def listed_webhooks(name: str) -> tuple[ListedWebhook, ...]:
    """Return the webhooks of a platform, oldest first."""
    rows = Webhook.objects.filter(platform__name=name).order_by("id")
    return tuple(ListedWebhook(**asdict(webhook_health(row)), made_at=row.made_at) for row in rows)


def given_up_deliveries(name: str, number: int) -> tuple[GivenUpDelivery, ...]:
    """Return what a webhook was not told of, oldest first; raises PlatformError if it is not there.

    A hundred are kept, until the operator sends again.
    """
    if not Webhook.objects.filter(platform__name=name, id=number).exists():
        raise no_webhook(name, number)
    rows = WebhookDelivery.objects.filter(webhook=number, given_up_at__isnull=False)
    return tuple(
        GivenUpDelivery(message_name(row.message), row.size, row.tries, row.given_up_at)
        for row in rows.order_by("given_up_at", "id")
        if row.given_up_at is not None
    )


def no_webhook(name: str, number: int) -> PlatformError:
    """Say that a platform has no such webhook, and where to look."""
    see = typed(f"hotline platform webhook list {shlex.quote(name)}")
    return PlatformError(f"{name} has no webhook {number}. See `{see}`.")
