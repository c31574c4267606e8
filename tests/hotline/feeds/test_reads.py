"""What is kept of who has read a feed: that and how far, and of what it has no more than that."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from takeback.hashlist.events import EntryId
from takeback.hotline.feeds.changes import publication_clock
from takeback.hotline.log.sequencing import sequence_everything
from takeback.hotline.platforms import access as platforms_access
from takeback.hotline.platforms.domain import PlatformSummary
from takeback.signals.lanes import Lane
from tests.support.listing import amend
from tests.support.long_lists import list_pdqs, random_pdqs, was_fetched

Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(url: str, token: str) -> Ask:
    """Ask a feed for a page, with the token where the shape has it."""

    def ask_feed(path: str, method: str = "GET", **query: object) -> httpx.Response:
        answer = httpx.request(
            method,
            f"{url}/feeds/{path}",
            params={"access_token": f"1|{token}"} | {k: str(v) for k, v in query.items()},
            headers={"Ocp-Apim-Subscription-Key": token},
            auth=("any", token),
            timeout=30,
        )
        assert answer.is_success, answer.text
        return answer

    return ask_feed


def the_platform() -> PlatformSummary:
    (platform,) = platforms_access.platforms()
    return platform


def window(until: int) -> dict[str, str]:
    """NCMEC's, from the beginning on."""
    ends = datetime.fromtimestamp(until, UTC)
    return {"from": "1970-01-01T00:00:00Z", "to": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}


def test_a_reader_of_every_page_but_the_last_is_known(ask: Ask) -> None:
    moved, *others = list_pdqs(random_pdqs(4))
    amend(moved, Lane.CONFIRMED)
    sequence_everything()
    ask("stopncii/v1/FetchHashes", "HEAD", pageSize=3)
    assert the_platform().fetched_at is None
    page = ask("stopncii/v1/FetchHashes", pageSize=3).json()
    assert len(page["hashRecords"]) == 3
    assert the_platform().fetched_at is not None
    # Not claimed: one that stood before these is still to come, as it changed after them.
    assert not any(map(was_fetched, [moved, *others]))
    ask("stopncii/v1/FetchHashes", pageSize=3, nextPageToken=page["nextPageToken"])
    assert all(map(was_fetched, [moved, *others]))


def test_a_reader_of_one_group_has_its_lane_only(ask: Ask) -> None:
    (reported,) = list_pdqs(random_pdqs(1))
    confirmed = list_pdqs(random_pdqs(3), Lane.CONFIRMED)
    ask("graph/v1/2/threat_updates/", limit=2)
    assert the_platform().fetched_at is not None
    assert not was_fetched(confirmed[0])
    ask("graph/v1/2/threat_updates/")
    assert all(map(was_fetched, confirmed))
    assert not was_fetched(reported)
    ask("graph/v1/3/threat_updates/")
    assert was_fetched(reported)


def test_a_reader_of_windows_that_end_before_the_newest_is_known(ask: Ask) -> None:
    (old,) = list_pdqs(random_pdqs(1))
    ends = publication_clock().stamp + 1
    while time.time() < ends:
        time.sleep(0.05)
    (new,) = list_pdqs(random_pdqs(1))
    assert "<image>" in ask("ncmec/v2/entries", **window(ends)).text
    assert the_platform().fetched_at is not None
    assert not any(map(was_fetched, [old, new]))
    ask("ncmec/v2/entries", **window(int(time.time()) + 30))
    assert all(map(was_fetched, [old, new]))


def test_how_far_a_reader_has_come_is_kept_in_steps(ask: Ask) -> None:
    entries: list[EntryId] = list_pdqs(random_pdqs(5200))
    token = ""
    for size in (0, 0, 0, 0, 4096):
        page = ask("stopncii/v1/FetchHashes", pageSize=1000, nextPageToken=token).json()
        token = page["nextPageToken"]
        assert the_platform().fetched_size == size
    assert not was_fetched(entries[0])
