"""What the hotline says of its health: no session, no secret, and no wait for the database."""

import httpx
import psycopg
import pytest
from django.test import Client

from takeback.hotline.config import health
from takeback.hotline.foundation.liveness.database_watch import DatabaseWatch
from takeback.hotline.log.continuity.doubts import note_restored
from takeback.hotline.log.models import PendingEvent
from takeback.running.health import DiskRoom
from tests.campaigns.real_hotline import free_port
from tests.support.followers import some_signals
from tests.support.listing import list_picture
from tests.support.running import await_truth, running


class _Ask:
    def __init__(self, seen: "float | Exception | None", *, commits_wait: bool = False) -> None:
        self.seen = seen
        self.commits_wait = commits_wait

    def __call__(self, _connection: object) -> health.Seen:
        if isinstance(self.seen, Exception):
            raise self.seen
        return health.Seen(self.seen, self.commits_wait)


@pytest.mark.django_db
def test_the_address_says_how_things_are_and_sets_nothing() -> None:
    answer = Client().get("/healthz")
    assert answer.status_code == 200
    assert set(answer.json()) == {
        "status",
        "database",
        "commits",
        "disk",
        "sequenced_seconds_ago",
    }
    assert answer.json()["database"] == "answers"
    assert not answer.cookies
    assert Client().head("/healthz").content == b""
    refused = Client().post("/healthz")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("seen", "pages", "list_grows", "database"),
    [
        (0.5, 200, 200, "answers"),
        (health.LATE_SECONDS + 1, 200, 503, "answers"),
        (None, 200, 503, "answers"),
        (psycopg.OperationalError("away"), 503, 503, "away"),
    ],
)
@pytest.mark.django_db
def test_pages_need_the_database_and_the_list_needs_a_worker_too(
    seen: "float | Exception | None",
    pages: int,
    list_grows: int,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "DATABASE", DatabaseWatch(_Ask(seen)))
    assert Client().get("/healthz").status_code == pages
    assert Client().get("/healthz").json()["database"] == database
    worker = health.worker_health("waiting")
    assert worker.status == list_grows
    assert worker.details["jobs"] == "waiting"


@pytest.mark.django_db
def test_a_worker_that_must_not_sign_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "DATABASE", DatabaseWatch(_Ask(0.5)))
    assert health.worker_health("waiting").details["signing"] == "goes on"
    note_restored()
    worker = health.worker_health("waiting")
    assert worker.status == 503
    assert "no witness and no gate has shown" in str(worker.details["signing"])
    assert Client().get("/healthz").status_code == 200


@pytest.mark.django_db
def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "disk_room", lambda _folder: DiskRoom.FULL)
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()["disk"]) == (503, "full")


def test_a_watch_keeps_looking_until_the_database_answers_again(hotline_database: str) -> None:
    ask = _Ask(1.0)
    watch = DatabaseWatch(ask)
    with watch.running():
        await_truth(lambda: watch.runs and watch.newest().answers)
        ask.seen = psycopg.OperationalError("gone")
        await_truth(lambda: not watch.newest().answers)
        ask.seen = 2.0
        await_truth(lambda: watch.newest().seen == health.Seen(2.0))
    assert not watch.runs


def test_the_worker_has_an_address_of_its_own(hotline_database: str) -> None:
    port = str(free_port())
    with running(hotline_database, "worker", TAKEBACK_WORKER_HEALTH_PORT=port) as worker:

        def status() -> int:
            try:
                url = f"http://127.0.0.1:{port}/healthz"
                return httpx.get(url, trust_env=False).status_code
            except httpx.TransportError:
                return 0

        await_truth(lambda: status() == 200, worker)
        list_picture(some_signals())
        await_truth(lambda: not PendingEvent.objects.exists(), worker)
        assert status() == 200
