"""The log and the list over HTTP: what is public, what needs a token, and what tells nothing."""

import json
import uuid
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from takeback.hashlist.events import EntryId, new_entry_id
from takeback.hotline.entries.actions import withdraw_entries
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import add_platform, revoke_platform
from takeback.hotline.platforms.models import PlatformFetch
from takeback.tlog.checkpoint import open_checkpoint
from takeback.tlog.merkle import complete_subtree_hash, leaf_hash
from takeback.tlog.signed_note import VerifierKey
from tests.support.followers import Follower, some_signals
from tests.support.listing import list_picture

pytestmark = pytest.mark.django_db

FEEDBACK = "/list/v1/feedback"


def list_and_sequence(count: int) -> list[EntryId]:
    """List so many pictures; the log's first event, before them, is its purpose."""
    entries = [list_picture(some_signals()) for _ in range(count)]
    sequence_pending()
    return entries


@pytest.fixture
def token() -> str:
    return add_platform("Skylark")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def get(client: Client, path: str, token: str | None = None) -> bytes:
    answer = client.get(path, headers=bearer(token) if token else {})
    assert answer.status_code == 200, path
    return answer.content


def send(client: Client, token: str, body: Any) -> tuple[int, dict[str, Any]]:
    answer = client.post(
        FEEDBACK, json.dumps(body), content_type="application/json", headers=bearer(token)
    )
    return answer.status_code, answer.json()


def item(entry: str, **changes: object) -> dict[str, object]:
    return {
        "id": str(uuid.uuid4()),
        "entry": entry,
        "value": "blocked",
        "time": "2026-03-01T14:05:06Z",
        **changes,
    }


def test_platform_follows_the_log_over_http(client: Client, token: str) -> None:
    follower = Follower(get(client, "/log/v1/key").decode().strip())
    assert token.endswith(follower.key.pin)
    gone, stays = list_and_sequence(2)

    def follow() -> set[EntryId]:
        note = get(client, "/log/v1/checkpoint")
        return set(
            follower.follow(note, lambda path: get(client, f"/list/v1/openings/{path}", token))
        )

    assert follow() == {gone, stays}
    withdraw_entries([gone], "reporter")
    sequence_pending()
    assert follow() == {stays}


def test_public_tiles_lead_to_the_signed_root(client: Client) -> None:
    list_and_sequence(257)
    key = VerifierKey.parse(get(client, "/log/v1/key").decode().strip())
    signed = open_checkpoint(get(client, "/log/v1/checkpoint"), key)
    entries = get(client, "/log/v1/tile/entries/000")
    commitments = [entries[at + 2 : at + 34] for at in range(0, len(entries), 34)]
    leaves = get(client, "/log/v1/tile/0/000")
    assert leaves == b"".join(map(leaf_hash, commitments))
    full = get(client, "/log/v1/tile/1/000.p/1")
    assert full == complete_subtree_hash([leaves[at : at + 32] for at in range(0, 8192, 32)])
    rest = get(client, "/log/v1/tile/0/001.p/2")
    last = complete_subtree_hash([rest[:32], rest[32:]])
    assert complete_subtree_hash([full, last]) == signed.root_hash


def test_commitments_say_nothing_of_the_fingerprints(client: Client) -> None:
    signals = some_signals()
    list_picture(signals)
    sequence_pending()
    public = b"".join(
        get(client, f"/log/v1/{path}")
        for path in ("checkpoint", "tile/entries/000.p/2", "tile/0/000.p/2")
    )
    for signal in signals:
        assert signal.value.encode() not in public
        assert bytes.fromhex(signal.value) not in public


@pytest.mark.parametrize(
    "path",
    [
        "/log/v1/tile/0/000",
        "/log/v1/tile/0/000.p/2",
        "/log/v1/tile/0/000.p/4",
        "/log/v1/tile/0/001.p/1",
        "/log/v1/tile/1/000.p/1",
        "/log/v1/tile/63/000.p/1",
        "/log/v1/tile/0/000.p/03",
        "/log/v1/tile/0/0",
        "/log/v1/tile/00/000.p/3",
        "/log/v1/tile/entries/000",
        "/log/v1/tile/entries/000.p/2",
        "/log/v1/tile/entries/x999/x999/x999/x999/x999/999",
        "/list/v1/openings/000",
        "/list/v1/openings/0-4",
        "/list/v1/openings/2-2",
        "/list/v1/openings/00-2",
        "/list/v1/openings/0-2/",
        "/list/v1/openings/0-20000",
        "/list/v1/openings/..%2f0-3",
    ],
)
def test_tiles_that_no_checkpoint_calls_for_are_not_there(
    client: Client, token: str, path: str
) -> None:
    list_and_sequence(2)
    answer = client.get(path, headers=bearer(token))
    assert answer.status_code == 404
    assert set(answer.json()) == {"error", "message"}


def test_partial_tiles_of_earlier_checkpoints_stay(client: Client, token: str) -> None:
    list_and_sequence(2)
    list_and_sequence(3)
    for width in (3, 6):
        assert len(get(client, f"/log/v1/tile/0/000.p/{width}")) == width * 32
        assert get(client, f"/list/v1/openings/0-{width}", token)


