"""What an operator does with webhooks, and all that others need of them."""

from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.db import transaction

from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import OPERATOR, Actor, Verb
from takeback.hotline.foundation.outbound.addresses import checked_url, require_not_private
from takeback.hotline.log.access import published_size
from takeback.hotline.platforms.actions import lock_platform
from takeback.hotline.platforms.domain import PlatformError
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require
from takeback.hotline.webhooks.access import no_webhook
from takeback.hotline.webhooks.models import Webhook, WebhookDelivery
from takeback.hotline.webhooks.queue import (
    ask_to_send,
    locked,
    put,
)

MOST_WEBHOOKS: Final = 5
"""Of one platform."""
_LOOK_UP_SECONDS: Final = 5.0


def add_webhook(name: str, url: str, *, actor: Actor = OPERATOR) -> int:
    """Have a platform told of each checkpoint at this address, at once of the newest one.

    Returns the webhook's number. Raises PlatformError if there is no such platform or it has
    enough, OutboundError if the address can't be one or leads to where nothing is ever sent, and,
    as all that follow, NotPermittedError.
    """
    require(actor, Permission.MANAGE_PLATFORMS)
    checked_url(url, loopback=settings.WEBHOOKS_TO_LOOPBACK)
    # Before the transaction: a name server may be slow, and what it says holds no row.
    require_not_private(url, _LOOK_UP_SECONDS, loopback=settings.WEBHOOKS_TO_LOOPBACK)
    return _add(name, url, actor)


@transaction.atomic
def _add(name: str, url: str, actor: Actor) -> int:
    platform = lock_platform(name)
    if Webhook.objects.filter(platform=platform.id).count() >= MOST_WEBHOOKS:
        raise PlatformError(f"A platform has at most {MOST_WEBHOOKS} webhooks.")
    webhook = Webhook.objects.create(platform_id=platform.id, url=url, made_at=datetime.now(UTC))
    ask_to_send(f"added {webhook.id}")
    subject = f"platform {platform.id} webhook {webhook.id}"
    record(Verb.PLATFORM_WEBHOOK_ADDED, subject, actor)
    return webhook.id


@transaction.atomic
def remove_webhook(name: str, number: int, *, actor: Actor = OPERATOR) -> None:
    """End a webhook, with all it had to deliver; raises PlatformError for an unknown number."""
    require(actor, Permission.MANAGE_PLATFORMS)
    webhook = _of(name, number)
    subject = f"platform {webhook.platform_id} webhook {webhook.id}"
    record(Verb.PLATFORM_WEBHOOK_REMOVED, subject, actor)
    webhook.delete()


@transaction.atomic
def redeliver(name: str, number: int, *, actor: Actor = OPERATOR) -> int:
    """Try again after something was given up; returns how many tries that makes: 0 or 1.

    What is sent is the newest checkpoint. A receiver needs none before it, so all that was given up
    goes; a webhook that had answered 410 is told of what comes again. Raises PlatformError if there
    is no such webhook.
    """
    require(actor, Permission.MANAGE_PLATFORMS)
    webhook = _of(name, number)
    given_up, _ = WebhookDelivery.objects.filter(
        webhook=webhook, given_up_at__isnull=False
    ).delete()
    if not given_up:
        return 0
    put(webhook, published_size())
    waiting = WebhookDelivery.objects.filter(webhook=webhook, given_up_at=None)
    waiting.update(due_at=datetime.now(UTC), tries=0)
    ask_to_send(f"redeliver {webhook.id}")
    return 1


def _of(name: str, number: int) -> Webhook:
    webhook = locked(number)
    if webhook is None or webhook.platform.name != name:
        raise no_webhook(name, number)
    return webhook
