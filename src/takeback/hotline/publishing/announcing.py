"""Publishes checkpoints: from then on they are the ones that everybody gets."""

from datetime import UTC, datetime

from django.db import connection

from takeback.hotline.publishing.models import Checkpoint, Publication

CHANNEL = "takeback_log"
"""PostgreSQL announces each published checkpoint here, when its transaction commits."""


def publish(checkpoint: Checkpoint) -> None:
    """Publish a checkpoint, in the caller's transaction, and announce it."""
    Publication.objects.create(checkpoint=checkpoint, published_at=datetime.now(UTC))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(checkpoint.size)])
