"""Reads how a platform is doing: how far it is with the list, what it said, which keys it has."""

from datetime import UTC, datetime

from django.db.models import Count, Q

from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.feedback.access import acknowledgements
from takeback.hotline.feedback.domain import PlatformHealth
from takeback.hotline.feedback.models import Feedback
from takeback.hotline.log.access import first_published_beyond, published_size
from takeback.hotline.platforms.access import keys_in_force
from takeback.hotline.platforms.domain import FollowingPlatform
from takeback.hotline.webhooks.access import platform_webhooks
from takeback.hotline.webhooks.message import webhook_key
from takeback.signals.lanes import Lane


def platform_health(platform: FollowingPlatform, now: datetime | None = None) -> PlatformHealth:
    """Return how a platform is doing at a time, now by default."""
    now = now or datetime.now(UTC)
    size = published_size()
    # Of several gates, the one that is farthest behind.
    slowest = acknowledgements(platform, now).order_by("size").first()
    acknowledged = slowest.size if slowest else 0
    of_tests = Q(entry__lane=Lane.TEST)
    said_here = Feedback.objects.filter(platform=platform.id)
    counted = said_here.exclude(of_tests).values_list("value")
    return PlatformHealth(
        platform=platform.name,
        size=size,
        acknowledged_size=acknowledged,
        acknowledged_at=slowest.acknowledged_at if slowest else None,
        lag_events=max(0, size - acknowledged),
        lag_seconds=_lag_seconds(platform, acknowledged, now),
        feedback=dict.fromkeys(FeedbackValue, 0)
        | {FeedbackValue(value): count for value, count in counted.annotate(count=Count("id"))},
        test_matches=said_here.filter(of_tests).count(),
        keys=keys_in_force(platform, now),
        webhook_key=webhook_key(),
        webhooks=platform_webhooks(platform.name),
    )


def _lag_seconds(platform: FollowingPlatform, acknowledged: int, now: datetime) -> float:
    """Seconds since the first checkpoint beyond this size was out and the platform was here."""
    published_at = first_published_beyond(acknowledged)
    if published_at is None:
        return 0.0
    return max(0.0, (now - max(published_at, platform.added_at)).total_seconds())
