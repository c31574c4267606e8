"""Background jobs of the log; the worker runs them from the same database."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from takeback.hotline.log.sequencing import sequence_everything
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
    """Every minute: sequence and submit what a killed worker left, and end its jobs."""
    await sync_to_async(settle_restored_log)()
    await sync_to_async(sequence_everything)()
    await sync_to_async(ask_witnesses_again)()
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)
