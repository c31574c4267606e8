"""Runs the worker: sequencing by the clock, and the jobs of all features."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from procrastinate.connector import BaseAsyncConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import DeleteJobCondition

from takeback.hotline.config.health import DATABASE, worker_health
from takeback.hotline.foundation.liveness.trouble import trouble_of
from takeback.hotline.log.sequencer import sequencing_by_the_clock
from takeback.hotline.log.witnesses.submission import ask_witnesses_again, settle_restored_log
from takeback.hotline.screening.checking import warm_up
from takeback.running.health import health_on_loopback

_CONCURRENT_JOBS = 4
_STOP_SECONDS = 5.0
_TRY_AGAIN_SECONDS = 1.0

_log = logging.getLogger(__name__)


class _Jobs:
    """Does jobs until it is stopped, and begins again whenever the database was away."""

    def __init__(self) -> None:
        self.state = "not yet"

    async def do_until_stopped(self) -> None:
        """Return when the process is asked to stop."""
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        stopping = asyncio.create_task(stopped.wait())
        while not stopped.is_set():
            if not (await asyncio.to_thread(DATABASE.newest)).answers:
                # The jobs' own pool tries less and less often; ours looks every few seconds.
                self.state = "waiting"
                await asyncio.wait({stopping}, timeout=_TRY_AGAIN_SECONDS)
                continue
            working = asyncio.create_task(self._do())
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            working.cancel()  # it lets jobs under way come to an end
            try:
                await working
            except asyncio.CancelledError:
                pass
            except Exception as error:  # whatever it was, jobs must not stand still for good
                if trouble := trouble_of(error):
                    _log.warning("No jobs are done: %s It is tried again.", trouble)
                else:
                    _log.exception("The jobs ended. They are begun again.")
            self.state = "waiting"
            await asyncio.wait({stopping}, timeout=_TRY_AGAIN_SECONDS)

    async def _do(self) -> None:
        async with app.open_async():
            self.state = "done as they come"
            await app.run_worker_async(
                concurrency=_CONCURRENT_JOBS,
                delete_jobs=DeleteJobCondition.SUCCESSFUL,
                shutdown_graceful_timeout=_STOP_SECONDS,
                install_signal_handlers=False,
            )


def run_worker() -> None:
    """Work until stopped by a signal. Django must be set up already.

    What a worker before this one left pending is sequenced and submitted first. While the database
    is away or its disk full it waits, and goes on by itself.
    """
    jobs = _Jobs()
    port = settings.WORKER_HEALTH_PORT
    with DATABASE.running(), health_on_loopback(port, lambda: worker_health(jobs.state)) as address:
        if address:
            _log.info("How the worker is: %s", address)
        for first in (warm_up, settle_restored_log, ask_witnesses_again):
            _do_once_it_can(first)
        connector = _connector()
        with sequencing_by_the_clock(), app.replace_connector(connector):
            asyncio.run(jobs.do_until_stopped())


def _do_once_it_can(do: Callable[[], object]) -> None:
    while True:
        try:
            do()
        except Exception as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            _log.warning("The worker waits: %s", trouble)
            connection.close()
            threading.Event().wait(_TRY_AGAIN_SECONDS)
        else:
            return


def _connector() -> BaseAsyncConnector:
    connector = app.connector
    if not isinstance(connector, DjangoConnector):
        raise RuntimeError("a worker runs once in a process")
    return connector.get_worker_connector()
