"""Changes who follows the list, and with which keys; each with its audit record."""

import shlex
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max

from takeback.hotline.audit.actions import make_known, record
from takeback.hotline.audit.domain import OPERATOR, Actor, ActorKind, Verb
from takeback.hotline.log.access import key_pin
from takeback.hotline.platforms.access import as_known
from takeback.hotline.platforms.domain import (
    GATE_DEFAULT_REVIEW,
    INVITATION_LASTS,
    KEY_DAYS,
    MOST_KEY_DAYS,
    MOST_REVIEW,
    UNSEEN,
    USE_NOTED_EVERY,
    FollowingPlatform,
    InvitationEndedError,
    NewKey,
    PlatformError,
    Scope,
    new_platform_secret,
    no_platform,
    token_digest,
    write_token,
)
from takeback.hotline.platforms.models import (
    Platform,
    PlatformFetch,
    PlatformInvitation,
    PlatformKey,
)
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require
from takeback.shell.typed_commands import typed
from takeback.signals.lanes import ALL_LANES

_MOST_NAME = 80


@transaction.atomic
def add_platform(
    name: str, review_process: str = GATE_DEFAULT_REVIEW, *, actor: Actor = OPERATOR
) -> str:
    """Let a platform follow the list with a key of all scopes; returns its token, shown only now.

    Raises PlatformError if the name is empty, too long, not printable or taken, and, as all that
    follow, NotPermittedError.
    """
    require(actor, Permission.MANAGE_PLATFORMS)
    platform = _new_platform(_checked_name(name), actor)
    return _new_key(platform, tuple(Scope), KEY_DAYS, review_process, actor).token


@transaction.atomic
def invite_platform(
    name: str,
    scopes: Iterable[Scope] = tuple(Scope),
    days: int = KEY_DAYS,
    *,
    actor: Actor = OPERATOR,
) -> str:
    """Invite a platform, new or not, to make a key; returns the secret of the link.

    It can't be read again and works once, for `INVITATION_LASTS`; it ends those before it that were
    not used. The platform itself begins when the link is used. Raises PlatformError if the name
    can't be one, for a platform that was revoked, without scopes, and for a life out of bounds.
    """
    require(actor, Permission.MANAGE_PLATFORMS)
    name = _checked_name(name)
    if Platform.objects.filter(name=name, revoked_at__isnull=False).exists():
        raise _revoked(name)
    wanted = _checked_scopes(scopes, days)
    PlatformInvitation.objects.filter(name=name, used_at=None).delete()
    secret = new_platform_secret()
    invitation = PlatformInvitation.objects.create(
        name=name,
        digest=token_digest(secret),
        scopes=wanted,
        key_days=days,
        ends_at=datetime.now(UTC) + INVITATION_LASTS,
    )
    make_known(_holder_of(invitation))
    record(Verb.PLATFORM_INVITED, str(_holder_of(invitation)), actor)
    return secret


@transaction.atomic
def accept_invitation(secret: str, scopes: Iterable[Scope], review_process: str = "") -> NewKey:
    """Make the key that an invitation is for, and use the invitation up.

    Raises InvitationEndedError if it does not work any more, and PlatformError, which leaves it in
    force, for scopes that it does not offer and as `add_key` does.
    """
    now = datetime.now(UTC)
    invitation = (
        PlatformInvitation.objects.select_for_update()
        .filter(digest=token_digest(secret), used_at=None, ends_at__gt=now)
        .first()
    )
    if invitation is None:
        raise InvitationEndedError("This invitation was used, or has ended. Ask for a new one.")
    wanted = set(scopes)
    if not wanted <= set(invitation.scopes):
        raise PlatformError("The invitation does not offer that. Ask the hotline for a new one.")
    actor = _holder_of(invitation)
    require(actor, Permission.MAKE_KEY)
    platform = Platform.objects.select_for_update().filter(name=invitation.name).first()
    if platform is None:
        platform = _new_platform(invitation.name, actor)
    if platform.revoked_at is not None:
        raise InvitationEndedError("This platform was revoked. Ask the hotline.")
    invitation.used_at = now
    invitation.save(update_fields=["used_at"])
    return _new_key(platform, wanted, invitation.key_days, review_process, actor)


