"""Reads how a platform is doing: how far it is with the list, what it said, which keys it has."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.db.models import Count, Max, Q

from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.publishing.domain import HealthOfKey, HealthOfWebhook, PlatformHealth, Scope
from takeback.hotline.publishing.models import (
    Feedback,
    Platform,
    PlatformKey,
    Publication,
    Webhook,
    WebhookDelivery,
)
from takeback.hotline.publishing.platform_access import acknowledgements
from takeback.hotline.publishing.webhook_message import webhook_key
from takeback.signals.lanes import Lane


def platform_health(platform: Platform, now: datetime | None = None) -> PlatformHealth:
    """Return how a platform is doing, now unless told."""
    now = now or datetime.now(UTC)
    size = Publication.objects.aggregate(size=Max("checkpoint"))["size"] or 0
    # Of several gates the one that is farthest behind.
    said = acknowledgements(platform, now).order_by("size").first()
    acknowledged = said.size if said else 0
    of_tests = Q(entry__lane=Lane.TEST)
    said_here = Feedback.objects.filter(platform=platform)
    counted = said_here.exclude(of_tests).values_list("value")
    keys = PlatformKey.objects.filter(platform=platform, revoked_at=None, expires_at__gt=now)
    return PlatformHealth(
        platform=platform.name,
        size=size,
        acknowledged_size=acknowledged,
        acknowledged_at=said.acknowledged_at if said else None,
        lag_events=max(0, size - acknowledged),
        lag_seconds=_lag_seconds(platform, acknowledged, now),
        feedback=dict.fromkeys(FeedbackValue, 0)
        | {FeedbackValue(value): count for value, count in counted.annotate(count=Count("id"))},
        test_matches=said_here.filter(of_tests).count(),
        keys=tuple(
            HealthOfKey(
                row.id, tuple(Scope(one) for one in row.scopes), row.expires_at, row.last_used_at
            )
            for row in keys.order_by("id")
        ),
        webhook_key=webhook_key(),
        webhooks=platform_webhooks(platform.name),
    )


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


def _lag_seconds(platform: Platform, acknowledged: int, now: datetime) -> float:
    """How long the first checkpoint beyond this size has been out, and the platform here."""
    beyond = Publication.objects.filter(checkpoint__gt=acknowledged).order_by("checkpoint").first()
    if beyond is None:
        return 0.0
    return max(0.0, (now - max(beyond.published_at, platform.added_at)).total_seconds())
