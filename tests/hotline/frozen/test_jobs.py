"""Names, arguments, locks and times of background jobs are kept: jobs wait in the database.

A job that an older version has put there must find its task in a newer one.
"""

import inspect
from collections.abc import Iterator

from procrastinate.contrib.django import app

from tests.frozen.snapshots import assert_frozen_lines

OURS = "takeback."
"""What our tasks begin with; the queue brings some of its own."""


def test_tasks_and_their_times_are_the_frozen_ones() -> None:
    assert_frozen_lines("jobs.txt", facts())


def facts() -> Iterator[str]:
    for name, task in app.tasks.items():
        if not name.startswith(OURS):
            continue
        names = ", ".join(inspect.signature(task.func).parameters)
        settings = {
            "queue": task.queue,
            "priority": task.priority,
            "lock": task.lock,
            "queueing_lock": task.queueing_lock,
            "retry": task.retry_strategy,
            "pass_context": task.pass_context,
        }
        yield f"task {name}({names})" + "".join(f" {k}={v!r}" for k, v in settings.items())
        for alias in task.aliases:
            yield f"alias {alias} of {name}"
    for (name, identifier), periodic in app.periodic_registry.periodic_tasks.items():
        extra = f" with {periodic.configure_kwargs}" if periodic.configure_kwargs else ""
        yield f"periodic {name} at {periodic.cron!r} as {identifier!r}{extra}"