@transaction.atomic
def renew_token(name: str, *, actor: Actor = OPERATOR) -> str:
    """Give a platform a new token, for one that was lost, leaked or revoked; all earlier ones end.

    The new key has the scopes and the review process of the latest one. Returns the token, which
    can't be read again. Raises PlatformError if there is no such platform.
    """
    require(actor, Permission.MANAGE_PLATFORMS)
    platform = _lock(name)
    latest = PlatformKey.objects.filter(platform=platform).latest("id")
    _end_keys(platform)
    platform.revoked_at = None
    platform.save(update_fields=["revoked_at"])
    record(Verb.PLATFORM_RENEWED, f"platform {platform.id}", actor)
    scopes = [Scope(scope) for scope in latest.scopes]
    review = latest.review_process or GATE_DEFAULT_REVIEW
    return _new_key(platform, scopes, KEY_DAYS, review, actor).token


@transaction.atomic
def revoke_platform(name: str, *, actor: Actor = OPERATOR) -> None:
    """Take all keys of a platform back, for good; raises PlatformError if it holds none."""
    require(actor, Permission.MANAGE_PLATFORMS)
    platform = Platform.objects.select_for_update().filter(name=name, revoked_at=None).first()
    if platform is None:
        raise PlatformError(f"No platform called {name} holds a token.")
    _end_keys(platform)
    PlatformInvitation.objects.filter(name=name, used_at=None).delete()
    platform.revoked_at = datetime.now(UTC)
    platform.save(update_fields=["revoked_at"])
    record(Verb.PLATFORM_REVOKED, f"platform {platform.id}", actor)


@transaction.atomic
def add_key(
    name: str,
    scopes: Iterable[Scope],
    days: int = KEY_DAYS,
    review_process: str = "",
    *,
    actor: Actor = OPERATOR,
) -> NewKey:
    """Give a platform one more key that lives so many days; the others stay.

    Raises PlatformError for a platform that is not there or was revoked, without scopes, for a life
    under 1 or over 3650 days, and for `read_self_reported` or `read_imported` without a review
    process.
    """
    require(actor, Permission.MANAGE_PLATFORMS)
    platform = _lock(name)
    if platform.revoked_at is not None:
        raise _revoked(name)
    return _new_key(platform, scopes, days, review_process, actor)


@transaction.atomic
def revoke_key(name: str, number: int, *, actor: Actor = OPERATOR) -> None:
    """Take one key of a platform back, for good; raises PlatformError if it lacks this number."""
    require(actor, Permission.MANAGE_PLATFORMS)
    platform = _lock(name)
    now = datetime.now(UTC)
    keys = PlatformKey.objects.filter(platform=platform, id=number, revoked_at=None)
    if not keys.update(revoked_at=now):
        see = typed(f"hotline platform key list {shlex.quote(name)}")
        raise PlatformError(f"{name} holds no key {number}. See `{see}`.")
    record(Verb.PLATFORM_KEY_REVOKED, f"platform {platform.id} key {number}", actor)


def note_fetched(platform: FollowingPlatform, size: int, lanes: int = ALL_LANES) -> None:
    """Keep when the platform first had openings of these lanes up to a log size."""
    fetches = PlatformFetch.objects.filter(platform=platform.id, lanes=lanes)
    newest = fetches.aggregate(Max("size"))["size__max"]
    if newest is None or newest < size:
        fetch = PlatformFetch(
            platform_id=platform.id, size=size, lanes=lanes, fetched_at=datetime.now(UTC)
        )
        PlatformFetch.objects.bulk_create([fetch], ignore_conflicts=True)


