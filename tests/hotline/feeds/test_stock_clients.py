"""The released client of python-threatexchange against a hotline, each a process of its own."""

import re

import httpx
import pytest
from threatexchange.exchanges.fetch_state import SignalOpinion, SignalOpinionCategory
from threatexchange.signal_type.pdq.signal import PdqSignal

from takeback.gate.sync.client import HotlineError
from takeback.hashlist.events import EntryId, new_entry_id
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.entries.actions import suspend_entry, withdraw_entries
from takeback.hotline.feedback import access as feedback_access
from takeback.hotline.feedback.actions import resume_entry
from takeback.hotline.feeds import changes
from takeback.hotline.feeds.changes import forget_withdrawn_fingerprints
from takeback.hotline.feeds.models import LatestChange
from takeback.hotline.log.sequencing import sequence_everything
from takeback.hotline.platforms.actions import add_key
from takeback.hotline.platforms.domain import Scope
from takeback.integrations.threatexchange.exchange import (
    ListedPicture,
    TakebackCollabConfig,
    TakebackCredentials,
    TakebackExchangeAPI,
)
from takeback.integrations.threatexchange.following import ListCheckpoint
from takeback.signals.lanes import Lane
from tests.support.actors import a_lead
from tests.support.listing import amend
from tests.support.long_lists import (
    Connect,
    comes_to,
    list_pdqs,
    random_pdqs,
    was_fetched,
)

_MANY = 8_500
"""More than eight of the largest pages, of which some are left when a fetch is cut off."""


def values_said(entry: EntryId) -> set[FeedbackValue]:
    return {
        summary.value
        for outcome in feedback_access.outcomes([entry])
        for summary in outcome.feedback
    }


def test_stopncii_client_follows_the_list(connect: Connect) -> None:
    client = connect("stopncii")
    assert client.signals() == {}
    reported_pdq, other = random_pdqs(2)
    first, second = list_pdqs([reported_pdq, reported_pdq])
    assert client.signals() == {reported_pdq: ["INVESTIGATION_SEED", "self_reported"]}
    assert was_fetched(first)
    (confirmed,) = list_pdqs([other], Lane.CONFIRMED)
    assert client.signals()[other] == ["POSITIVE_CLASS", "confirmed"]
    # Two entries have this hash: it stays while one of them does.
    withdraw_entries([first], "reporter")
    sequence_everything()
    assert client.signals()[reported_pdq] == ["INVESTIGATION_SEED", "self_reported"]
    suspend_entry(confirmed, "hotline", a_lead())
    withdraw_entries([second], "reporter")
    sequence_everything()
    # This client never deletes; it is told what it can understand.
    disputed = client.signals()
    assert disputed[reported_pdq] == disputed[other] == ["DISPUTED", "withdrawn"]
    resume_entry(confirmed, a_lead())
    sequence_everything()
    assert client.signals()[other] == ["POSITIVE_CLASS", "confirmed"]
    assert set(connect("stopncii", "new").signals()) == {other}

    for words in (["Blocked"], ["Blocked"], ["NotBlocked", "not_the_same"], ["QualityUnknown"]):
        assert client.say(other, *words) == ""
    assert values_said(confirmed) == {FeedbackValue.BLOCKED, FeedbackValue.NOT_THE_SAME}
    assert [summary.count for summary in feedback_access.outcomes([confirmed])[0].feedback] == [
        1,
        1,
    ]
    assert "400" in client.say(other, "hash")

    # A fetch that is cut off begins its set again, and a clock set to Tokyo changes nothing.
    list_pdqs(random_pdqs(1700))
    abroad = connect("stopncii", "abroad", "Asia/Tokyo")
    part = abroad.fetch(pages=1)
    assert 0 < len(part["signals"]) <= 800
    rest = abroad.fetch()
    # What the platform called not the same is out of force until somebody has looked.
    assert (len(rest["signals"]), rest["pages"]) == (1700, 3)
    assert abroad.fetch()["pages"] == 1


