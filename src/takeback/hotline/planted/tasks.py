"""Background jobs that plant canaries."""

from datetime import UTC, datetime, timedelta
from secrets import SystemRandom
from typing import Final

from procrastinate.contrib.django import app

from takeback.hotline.audit.domain import WORKER
from takeback.hotline.planted.canaries import add_canary, lacks_canaries

_CANARY_SHARE_AN_HOUR: Final = 1 / 12


@app.task(name="takeback.add_canary")
def add_canary_of(platform: str) -> None:
    """Give a platform a canary, unless it has got enough meanwhile."""
    if platform in lacks_canaries():
        add_canary(platform, WORKER)


@app.periodic(cron="7 * * * *")
@app.task(name="takeback.plan_canaries", queueing_lock="plan canaries")
def plan_canaries(timestamp: int) -> None:
    """Every hour: have some platforms that lack canaries get one, at any second of the next hour.

    Were they listed as a platform joins, or at a fixed time, it would know them by that.
    """
    chance = SystemRandom()
    for platform in lacks_canaries():
        if chance.random() < _CANARY_SHARE_AN_HOUR:
            at = datetime.now(UTC) + timedelta(seconds=chance.randrange(3600))
            add_canary_of.configure(schedule_at=at).defer(platform=platform)