def lock_platform(name: str) -> FollowingPlatform:
    """Lock a platform that follows the list until the end of the caller's transaction.

    Raises PlatformError if no platform of this name follows it.
    """
    row = Platform.objects.select_for_update().filter(name=name, revoked_at=None).first()
    if row is None:
        raise no_platform(name)
    return as_known(row)


def begin_anew() -> tuple[str, ...]:
    """End every key in force, and forget who has fetched what, because another log begins.

    Returns the names of the platforms that held a key: each needs a new one, which names the new
    log's key.
    """
    now = datetime.now(UTC)
    PlatformFetch.objects.all().delete()
    keys = PlatformKey.objects.filter(revoked_at=None, expires_at__gt=now)
    holders = Platform.objects.filter(id__in=keys.values("platform"), revoked_at=None)
    names = tuple(holders.order_by("name").values_list("name", flat=True))
    keys.update(revoked_at=now)
    return names


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name.isprintable() or not 0 < len(name) <= _MOST_NAME:
        raise PlatformError(f"A platform's name has 1 to {_MOST_NAME} printable characters.")
    return name


def _new_platform(name: str, actor: Actor) -> Platform:
    try:
        with transaction.atomic():
            platform = Platform.objects.create(name=name, added_at=datetime.now(UTC))
    except IntegrityError as error:
        raise PlatformError(f"There is a platform called {name} already.") from error
    record(Verb.PLATFORM_ADDED, f"platform {platform.id}", actor)
    return platform


def _holder_of(invitation: PlatformInvitation) -> Actor:
    """The holder of the link, of whom nothing else is known."""
    return Actor(ActorKind.INVITATION, invitation.id)


def _revoked(name: str) -> PlatformError:
    renew = typed(f"hotline platform renew {shlex.quote(name)}")
    return PlatformError(f"{name} was revoked. Renew it first: `{renew}`.")


def _checked_scopes(scopes: Iterable[Scope], days: int) -> list[Scope]:
    wanted = sorted(set(scopes))
    if not wanted:
        raise PlatformError(f"A key needs one scope or more: {', '.join(Scope)}.")
    if not 1 <= days <= MOST_KEY_DAYS:
        raise PlatformError(f"A key lives 1 to {MOST_KEY_DAYS} days.")
    return wanted


def _new_key(
    platform: Platform,
    scopes: Iterable[Scope],
    days: int,
    review_process: str,
    actor: Actor,
) -> NewKey:
    wanted = _checked_scopes(scopes, days)
    review = review_process.strip()
    if len(review) > MOST_REVIEW:
        raise PlatformError(f"Describe the review process in {MOST_REVIEW} characters or fewer.")
    if not review and not UNSEEN.isdisjoint(wanted):
        raise PlatformError(
            "Nobody here has seen self-reported or imported pictures. State how people at the "
            "platform review what matches them: --review-process."
        )
    secret = new_platform_secret()
    now = datetime.now(UTC)
    key = PlatformKey.objects.create(
        platform=platform,
        digest=token_digest(secret),
        scopes=wanted,
        review_process=review,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    record(Verb.PLATFORM_KEY_ADDED, f"platform {platform.id} key {key.id}", actor)
    return NewKey(key.id, write_token(secret, key_pin()))


def note_key_used(key: PlatformKey) -> None:
    """Keep that a key was used just now, unless that is known to the minute already."""
    now = datetime.now(UTC)
    if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
        PlatformKey.objects.filter(id=key.id).update(last_used_at=now)


def _end_keys(platform: Platform) -> None:
    keys = PlatformKey.objects.filter(platform=platform, revoked_at=None)
    keys.update(revoked_at=datetime.now(UTC))


def _lock(name: str) -> Platform:
    platform = Platform.objects.select_for_update().filter(name=name).first()
    if platform is None:
        raise no_platform(name)
    return platform
