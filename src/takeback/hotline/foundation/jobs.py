"""Asks the worker for a job once, however often and by however many it is asked for."""

from datetime import datetime

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.types import JSONValue


def defer_once(
    task_name: str, lock: str, schedule_at: datetime | None = None, **arguments: JSONValue
) -> None:
    """Leave a job for the worker, unless one under the same `lock` waits already.

    It is done at `schedule_at` (with a time zone) or, without one, as soon as the caller's
    transaction is committed; if that is rolled back, there never was a job. `lock`: any text, the
    same for jobs of which one is enough; a job that has begun no longer counts as waiting.
    """
    job = app.configure_task(task_name, queueing_lock=lock, schedule_at=schedule_at)
    try:
        with transaction.atomic():  # a refusal undoes this much, not the caller's transaction
            job.defer(**arguments)
    except AlreadyEnqueued:
        pass
