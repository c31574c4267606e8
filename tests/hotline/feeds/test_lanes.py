"""Which lanes a feed carries, and as what: for readers who follow this list and no other."""

from pathlib import Path

import httpx
import pytest
from pytest_django import Settings

from takeback.hotline.entries.actions import withdraw_entries
from takeback.hotline.feeds.models import LatestChange
from takeback.hotline.log import access as log_access
from takeback.hotline.log.sequencing import sequence_everything
from takeback.hotline.platforms.actions import add_key
from takeback.hotline.platforms.domain import Scope
from takeback.signals.lanes import Lane
from tests.support.actors import a_lead
from tests.support.listing import amend
from tests.support.long_lists import Connect, comes_to, list_pdqs, random_pdqs

OPINION = {"stopncii": "INVESTIGATION_SEED", "graph": "INVESTIGATION_SEED"}
"""What a client makes of what is no positive opinion; NCMEC's shape knows nothing else."""


@pytest.fixture
def confirmed_by_two(hotline_database: str, tmp_path: Path, settings: Settings) -> tuple[str, str]:
    """The list asks for two confirmations; a confirmed PDQ, and one that was reported first."""
    purpose = tmp_path / "purpose.toml"
    purpose.write_text(
        f'confirmers = ["{log_access.log_origin()}", "other.example.org"]\nconfirmations = 2\n'
    )
    settings.PURPOSE = purpose
    at_once, later = random_pdqs(2)
    list_pdqs([at_once], Lane.CONFIRMED)
    (moved,) = list_pdqs([later])
    amend(moved, Lane.CONFIRMED)
    sequence_everything()
    return at_once, later


def test_what_several_must_confirm_counts_as_self_reported(
    confirmed_by_two: tuple[str, str], connect: Connect, shape: str
) -> None:
    opinion = OPINION.get(shape, "POSITIVE_CLASS")
    expected = {pdq: [opinion, "self_reported"] for pdq in confirmed_by_two}
    comes_to(connect(shape), expected)


def test_what_several_must_confirm_stands_in_the_group_and_member_of_what_is_reported(
    confirmed_by_two: tuple[str, str], connect: Connect, url: str, token: str
) -> None:
    reported = connect("graph", "reported", path="feeds/graph/v1/3")
    assert set(reported.signals()) == set(confirmed_by_two)
    group = f"{url}/feeds/graph/v1/2/threat_updates/?access_token=12345678|{token}"
    assert httpx.get(group).json() == {"data": []}
    client = connect("ncmec")
    comes_to(client, {pdq: ["POSITIVE_CLASS", "self_reported"] for pdq in confirmed_by_two})
    # Never under two members at once: what moved between the lanes has not moved here.
    assert {key.split("-")[0] for key in client.fetch()["keys"]} == {"2"}


def test_what_was_imported_is_not_kept_for_feeds(connect: Connect) -> None:
    (kept,) = list_pdqs(random_pdqs(1))
    gone, _stays = list_pdqs(random_pdqs(2), Lane.IMPORTED)
    withdraw_entries([gone], "hotline", a_lead())
    sequence_everything()
    assert [row.entry_id for row in LatestChange.objects.all()] == [kept]
    assert len(connect("graph").signals()) == 1


def test_test_entries_go_to_keys_that_may_read_them(
    url: str, token: str, hotline_database: str
) -> None:
    tested, reported = random_pdqs(2)
    list_pdqs([tested], Lane.TEST)
    list_pdqs([reported])
    without = add_key("Skylark", [Scope.READ_CONFIRMED, Scope.READ_SELF_REPORTED], 1, "We look.")
    for key, groups, read in (
        (token, ["1", "2", "3", "4"], {tested, reported}),
        (without.token, ["1", "2", "3"], {reported}),
    ):
        base, params = f"{url}/feeds/graph/v1", {"access_token": f"12345678|{key}"}
        listed = httpx.get(f"{base}/1/threat_privacy_groups_member", params=params).json()["data"]
        assert [group["id"] for group in listed] == groups
        updates = httpx.get(f"{base}/1/threat_updates/", params=params).json()["data"]
        assert {update["indicator"] for update in updates} == read
        alone = httpx.get(f"{base}/4/threat_updates/", params=params)
        assert alone.status_code == (200 if tested in read else 403)
        hashes = httpx.get(
            f"{url}/feeds/stopncii/v1/FetchHashes", headers={"Ocp-Apim-Subscription-Key": key}
        ).json()["hashRecords"]
        assert {record["hashValue"] for record in hashes} == read
        members = httpx.get(f"{url}/feeds/ncmec/v2/members", auth=("any", key)).text
        assert members.count("<member ") == len(groups) - 1
