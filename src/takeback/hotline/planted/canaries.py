"""Canaries: entries of no picture that only one platform gets, to tell where a list leaked from."""

import re
import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from django.db import transaction

from takeback.fingerprints.listable import LEAST_QUALITY_FOR_PARTS
from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal, Signal
from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import OPERATOR, Actor, Verb
from takeback.hotline.entries.actions import list_entries
from takeback.hotline.planted.domain import CanaryFound
from takeback.hotline.planted.models import Canary
from takeback.hotline.platforms.access import (
    following_platform,
    following_platforms,
    lanes_open_to,
)
from takeback.hotline.platforms.domain import FollowingPlatform, PlatformError
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require
from takeback.matching.policy import MatchPolicy
from takeback.signals.lanes import LANE_BITS, Lane
from takeback.signals.pdq import MAX_QUALITY, PDQ_BITS

_CROPS = 12
"""A report lists the picture and, nearly always, a dozen crops of it (docs/views.md)."""
_PDQ_DIGITS = 64
_HIGHEST_QUALITY_SHARE = 0.9
"""About so many photographs and crops that are listed have the highest quality."""
_DIGEST = re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{32})(?![0-9a-fA-F])")


CANARIES_EACH: Final = 3
"""A platform gets so many by itself, at times that chance chooses: one entry could be left out."""


def lacks_canaries() -> list[str]:
    """Return the names of the platforms that could read canaries and have too few."""
    standing = Counter(
        Canary.objects.filter(entry__withdrawn_at=None).values_list("platform", flat=True)
    )
    return [
        platform.name
        for platform in following_platforms()
        if standing[platform.id] < CANARIES_EACH and _lane_of(platform) is not None
    ]


@transaction.atomic
def add_canary(name: str, actor: Actor = OPERATOR) -> None:
    """List an entry that only this platform gets.

    It has what a reported picture has: PDQs of a whole and of crops, SHA-256, MD5, all random. It
    goes the way of every entry, so that its time and place say nothing. Raises PlatformError if the
    platform may read no lane, and NotPermittedError.
    """
    require(actor, Permission.PLANT_CANARIES)
    platform = following_platform(name)
    lane = _lane_of(platform)
    if lane is None:
        raise PlatformError(f"{platform.name} has no key that may read the list.")
    signals = _signals()
    (entry,) = list_entries([signals], lane, actor=actor)
    canary = Canary(
        entry_id=entry,
        platform_id=platform.id,
        digests=[signal.value for signal in signals],
        made_at=datetime.now(UTC),
    )
    canary.save(force_insert=True)
    record(Verb.PLATFORM_CANARY_ADDED, f"platform {platform.id}", actor)


def find_canaries(text: str) -> list[CanaryFound]:
    """Return whose canaries a text shows, each once; digests in hex are looked for in it.

    A PDQ counts as well if it is as close to one as a match may be.
    """
    given = {found.lower() for found in _DIGEST.findall(text)}
    codes = [digest for digest in given if len(digest) == _PDQ_DIGITS]
    widest = MatchPolicy().widest_threshold
    return [
        CanaryFound(row.platform.name, row.made_at)
        for row in Canary.objects.select_related("platform").order_by("made_at")
        if not given.isdisjoint(row.digests) or _any_close(row.digests, codes, widest)
    ]


def _any_close(digests: Iterable[str], codes: Iterable[str], widest: int) -> bool:
    wanted = [int(digest, 16) for digest in digests if len(digest) == _PDQ_DIGITS]
    return any((int(code, 16) ^ pdq).bit_count() <= widest for code in codes for pdq in wanted)


def _lane_of(platform: FollowingPlatform) -> Lane | None:
    """Choose a lane that the platform may read, the one that most entries are in if it can."""
    lanes = lanes_open_to(platform)
    for lane in (Lane.SELF_REPORTED, Lane.CONFIRMED):
        if lanes & LANE_BITS[lane]:
            return lane
    return None


def _signals() -> tuple[Signal, ...]:
    pdqs = (PdqSignal(value=_pdq(), quality=_quality()) for _ in range(1 + _CROPS))
    digests = (
        Sha256Signal(value=secrets.token_hex(32)),
        Md5Signal(value=secrets.token_hex(16)),
    )
    return (*pdqs, *digests)


def _pdq() -> str:
    """Draw a PDQ: a median splits its 256 bits, so nearly always exactly half of them are ones."""
    ones = secrets.SystemRandom().sample(range(PDQ_BITS), PDQ_BITS // 2)
    return f"{sum(1 << bit for bit in ones):0{_PDQ_DIGITS}x}"


def _quality() -> int:
    """Draw a quality: of most photographs it is the highest, of some a little less."""
    chance = secrets.SystemRandom()
    most_have_it = chance.random() < _HIGHEST_QUALITY_SHARE
    return MAX_QUALITY if most_have_it else chance.randrange(LEAST_QUALITY_FOR_PARTS, MAX_QUALITY)
