"""Background jobs of the list; the worker runs them from the same database."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from takeback.hotline.publishing.actions import SEALING_TASK
from takeback.hotline.publishing.changes import forget_withdrawn_fingerprints
from takeback.hotline.publishing.sealing import seal_pending
from takeback.hotline.publishing.webhooks import WEBHOOK_TASK, ask_to_send_again, send_due
from takeback.hotline.publishing.witnesses import (
    SUBMISSION_TASK,
    ask_witnesses_again,
    submit_newest,
)


@app.task(name=SEALING_TASK)
def seal() -> None:
    """Seal everything that is pending."""
    while seal_pending():
        pass


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
    await sync_to_async(seal.func)()
    await sync_to_async(ask_witnesses_again)()
    await sync_to_async(ask_to_send_again)()
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


@app.periodic(cron="23 3 * * *")
@app.task(name="takeback.forget_withdrawn", queueing_lock="forget withdrawn")
def forget_withdrawn(timestamp: int) -> None:
    """Every night: delete fingerprints of withdrawn entries that no feed needs any more."""
    forget_withdrawn_fingerprints()
