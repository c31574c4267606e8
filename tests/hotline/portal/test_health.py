"""A platform reads how it is doing, on a page and as JSON, and nothing of any other."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.feedback import health as feedback_health
from takeback.hotline.feedback.actions import record_feedback
from takeback.hotline.limits import actions as limits
from takeback.hotline.log.models import Publication
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.access import following_platforms
from takeback.hotline.platforms.actions import add_key, add_platform, revoke_key
from takeback.hotline.platforms.admission import number_of_key
from takeback.hotline.platforms.domain import Scope
from takeback.hotline.platforms.models import PlatformKey
from takeback.hotline.portal.health import VISIT_SECONDS
from tests.support.feedback import acknowledge, feedback_item
from tests.support.followers import some_signals
from tests.support.listing import list_picture
from tests.support.visiting import ORIGIN

_FORM = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def log_in(token: str) -> tuple[Client, int]:
    client = Client(enforce_csrf_checks=True)
    return client, client.post("/platforms/login", {"key": token}, headers=ORIGIN).status_code


@pytest.mark.django_db
def test_lag_votes_and_keys_are_those_of_the_platform() -> None:
    token, other = add_platform("Skylark"), add_platform("Heron")
    skylark, heron = following_platforms()

    def health(token: str) -> dict[str, object]:
        answer = Client().get("/list/v1/health", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        found: dict[str, object] = answer.json()
        return found

    fresh = health(token)
    assert (fresh["size"], fresh["lag_events"], fresh["lag_seconds"]) == (0, 0, 0.0)
    entry = list_picture(some_signals())
    sequence_pending()
    acknowledge(skylark)
    list_picture(some_signals())
    sequence_pending()
    record_feedback(heron, [feedback_item(entry, FeedbackValue.NOT_THE_SAME)])
    record_feedback(skylark, [feedback_item(entry, FeedbackValue.BLOCKED) for _ in range(2)])
    mine, theirs = health(token), health(other)
    assert (mine["platform"], mine["size"], mine["acknowledged_size"]) == ("Skylark", 3, 2)
    assert mine["lag_events"] == 1
    assert mine["feedback"] == {
        "blocked": 2,
        "pending_review": 0,
        "not_blocked": 0,
        "not_the_same": 0,
    }
    assert (theirs["acknowledged_at"], theirs["lag_events"]) == (None, 3)
    later = datetime.now(UTC) + timedelta(hours=1)
    for platform, unseen in ((skylark, 3), (heron, 2)):
        since = Publication.objects.get(checkpoint=unseen).published_at
        lag = feedback_health.platform_health(platform, later).lag_seconds
        assert lag == (later - since).total_seconds()
    heron = replace(heron, added_at=later - timedelta(minutes=1))
    assert feedback_health.platform_health(heron, later).lag_seconds == 60
    client, status = log_in(token)
    assert status == 303
    page = unescape(client.get("/platforms/").content.decode())
    assert all(words in page for words in ("How Skylark is doing", "1 event, for", "Blocked"))
    assert "Heron" not in page
    assert token not in page
    acknowledge(skylark)
    assert "Not at all" in client.get("/platforms/").content.decode()


@pytest.mark.django_db
def test_a_visit_ends_with_the_key_with_time_and_on_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_platform("Skylark")
    key = add_key("Skylark", [Scope.SEND_FEEDBACK])
    for wrong in ("", "nothing", key.token[:-1], "x" * 10_000):
        client, status = log_in(wrong)
        assert status == 422
        assert client.get("/platforms/").headers["Location"] == "/platforms/login"
    stranger = Client(enforce_csrf_checks=True)
    elsewhere = {"Origin": "https://elsewhere.example"}
    unseen = stranger.post("/platforms/login", {"key": key.token}, headers=elsewhere)
    assert unseen.status_code == 403
    assert stranger.get("/platforms/").status_code == 303
    client, status = log_in(key.token)
    assert (status, client.get("/platforms/").status_code) == (303, 200)
    form = _FORM.search(client.get("/platforms/").content.decode())
    assert form
    client.post("/platforms/logout", {"csrfmiddlewaretoken": form[1]})
    assert client.get("/platforms/").status_code == 303
    late, _ = log_in(key.token)
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: now + VISIT_SECONDS + 1)
        assert late.get("/platforms/").status_code == 303
    client, _ = log_in(key.token)
    revoke_key("Skylark", key.number)
    assert client.get("/platforms/").status_code == 303


@pytest.mark.django_db
def test_trying_keys_is_slowed_and_closed_where_the_limiter_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = add_platform("Skylark")
    limits.forget_everyone()
    tries = [log_in("nothing")[1] for _ in range(11)]
    assert set(tries[:10]) == {422}
    assert tries[10] == 429
    assert log_in(token)[1] == 429
    limits.forget_everyone()
    monkeypatch.setattr(limits, "_take", lambda *_: 1 / 0)
    assert log_in(token)[1] == 503


@pytest.mark.django_db
def test_use_of_a_key_is_kept_to_the_minute() -> None:
    token = add_platform("Skylark")
    number_of_key(token)
    first = PlatformKey.objects.get().last_used_at
    assert first is not None
    number_of_key(token)
    assert PlatformKey.objects.get().last_used_at == first
    PlatformKey.objects.update(last_used_at=first - timedelta(minutes=1))
    number_of_key(token)
    later = PlatformKey.objects.get().last_used_at
    assert later is not None
    assert later > first