def test_stopncii_says_what_it_can_not_answer(url: str, token: str) -> None:
    for query, error in (
        ("startTimestamp=99999999999", "start_in_future"),
        ("startTimestamp=1000000", "start_too_old"),
        ("startTimestamp=soon", "bad_query"),
        ("nextPageToken=x", "bad_page_token"),
    ):
        path = f"{url}/feeds/stopncii/v1/FetchHashes?{query}"
        answer = httpx.get(path, headers={"Ocp-Apim-Subscription-Key": token})
        assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_ncmec_client_follows_the_list(connect: Connect, url: str, token: str) -> None:
    client = connect("ncmec")
    assert client.signals() == {}
    reported_pdq, other = random_pdqs(2)
    first, second = list_pdqs([reported_pdq, reported_pdq])
    (confirmed,) = list_pdqs([other], Lane.CONFIRMED)
    reported = {reported_pdq: ["POSITIVE_CLASS", "self_reported"]}
    comes_to(client, reported | {other: ["POSITIVE_CLASS", "confirmed"]})
    assert was_fetched(confirmed)
    withdraw_entries([first], "reporter")
    suspend_entry(confirmed, "hotline", a_lead())
    sequence_everything()
    comes_to(client, reported)
    withdraw_entries([second], "reporter")
    resume_entry(confirmed, a_lead())
    sequence_everything()
    comes_to(client, {other: ["POSITIVE_CLASS", "confirmed"]})

    not_the_same, left_up = reasons(url, token)
    assert client.say("1", confirmed, "upvote") == ""
    assert client.say("1", confirmed, "downvote", left_up) == ""
    assert values_said(confirmed) == {FeedbackValue.BLOCKED, FeedbackValue.NOT_BLOCKED}
    assert "Need to pick a feedback reason" in client.say("1", confirmed, "downvote")
    assert "404" in client.say("1", new_entry_id(), "downvote", not_the_same)
    assert "400" in client.say("1", confirmed, "downvote", "another")
    assert "404" in client.say("1", "nothing", "upvote")


def test_every_client_follows_a_long_list(connect: Connect) -> None:
    pdqs = random_pdqs(_MANY)
    list_pdqs(pdqs)
    # How many records a page each client asks for, or takes if it does not ask.
    for shape, largest, pages in (("stopncii", 800, 4), ("ncmec", 1000, 4), ("graph", 100, 4)):
        client = connect(shape)
        # Cut off in the middle: in a page of the one second that holds most of the list.
        part = client.fetch(pages=pages)
        assert part["largest"] == largest
        assert 0 < len(part["signals"]) < _MANY
        whole = client.fetch()
        assert whole["largest"] == largest
        assert set(whole["signals"]) == set(pdqs)
    # What it prints as UTC is local time: better told than to miss nine hours of withdrawals.
    assert "400" in connect("ncmec", "abroad", "Asia/Tokyo").fetch()["error"]


def test_graph_client_follows_the_list(
    connect: Connect, hotline_database: str, url: str, token: str
) -> None:
    client = connect("graph")
    # It can't fetch an empty list; with the first entry it can.
    assert "empty update" in client.fetch()["error"]
    reported_pdq, other = random_pdqs(2)
    first, second = list_pdqs([reported_pdq, reported_pdq])
    assert client.signals() == {reported_pdq: ["INVESTIGATION_SEED", "self_reported"]}
    (confirmed,) = list_pdqs([other], Lane.CONFIRMED)
    assert client.signals()[other] == ["POSITIVE_CLASS", "confirmed"]
    assert was_fetched(confirmed)
    withdraw_entries([first], "reporter")
    suspend_entry(confirmed, "hotline", a_lead())
    sequence_everything()
    assert client.signals() == {reported_pdq: ["INVESTIGATION_SEED", "self_reported"]}
    withdraw_entries([second], "reporter")
    resume_entry(confirmed, a_lead())
    sequence_everything()
    only = {other: ["POSITIVE_CLASS", "confirmed"]}
    assert client.signals() == client.signals() == only

    path = f"{url}/feeds/graph/v1/2/threat_updates/?access_token=12345678|{token}"
    (update,) = httpx.get(path).json()["data"]
    descriptor = update["descriptors"]["data"][0]["id"]
    for reaction in ("HELPFUL", "SAW_THIS_TOO", "SAW_THIS_TOO"):
        assert client.say(descriptor, reaction) == ""
    assert values_said(confirmed) == {FeedbackValue.BLOCKED, FeedbackValue.PENDING_REVIEW}
    assert "unknown_descriptor" in client.say("99999", "HELPFUL")
    assert "bad_reaction" in client.say(descriptor, "LOVE")

    list_pdqs(random_pdqs(250))
    abroad = connect("graph", "abroad", "Asia/Tokyo")
    assert len(abroad.fetch(pages=1)["signals"]) <= 100
    assert len(abroad.signals()) == 251
    groups = f"{url}/feeds/graph/v1/12345678/threat_privacy_groups_member"
    listed = httpx.get(groups, params={"access_token": f"12345678|{token}"}).json()["data"]
    assert [group["id"] for group in listed] == ["1", "2", "3", "4"]


