"""The hotline and its worker as real processes: waiting for news, jobs, stopping."""

import asyncio
import signal
import subprocess

import httpx
import psycopg
import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.django_connector import DjangoConnector

from takeback.hotline.log import access as log_access
from takeback.hotline.log.actions import PENDING_CHANNEL
from takeback.hotline.log.models import PendingEvent
from takeback.hotline.log.sequencer import SEQUENCER
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.log.tasks import sequence_what_was_left
from takeback.hotline.platforms.actions import add_platform
from takeback.tlog.checkpoint import open_checkpoint
from takeback.tlog.signed_note import VerifierKey
from tests.support.followers import follow_database, some_signals
from tests.support.listing import list_picture
from tests.support.running import READY_SECONDS, answers, await_truth, hotline, running

_WAITERS = 50


def listeners(database: str) -> int:
    with psycopg.connect(database, autocommit=True) as looking:
        row = looking.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state = 'idle'"
            " AND query ILIKE '%log_checkpoint%ORDER BY size DESC LIMIT 1%'"
            " AND pid <> pg_backend_pid()"
        ).fetchone()
    assert row is not None
    return int(row[0])


async def wait_all(url: str, token: str, size: int, seconds: int) -> list[httpx.Response]:
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(headers=headers, timeout=READY_SECONDS, limits=limits) as client:
        path = f"{url}/list/v1/wait?size={size}&seconds={seconds}"
        return await asyncio.gather(*[client.get(path) for _ in range(_WAITERS)])


def test_fifty_who_wait_are_told_of_a_new_checkpoint_together(hotline_database: str) -> None:
    token = add_platform("Skylark")
    key = VerifierKey.parse(log_access.verifier_key_line())
    list_picture(some_signals())
    sequence_pending()

    async def wait_and_sequence(url: str) -> list[httpx.Response]:
        waiting = asyncio.create_task(wait_all(url, token, size=2, seconds=25))
        while not listeners(hotline_database):
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
        assert listeners(hotline_database) == 1
        await asyncio.to_thread(in_own_thread)
        return await waiting

    def in_own_thread() -> None:
        try:
            list_picture(some_signals())
            sequence_pending()
        finally:
            connection.close()

    with hotline(hotline_database) as (url, _):
        answers_together = asyncio.run(wait_and_sequence(url))
        assert [answer.status_code for answer in answers_together] == [200] * _WAITERS
        assert {open_checkpoint(answer.content, key).size for answer in answers_together} == {3}
        behind = asyncio.run(wait_all(url, token, size=0, seconds=25))
        assert {answer.content for answer in behind} == {answers_together[0].content}
        none = asyncio.run(wait_all(url, token, size=3, seconds=1))
        assert [(answer.status_code, answer.content) for answer in none] == [(204, b"")] * _WAITERS
        assert answers(url)


def test_hotline_stops_though_somebody_waits(hotline_database: str) -> None:
    token = add_platform("Skylark")

    async def wait_and_stop(url: str, process: subprocess.Popen[bytes]) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(headers=headers, timeout=READY_SECONDS) as client:
            waiting = asyncio.create_task(client.get(f"{url}/list/v1/wait?size=0&seconds=25"))
            while not listeners(hotline_database):
                await asyncio.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait)
            assert (await waiting).status_code == 204

    with hotline(hotline_database) as (url, process):
        asyncio.run(wait_and_stop(url, process))


def test_the_worker_is_asked_once_for_each_transaction_that_commits(hotline_database: str) -> None:
    with psycopg.connect(hotline_database, autocommit=True) as listener:
        listener.execute(f"LISTEN {PENDING_CHANNEL}")

        def heard() -> int:
            return len(list(listener.notifies(timeout=0.3)))

        with transaction.atomic():
            for _ in range(3):
                list_picture(some_signals())
            assert heard() == 0
        assert heard() == 1
        with pytest.raises(RuntimeError), transaction.atomic():
            list_picture(some_signals())
            raise RuntimeError
        assert heard() == 0
    assert PendingEvent.objects.count() == 3


def test_the_worker_sequences_what_was_left_and_what_comes(hotline_database: str) -> None:
    left = list_picture(some_signals())
    with running(hotline_database, "worker") as worker:
        await_truth(lambda: set(follow_database()) == {left}, worker)
        come = [list_picture(some_signals()) for _ in range(3)]
        await_truth(lambda: set(follow_database()) == {left, *come}, worker)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait() == 0


def test_the_worker_goes_on_when_the_database_hangs_up(hotline_database: str) -> None:
    with running(hotline_database, "worker") as worker:
        first = list_picture(some_signals())
        await_truth(lambda: set(follow_database()) == {first}, worker)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = %s",
                [SEQUENCER],
            )
            assert cursor.rowcount == 1
        second = list_picture(some_signals())
        await_truth(lambda: set(follow_database()) == {first, second}, worker)


def test_every_minute_the_worker_is_asked_for_what_still_waits(hotline_database: str) -> None:
    """As for what a day's growth had no room for: it may go on the next, and nobody says so."""
    list_picture(some_signals())  # nobody listens

    async def minute() -> None:
        connector = jobs.connector
        assert isinstance(connector, DjangoConnector)
        with jobs.replace_connector(connector.get_worker_connector()):
            async with jobs.open_async():
                await sequence_what_was_left.func(timestamp=0)

    with psycopg.connect(hotline_database, autocommit=True) as listener:
        listener.execute(f"LISTEN {PENDING_CHANNEL}")
        asyncio.run(minute())
        assert len(list(listener.notifies(timeout=5, stop_after=1))) == 1
    assert PendingEvent.objects.count() == 1  # between two ticks it would be a batch of its own
