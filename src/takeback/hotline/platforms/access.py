"""Reads who follows the list, and with which keys."""

import hmac
from collections import Counter
from datetime import UTC, datetime

from django.db.models import Max

from takeback.hotline.platforms.domain import (
    FollowingPlatform,
    HealthOfKey,
    KeySummary,
    OpenInvitation,
    PlatformSummary,
    Scope,
    lanes_opened_by,
    no_platform,
    token_digest,
    token_secret,
)
from takeback.hotline.platforms.models import Platform, PlatformInvitation, PlatformKey


def key_of_token(token: str) -> PlatformKey | None:
    """Return the key of this token with its platform, in force or not; None if nobody has it."""
    secret = token_secret(token)
    if secret is None:
        return None
    digest = token_digest(secret)
    key = PlatformKey.objects.select_related("platform").filter(digest=digest).first()
    return key if key is not None and hmac.compare_digest(bytes(key.digest), digest) else None


def key_numbered(number: int) -> PlatformKey | None:
    """Return the key with this number with its platform, in force or not; None if there is none."""
    return PlatformKey.objects.select_related("platform").filter(id=number).first()


def open_invitation(secret: str) -> OpenInvitation | None:
    """Return the invitation of this link; None if there is none, it was used, or it has ended."""
    row = PlatformInvitation.objects.filter(
        digest=token_digest(secret), used_at=None, ends_at__gt=datetime.now(UTC)
    ).first()
    if row is None:
        return None
    return OpenInvitation(row.name, tuple(Scope(scope) for scope in row.scopes), row.key_days)


def platform_keys(name: str) -> list[KeySummary]:
    """Return all keys of a platform, oldest first; raises PlatformError for an unknown name."""
    if not Platform.objects.filter(name=name).exists():
        raise no_platform(name)
    return [
        KeySummary(
            row.id,
            tuple(Scope(scope) for scope in row.scopes),
            row.review_process,
            row.made_at,
            row.expires_at,
            row.revoked_at,
            row.last_used_at,
        )
        for row in PlatformKey.objects.filter(platform__name=name).order_by("id")
    ]


def following_count() -> int:
    """Return how many platforms follow the list now."""
    return Platform.objects.filter(revoked_at=None).count()


def platform_names() -> list[str]:
    """Return the names of the platforms that follow the list now, in alphabetical order."""
    current = Platform.objects.filter(revoked_at=None).order_by("name")
    return list(current.values_list("name", flat=True))


def platforms() -> list[PlatformSummary]:
    """Return all platforms, in alphabetical order, those revoked included."""
    rows = Platform.objects.order_by("name").annotate(
        fetched_size=Max("platformfetch__size"), fetched_at=Max("platformfetch__fetched_at")
    )
    in_force = PlatformKey.objects.filter(revoked_at=None, expires_at__gt=datetime.now(UTC))
    keys = Counter(in_force.values_list("platform", flat=True))
    return [
        PlatformSummary(
            row.name,
            row.added_at,
            row.revoked_at,
            keys[row.id],
            row.fetched_size or 0,
            row.fetched_at,
        )
        for row in rows
    ]


def as_known(row: Platform) -> FollowingPlatform:
    """Return a platform as other rooms know it."""
    return FollowingPlatform(row.id, row.name, row.added_at)


def following_platform(name: str) -> FollowingPlatform:
    """Return the platform of this name; raises PlatformError unless it follows the list."""
    row = Platform.objects.filter(name=name, revoked_at=None).first()
    if row is None:
        raise no_platform(name)
    return as_known(row)


def following_platforms() -> list[FollowingPlatform]:
    """Return the platforms that follow the list now, in the order in which they came."""
    return [as_known(row) for row in Platform.objects.filter(revoked_at=None).order_by("id")]


def keys_in_force(platform: FollowingPlatform, now: datetime) -> tuple[HealthOfKey, ...]:
    """Return the keys of a platform that are taken at a time, oldest first."""
    keys = PlatformKey.objects.filter(platform=platform.id, revoked_at=None, expires_at__gt=now)
    return tuple(
        HealthOfKey(
            row.id, tuple(Scope(scope) for scope in row.scopes), row.expires_at, row.last_used_at
        )
        for row in keys.order_by("id")
    )


def lanes_open_to(platform: FollowingPlatform) -> int:
    """Return the lanes that the keys of a platform open together now, as `LANE_BITS` of each."""
    keys = keys_in_force(platform, datetime.now(UTC))
    return lanes_opened_by({scope.value for key in keys for scope in key.scopes})
