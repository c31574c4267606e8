"""Runs the worker: sequencing as soon as something is pending, and the jobs of all features."""

from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.jobs import DeleteJobCondition

from takeback.hotline.log.sequencer import sequencing_as_asked
from takeback.hotline.log.witnesses.submission import ask_witnesses_again, settle_restored_log
from takeback.hotline.screening.checking import warm_up

_CONCURRENT_JOBS = 4
_STOP_SECONDS = 5.0


def run_worker() -> None:
    """Work until stopped by a signal. Django must be set up already.

    What a worker before this one left pending is sequenced and submitted first.
    """
    warm_up()
    settle_restored_log()
    ask_witnesses_again()
    connector = app.connector
    if not isinstance(connector, DjangoConnector):
        raise RuntimeError("a worker runs once in a process")
    with sequencing_as_asked(), app.replace_connector(connector.get_worker_connector()):
        app.run_worker(
            concurrency=_CONCURRENT_JOBS,
            delete_jobs=DeleteJobCondition.SUCCESSFUL,
            shutdown_graceful_timeout=_STOP_SECONDS,
        )
