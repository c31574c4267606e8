"""Keys of platforms: what each opens, until when, and what is said to a key that opens nothing."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import chain, combinations
from uuid import uuid4

import pytest
from django.test import Client

from takeback.gate.sync.client import HotlineClient, HotlineDeniedError, PlatformToken
from takeback.hashlist.events import new_entry_id
from takeback.hashlist.feedback import FeedbackItem, FeedbackValue
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms import access as platforms_access
from takeback.hotline.platforms.actions import (
    add_key,
    add_platform,
    renew_token,
    revoke_key,
    revoke_platform,
)
from takeback.hotline.platforms.admission import READING, NotAdmittedError, admitted_with
from takeback.hotline.platforms.domain import (
    PlatformError,
    Scope,
    token_digest,
    token_secret,
)
from takeback.hotline.platforms.models import PlatformKey
from takeback.tlog.bundles import EventRange
from tests.support.followers import some_signals
from tests.support.listing import list_picture
from tests.support.running import hotline

REVIEW = "Two moderators look at every match."
OPENINGS = "/list/v1/openings/0-1"


def why_not(token: str, *scopes: Scope) -> tuple[HTTPStatus, str, Scope | None]:
    with pytest.raises(NotAdmittedError) as caught:
        admitted_with(token, *scopes)
    return caught.value.status, caught.value.error, caught.value.scope


def expire(token: str) -> None:
    secret = token_secret(token)
    assert secret is not None
    key = PlatformKey.objects.filter(digest=token_digest(secret))
    key.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))


@pytest.mark.django_db
def test_a_key_opens_exactly_what_its_scopes_name(client: Client) -> None:
    add_platform("Skylark")
    list_picture(some_signals())
    sequence_pending()
    every = list(Scope)
    for scopes in chain.from_iterable(combinations(every, count) for count in (1, 2, 3)):
        token = add_key("Skylark", scopes, review_process=REVIEW).token
        headers = {"Authorization": f"Bearer {token}"}
        for scope in every:
            if scope in scopes:
                assert admitted_with(token, scope).name == "Skylark"
            else:
                assert why_not(token, scope) == (403, "lacks_scope", scope)
        reads = {*READING, Scope.READ_IMPORTED, Scope.READ_TEST} & set(scopes)
        sends = Scope.SEND_FEEDBACK in scopes
        answer = client.post(
            "/list/v1/feedback",
            {"feedback": []},
            content_type="application/json",
            headers=headers,
        )
        assert client.get(OPENINGS, headers=headers).status_code == (200 if reads else 403)
        assert client.get(f"/feeds/graph/v1/1?access_token=12345678|{token}").status_code == (
            200 if set(READING) <= set(scopes) else 403
        )
        assert (answer.status_code == 403) is not sends


@pytest.mark.django_db
def test_keys_end_one_by_one_and_all_together() -> None:
    first = add_platform("Skylark")
    second = add_key("Skylark", [Scope.SEND_FEEDBACK], days=1)
    assert [key.scopes for key in platforms_access.platform_keys("Skylark")] == [
        tuple(sorted(Scope)),
        (Scope.SEND_FEEDBACK,),
    ]
    revoke_key("Skylark", second.number)
    assert why_not(second.token) == (401, "key_revoked", None)
    assert admitted_with(first).name == "Skylark"
    expire(first)
    assert why_not(first) == (401, "key_expired", None)
    assert platforms_access.platforms()[0].keys_in_force == 0
    renewed = renew_token("Skylark")
    # A new token opens no more than the latest one did.
    assert why_not(renewed, Scope.READ_CONFIRMED)[1] == "lacks_scope"
    revoke_platform("Skylark")
    assert why_not(renewed) == (401, "key_revoked", None)
    assert why_not(renewed.replace("_", "-")) == (401, "unknown_token", None)


@pytest.mark.django_db
def test_a_key_that_can_not_be_is_refused() -> None:
    add_platform("Skylark")
    for scopes, days, review in (
        ([], 1, REVIEW),
        (list(Scope), 0, REVIEW),
        (list(Scope), 3651, REVIEW),
        ([Scope.READ_SELF_REPORTED], 1, " \n"),
        ([Scope.READ_IMPORTED], 1, ""),
        ([Scope.READ_SELF_REPORTED], 1, "x" * 2001),
    ):
        with pytest.raises(PlatformError):
            add_key("Skylark", scopes, days, review)
    with pytest.raises(PlatformError):
        add_platform("Plover", " ")
    with pytest.raises(PlatformError, match="Plover"):
        add_key("Plover", [Scope.SEND_FEEDBACK])
    with pytest.raises(PlatformError):
        revoke_key("Skylark", 0)
    revoke_platform("Skylark")
    with pytest.raises(PlatformError, match="renew"):
        add_key("Skylark", [Scope.SEND_FEEDBACK])
    assert PlatformKey.objects.count() == 1


def test_a_gate_says_what_is_wrong_with_its_key(hotline_database: str) -> None:
    full = add_platform("Skylark")
    reads_some = add_key("Skylark", [Scope.READ_CONFIRMED]).token
    ended = add_key("Skylark", [Scope.SEND_FEEDBACK])
    revoke_key("Skylark", ended.number)
    list_picture(some_signals())
    sequence_pending()
    feedback = [
        FeedbackItem(
            id=uuid4(), entry=new_entry_id(), value=FeedbackValue.BLOCKED, time=datetime.now(UTC)
        )
    ]
    start = EventRange(0, 1)

    def client_of(token: str) -> HotlineClient:
        return HotlineClient(url, PlatformToken.parse(token))

    with hotline(hotline_database) as (url, _):
        with client_of(full) as client:
            assert client.openings(start)
            assert len(client.send_feedback(feedback)) == 1
        with client_of(reads_some) as client:
            # Whoever holds any key may wait for news: what it says is public.
            assert client.wait(0)
            with pytest.raises(HotlineDeniedError, match="lacks the scope send_feedback"):
                client.send_feedback(feedback)
        with client_of(ended.token) as client, pytest.raises(HotlineDeniedError, match="back"):
            client.wait(0)
        expire(full)
        with client_of(full) as client, pytest.raises(HotlineDeniedError, match="has expired"):
            client.openings(start)
