"""Floods are slowed, and nobody is known by it."""

import ipaddress
import json
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
import requests
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from takeback.hotline.intake.models import Case
from takeback.hotline.limits import actions
from takeback.hotline.limits.actions import Limit
from takeback.hotline.limits.domain import DAY_SECONDS, Allowance, Buckets
from takeback.running.sources import UnknownSourceError
from tests.support.responses import Response
from tests.support.running import serving
from tests.support.visiting import ORIGIN, picture_record, report_from_browser

NOON = 20_000.5 * DAY_SECONDS
NO_ADDRESS = "unix:"


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@given(
    burst=st.integers(1, 5),
    seconds=st.integers(1, 60),
    steps=st.lists(st.integers(0, 90), min_size=1, max_size=40),
)
def test_no_source_gets_more_than_its_allowance_and_each_gets_all_of_it(
    burst: int, seconds: int, steps: list[int]
) -> None:
    clock = Clock()
    buckets = Buckets(Allowance(burst, seconds), clock)
    taken = 0
    for step in steps:
        clock.now += step
        wait = buckets.take("192.0.2.1")
        assert 0 <= wait <= seconds
        taken += wait == 0
        assert taken <= burst + (clock.now - NOON) / seconds
        if wait:
            clock.now += wait + 1e-4
            assert buckets.take("192.0.2.1") == 0
            taken += 1
        assert buckets.take("198.51.100.7") == 0 or step < seconds


