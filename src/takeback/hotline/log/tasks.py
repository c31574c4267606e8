"""Background jobs of the log; the worker runs them from the same database."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from takeback.hotline.log.actions import ask_for_sequencing
from takeback.hotline.log.witnesses.submission import (
    SUBMISSION_TASK,
    ask_witnesses_again,
    settle_restored_log,
    submit_newest,
)


@app.task(name=SUBMISSION_TASK)
def submit_checkpoint() -> None:
    """Have the newest checkpoint cosigned."""
    submit_newest()


@app.periodic(cron="* * * * *")
@app.task(name="takeback.seal_what_was_left", queueing_lock="seal what was left")
async def sequence_what_was_left(timestamp: int) -> None:
    """Every minute: have sequenced what waits, submit what a killed worker left, end its jobs.

    It waits when a day's growth is used up, and may go on the next. Sequencing itself is left to
    the next tick: between two of them, few events would make a batch of their own.
    """
    await sync_to_async(settle_restored_log)()
    await sync_to_async(ask_for_sequencing)()
    await sync_to_async(ask_witnesses_again)()
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)