def test_what_is_public_may_be_kept_and_nothing_else(client: Client, token: str) -> None:
    list_and_sequence(1)

    def caching(path: str) -> str:
        return client.get(path, headers=bearer(token)).headers["Cache-Control"]

    assert "immutable" in caching("/log/v1/tile/0/000.p/2")
    assert "immutable" in caching("/log/v1/tile/entries/000.p/2")
    assert caching("/log/v1/key") == caching("/log/v1/checkpoint") == "public, no-cache"
    for path in ("/log/v1/tile/0/000", "/list/v1/openings/0-2"):
        assert caching(path) == "no-store"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: token,
        lambda token: f"Bearer{token}",
        lambda token: f"Basic {token}",
        lambda token: f"Bearer {token}x",
        lambda token: f"Bearer {token[:-17]}",
        lambda token: f"Bearer {'a' if token[4] != 'a' else 'b'}".join(["", token[5:]]),
        lambda token: f"Bearer tb1_{'a' * 52}_{token[-16:]}",
        lambda token: f"Bearer {token.upper()}",
        lambda token: "Bearer \x00",
    ],
)
@pytest.mark.parametrize("path", ["/list/v1/openings/0-1", "/list/v1/wait", FEEDBACK])
def test_list_needs_a_token_in_force(
    client: Client, token: str, path: str, spoil: Callable[[str], str]
) -> None:
    list_and_sequence(1)
    ask = client.post if path == FEEDBACK else client.get
    answer = ask(path, headers={"Authorization": spoil(token)})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "token" in answer.json()["message"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEARER "])
def test_the_scheme_may_be_written_in_any_case(client: Client, token: str, scheme: str) -> None:
    list_and_sequence(1)
    given = {"Authorization": f"{scheme} {token}"}
    for path in ("/list/v1/openings/0-1", "/list/v1/wait?size=0&seconds=0", "/list/v1/health"):
        assert client.get(path, headers=given).status_code in (200, 204)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_basic_may_be_written_in_any_case(client: Client, token: str, scheme: str) -> None:
    password = b64encode(f"anybody:{token}".encode()).decode()
    given = {"Authorization": f"{scheme} {password}"}
    assert client.get("/feeds/ncmec/v2/status", headers=given).status_code == 200
    for other in (f"Bearer {password}", f"{scheme}{password}", f"{scheme} x"):
        answer = client.get("/feeds/ncmec/v2/status", headers={"Authorization": other})
        assert answer.status_code == 401


def test_revoked_token_opens_nothing(client: Client, token: str) -> None:
    (entry,) = list_and_sequence(1)
    get(client, "/list/v1/openings/0-2", token)
    revoke_platform("Skylark")
    assert client.get("/list/v1/openings/0-2", headers=bearer(token)).status_code == 401
    assert send(client, token, {"feedback": [item(entry)]})[0] == 401


def test_fetching_openings_is_remembered_for_that_platform_alone(
    client: Client, token: str
) -> None:
    add_platform("Plover")
    list_and_sequence(2)
    client.head("/list/v1/openings/0-3", headers=bearer(token))
    assert not PlatformFetch.objects.exists()
    for _ in range(2):
        get(client, "/list/v1/openings/0-3", token)
    fetches = PlatformFetch.objects.values_list("platform__name", "size")
    assert list(fetches) == [("Skylark", 3)]


def test_feedback_is_taken_once_and_answers_the_same_again(client: Client, token: str) -> None:
    (entry,) = list_and_sequence(1)
    body = {"feedback": [item(entry), item(new_entry_id())]}
    first = send(client, token, body)
    assert first[0] == 200
    assert first[1]["accepted"] == 1
    assert first[1]["unknown"] == [body["feedback"][1]["entry"]]
    assert send(client, token, body) == first


def test_feedback_answer_is_the_same_for_entries_of_one_case_or_of_two(
    client: Client, token: str
) -> None:
    first, second, gone = list_and_sequence(3)
    withdraw_entries([gone], "reporter")
    sequence_pending()
    answers = [send(client, token, {"feedback": [item(entry)]}) for entry in (first, second, gone)]
    assert answers == [(200, {"accepted": 1, "unknown": []})] * 3


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"feedback": None},
        {"feedback": [{}]},
        {"feedback": [item("a" * 26)], "more": 1},
        {"feedback": [item("A" * 26)]},
        {"feedback": [item("a" * 26, value="Blocked")]},
        {"feedback": [item("a" * 26, id="1")]},
        {"feedback": [item("a" * 26, time="2026-03-01T14:05:06")]},
        {"feedback": [item("a" * 26, time="2026-03-01T14:05:06+01:00")]},
        {"feedback": [item("a" * 26, time=5)]},
        {"feedback": [item("a" * 26, case="1")]},
        {"feedback": [item("a" * 26)] * 501},
    ],
)
def test_malformed_feedback_is_refused_with_a_reason(
    client: Client, token: str, body: object
) -> None:
    status, answer = send(client, token, body)
    assert status == 400
    assert answer["error"] == "bad_feedback"
    assert answer["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/log/v1/key"),
        ("post", "/log/v1/checkpoint"),
        ("put", "/log/v1/tile/0/000"),
        ("delete", "/list/v1/openings/0-1"),
        ("post", "/list/v1/wait"),
        ("get", FEEDBACK),
    ],
)
def test_other_methods_are_refused(client: Client, token: str, method: str, path: str) -> None:
    answer = getattr(client, method)(path, headers=bearer(token))
    assert answer.status_code == 405
    assert answer.headers["Allow"]


@pytest.mark.parametrize("query", ["size=-1", "size=x", "size=1.5", "seconds=-1", "size=٣"])
def test_malformed_question_to_wait_is_refused(client: Client, token: str, query: str) -> None:
    answer = client.get(f"/list/v1/wait?{query}", headers=bearer(token))
    assert answer.status_code == 400
    assert "whole number" in answer.json()["message"]