def test_our_exchange_follows_a_hotline_and_its_opinions_land(url: str, token: str) -> None:
    (pdq,) = random_pdqs(1)
    (entry,) = list_pdqs([pdq])
    collab = TakebackCollabConfig(name="takeback", hotline=url)
    api = TakebackExchangeAPI.for_collab(collab, TakebackCredentials(token))
    (delta,) = api.fetch_iter([PdqSignal], None)
    assert list(delta.updates) == [entry]
    for category in SignalOpinionCategory:
        api.report_opinion(PdqSignal, pdq, SignalOpinion(True, category, set()))
    assert values_said(entry) == {
        FeedbackValue.BLOCKED,
        FeedbackValue.PENDING_REVIEW,
        FeedbackValue.NOT_BLOCKED,
    }
    (unlisted,) = random_pdqs(1)
    with pytest.raises(HotlineError, match="no entry has this PDQ"):
        api.report_opinion(PdqSignal, unlisted, SignalOpinion.get_trivial())


def test_our_exchange_leaves_out_what_is_withheld_and_says_so(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = add_key("Skylark", [Scope.READ_CONFIRMED]).token
    reported, moved = list_pdqs(random_pdqs(2))
    (confirmed,) = list_pdqs(random_pdqs(1), Lane.CONFIRMED)
    api = TakebackExchangeAPI.for_collab(
        TakebackCollabConfig(name="takeback", hotline=url), TakebackCredentials(key)
    )
    fetched: dict[str, ListedPicture] = {}

    def fetch(checkpoint: ListCheckpoint | None) -> ListCheckpoint:
        (delta,) = api.fetch_iter([PdqSignal], checkpoint)
        api.naive_fetch_merge(fetched, delta.updates)
        return delta.checkpoint

    checkpoint = fetch(None)
    assert set(fetched) == {confirmed}
    assert "2 of 4 new events" in caplog.text
    # It meets an entry for the first time when that comes into a lane it may read.
    amend(moved, Lane.CONFIRMED)
    withdraw_entries([reported], "reporter")
    sequence_everything()
    checkpoint = fetch(checkpoint)
    assert set(fetched) == {confirmed, moved}
    withdraw_entries([moved], "reporter")
    sequence_everything()
    fetch(checkpoint)
    assert set(fetched) == {confirmed}


def test_fingerprints_of_withdrawn_entries_go_in_time(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_read, read = list_pdqs(random_pdqs(2))
    withdraw_entries([never_read], "reporter")
    sequence_everything()
    connect("stopncii").fetch()
    withdraw_entries([read], "reporter")
    sequence_everything()

    def kept() -> set[str]:
        rows = LatestChange.objects.filter(pdq__isnull=False)
        return set(rows.values_list("entry_id", flat=True))

    assert kept() == {read}
    assert forget_withdrawn_fingerprints() == 0
    monkeypatch.setattr(changes, "TOMBSTONE_DAYS", 0)
    assert forget_withdrawn_fingerprints() == 1
    assert kept() == set()


def reasons(url: str, token: str) -> list[str]:
    answer = httpx.get(f"{url}/feeds/ncmec/v2/feedback/PDQ/reasons", auth=("any", token))
    return re.findall(r'guid="([^"]+)"', answer.text)