def test_a_source_is_one_ipv4_address_or_one_ipv6_network() -> None:
    buckets = Buckets(Allowance(1, 60), Clock())
    same = [["192.0.2.1", "::ffff:192.0.2.1"], ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"]]
    for first, second in same:
        assert (buckets.take(first), buckets.take(second)) == (0, 60)
    for other in ("192.0.2.2", "2001:db8:1:3::1"):
        assert buckets.take(other) == 0
    for none in ("", "unix:", "192.0.2.1:80", "example.org"):
        with pytest.raises(UnknownSourceError) as refusal:
            buckets.take(none)
        assert not none or none not in str(refusal.value)


def test_digests_die_with_the_day_and_hold_no_address() -> None:
    clock = Clock()
    buckets, others = (Buckets(Allowance(1, DAY_SECONDS * 9), clock) for _ in range(2))
    assert [buckets.take("192.0.2.1"), buckets.take("192.0.2.1") > 0] == [0, True]
    others.take("192.0.2.1")
    (before,) = buckets.digests()
    assert others.digests() != [before], "each process has a key of its own"
    assert ipaddress.ip_address("192.0.2.1").packed not in before
    clock.now += DAY_SECONDS / 2
    assert buckets.take("192.0.2.1") == 0
    (after,) = buckets.digests()
    assert after != before


def test_memory_is_bounded_and_whoever_was_away_longest_is_forgotten() -> None:
    buckets = Buckets(Allowance(1, 60), Clock(), most_sources=3)
    for last in (1, 2, 3, 1, 4):
        buckets.take(f"192.0.2.{last}")
    assert len(buckets.digests()) == 3
    assert [buckets.take(f"192.0.2.{last}") > 0 for last in (1, 3, 4, 2)] == [True] * 3 + [False]


def look_up(client: Client, **more: Any) -> int:
    return client.post("/open", {"lookup": "ab" * 32}, headers=ORIGIN, **more).status_code


@pytest.mark.django_db
def test_look_ups_are_refused_and_sending_is_only_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    burst = Limit.LOOK_UP.value.burst
    assert [look_up(client) for _ in range(burst + 1)] == [422] * burst + [429]
    assert b"Please wait a minute" in client.post("/open", headers=ORIGIN).content
    assert look_up(client, REMOTE_ADDR="192.0.2.9") == 422
    assert client.get("/open").status_code == HTTPStatus.OK
    held_up: list[float] = []
    monkeypatch.setattr(time, "sleep", held_up.append)
    monkeypatch.setitem(actions._buckets, Limit.SEND, Buckets(Allowance(2, 60), time.time))
    for _ in range(4):
        report_from_browser(pictures=[picture_record()])
    assert held_up == [actions.MOST_SECONDS] * 2
    assert Case.objects.count() == 4


CHANGES_OF_A_CASE = {
    "pictures": {"pictures": json.dumps([picture_record()])},
    "addresses": {"addresses": "example.org"},
    "apps": {"apps": "TikTok"},
    "picture/1/stop": {},
    "withdraw": {},
}


@pytest.mark.django_db
@pytest.mark.parametrize(("page", "form"), CHANGES_OF_A_CASE.items(), ids=CHANGES_OF_A_CASE)
def test_whatever_is_sent_to_a_case_is_held_up_and_reading_it_is_not(
    page: str, form: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, _ = report_from_browser(pictures=[picture_record()])
    held_up: list[float] = []
    monkeypatch.setattr(time, "sleep", held_up.append)
    buckets = Buckets(Allowance(1, 60), time.time)
    monkeypatch.setitem(actions._buckets, Limit.SEND, buckets)
    buckets.take("127.0.0.1")
    visitor.read("/case").read(f"/case/{page}")
    assert not held_up
    assert visitor.post(f"/case/{page}", **form).status_code == HTTPStatus.SEE_OTHER
    assert held_up == [actions.MOST_SECONDS]


@pytest.mark.django_db
def test_a_limiter_that_fails_is_open_for_young_people_and_closed_for_look_ups(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert look_up(Client(), REMOTE_ADDR=NO_ADDRESS) == HTTPStatus.SERVICE_UNAVAILABLE

    def fail(_address: str) -> float:
        raise MemoryError

    for buckets in actions._buckets.values():
        monkeypatch.setattr(buckets, "take", fail)
    assert look_up(Client()) == HTTPStatus.SERVICE_UNAVAILABLE
    report_from_browser(pictures=[picture_record()])
    assert Case.objects.count() == 1
    assert "a sending went through" in caplog.text
    assert "127.0.0.1" not in caplog.text


def test_behind_a_proxy_each_visitor_is_a_source_of_their_own(hotline_database: str) -> None:
    def ask(address: str, source: str) -> int:
        headers = {"X-Forwarded-For": f"203.0.113.250, {source}", "Origin": address}
        data = {"lookup": "ab" * 32}
        return requests.post(f"{address}/open", data, headers=headers, timeout=30).status_code

    with serving(hotline_database) as (address, _log):
        burst = Limit.LOOK_UP.value.burst
        answers = [ask(address, "198.51.100.1") for _ in range(burst + 1)]
        assert answers == [422] * burst + [429]
        assert ask(address, "198.51.100.2") == 422


# Path, how many tries one source may make at once, and the status of one that may go on.
GUARDED = {
    "/open": (30, 422),
    "/appeal/answer": (30, 422),
    "/desk/login": (10, 422),
    "/desk/join/nothing": (10, 404),
    "/platforms/login": (10, 422),
    "/platforms/join/nothing": (10, 404),
}


@pytest.mark.django_db
@pytest.mark.parametrize("path", GUARDED)
def test_every_look_up_and_log_in_is_refused_beyond_its_allowance_and_where_the_limiter_fails(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    burst, usual = GUARDED[path]
    # Time stands still: some of these take long, and an allowance grows.
    buckets = {limit: Buckets(limit.value, Clock()) for limit in Limit}
    monkeypatch.setattr(actions, "_buckets", buckets)

    def status() -> int:
        return Client().post(path, {"code": "1234"}, headers=ORIGIN).status_code

    assert {status() for _ in range(burst)} == {usual}
    assert status() == 429
    assert Client().get(path).status_code in {200, 404}, "looking is limited by itself"
    monkeypatch.setattr(actions, "_take", lambda *_: 1 / 0)
    assert status() == 503


@pytest.mark.django_db
@pytest.mark.parametrize("path", [path for path, (burst, _) in GUARDED.items() if burst == 10])
def test_looking_at_a_page_with_a_way_in_is_limited_and_so_is_beginning(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets = {limit: Buckets(limit.value, Clock()) for limit in Limit}
    monkeypatch.setattr(actions, "_buckets", buckets)
    asks: list[tuple[Callable[[], Response], int, int]] = [
        (lambda: Client().get(path), 60, 1),
        (lambda: Client().post("/begin", headers=ORIGIN), 100, 2),
    ]
    for ask, burst, seconds in asks:
        answers = [ask() for _ in range(burst + 1)]
        assert {answer.status_code for answer in answers[:-1]} <= {200, 303, 404}
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["Retry-After"]) == seconds


def test_no_two_limits_share_a_bucket() -> None:
    assert len(list(Limit)) == len(Limit.__members__) == len({id(limit.value) for limit in Limit})


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_using_up_one_way_in_leaves_the_others_open(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets = {limit: Buckets(limit.value, Clock()) for limit in Limit}
    monkeypatch.setattr(actions, "_buckets", buckets)

    def status(path: str) -> int:
        return Client().generic(method, path, headers=ORIGIN).status_code

    ways_in = [path for path, (burst, _) in GUARDED.items() if burst == 10]
    used_up: list[str] = []
    for path in ways_in:
        for other in ways_in:
            assert (status(other) == 429) == (other in used_up), (path, other)
        while status(path) != 429:
            pass
        used_up.append(path)
