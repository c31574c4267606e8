"""Reads which entries are planted."""

from typing import Any

from django.db.models import QuerySet

from takeback.hotline.planted.models import Canary
from takeback.hotline.platforms.domain import FollowingPlatform


def canaries_of_others(platform: FollowingPlatform) -> QuerySet[Any]:
    """Return a query of the entries that are canaries of other platforms than this one."""
    return Canary.objects.exclude(platform=platform.id).values("entry_id")


def canary_entries() -> set[str]:
    """Return the ids of all canaries."""
    return set(Canary.objects.values_list("entry", flat=True))
