"""Background jobs of the list; the worker runs them from the same database."""

from datetime import UTC, datetime, timedelta
from secrets import SystemRandom
from typing import Final

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from takeback.hotline.publishing.canaries import add_canary, lacks_canaries
from takeback.hotline.publishing.changes import forget_withdrawn_fingerprints
from takeback.hotline.publishing.sealing import seal_everything
from takeback.hotline.publishing.webhooks import WEBHOOK_TASK, ask_to_send_again, send_due
from takeback.hotline.publishing.witnesses import (
    SUBMISSION_TASK,
    ask_witnesses_again,
    submit_newest,
)

_CANARY_SHARE_AN_HOUR: Final = 1 / 12


@app.task(name=SUBMISSION_TASK)
def submit_checkpoint() -> None:
    """Have the newest checkpoint cosigned."""
    submit_newest()


@app.task(name=WEBHOOK_TASK)
def send_webhooks() -> None:
    """Tell platforms of what is due."""
    send_due()


@app.periodic(cron="* * * * *")
@app.task(name="takeback.seal_what_was_left", queueing_lock="seal what was left")
async def seal_what_was_left(timestamp: int) -> None:
    """Every minute: seal, submit and send what a killed worker left, and end its jobs."""
    await sync_to_async(seal_everything)()
    await sync_to_async(ask_witnesses_again)()
    await sync_to_async(ask_to_send_again)()
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


@app.task(name="takeback.add_canary")
def add_canary_of(platform: str) -> None:
    """Give a platform a canary, unless it has got enough meanwhile."""
    if platform in lacks_canaries():
        add_canary(platform, "worker")


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


@app.periodic(cron="23 3 * * *")
@app.task(name="takeback.forget_withdrawn", queueing_lock="forget withdrawn")
def forget_withdrawn(timestamp: int) -> None:
    """Every night: delete fingerprints of withdrawn entries that no feed needs any more."""
    forget_withdrawn_fingerprints()
