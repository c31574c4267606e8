"""Reads for an operator which webhooks there are, and what of each was given up."""

from dataclasses import asdict, dataclass
from datetime import datetime

from takeback.hotline.publishing.domain import HealthOfWebhook, PlatformError
from takeback.hotline.publishing.health_access import webhook_health
from takeback.hotline.publishing.models import Webhook, WebhookDelivery
from takeback.hotline.publishing.webhook_message import message_name


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
    return PlatformError(
        f"{name} has no webhook {number}. See takeback hotline platform webhook list."
    )
