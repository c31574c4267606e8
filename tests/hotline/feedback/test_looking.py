"""A platform is said to look for copies only while something of it is known (fault A4)."""

from datetime import UTC, datetime, timedelta

import pytest

from takeback.gate.sync.acknowledging import ACKNOWLEDGE_AGAIN_SECONDS
from takeback.hotline.feedback.access import LOOKING_DAYS, platforms_looking
from takeback.hotline.feedback.models import KeyAcknowledgement
from takeback.hotline.intake import apps_known
from takeback.hotline.platforms.actions import revoke_platform
from takeback.hotline.platforms.models import PlatformKey
from tests.support.feedback import acknowledge, listed, platform

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def looking(now: datetime | None = None) -> set[str]:
    return platforms_looking(now or datetime.now(UTC))


def test_a4_a_platform_that_only_holds_a_key_is_never_named_as_checking() -> None:
    platform("Skylark")
    listed()
    assert looking() == set()
    assert {app.name: app.checks_list for app in apps_known.choices()}["Skylark"] is False


def test_a_platform_that_has_the_list_in_force_is_named() -> None:
    listed()
    acknowledge(platform("Skylark"))
    assert looking() == {"Skylark"}
    first = apps_known.choices()[0]
    assert (first.name, first.checks_list) == ("Skylark", True)


def test_after_a_week_of_silence_it_is_not_named_any_more() -> None:
    listed()
    acknowledge(platform("Skylark"))
    now = datetime.now(UTC)
    assert looking(now + LOOKING_DAYS - DAY) == {"Skylark"}
    assert looking(now + LOOKING_DAYS + DAY) == set()


def test_a_gate_that_fails_two_days_in_a_row_is_still_named() -> None:
    assert 3 * timedelta(seconds=ACKNOWLEDGE_AGAIN_SECONDS) < LOOKING_DAYS


def test_on_a_quiet_list_a_gate_says_the_same_again() -> None:
    listed()
    skylark = platform("Skylark")
    acknowledge(skylark)
    KeyAcknowledgement.objects.update(acknowledged_at=datetime.now(UTC) - LOOKING_DAYS - DAY)
    assert looking() == set(), "to be heard of is not enough"
    acknowledge(skylark)
    assert looking() == {"Skylark"}


@pytest.mark.parametrize("how", ["platform revoked", "key revoked", "key ended"])
def test_whose_key_is_not_taken_any_more_is_not_named(how: str) -> None:
    listed()
    acknowledge(platform("Skylark"))
    now = datetime.now(UTC)
    if how == "platform revoked":
        revoke_platform("Skylark")
    elif how == "key revoked":
        PlatformKey.objects.update(revoked_at=now)
    else:
        PlatformKey.objects.update(expires_at=now - DAY)
    assert looking() == set()
