"""An engineer of a platform makes a key from the operator's link: once, in time, and as offered."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.platforms import access as platforms_access
from takeback.hotline.platforms.actions import (
    accept_invitation,
    add_platform,
    invite_platform,
    revoke_platform,
)
from takeback.hotline.platforms.admission import NotAdmittedError, admitted_with
from takeback.hotline.platforms.domain import InvitationEndedError, PlatformError, Scope
from takeback.hotline.platforms.models import Platform, PlatformInvitation
from tests.support.responses import Response
from tests.support.running import takeback
from tests.support.visiting import ORIGIN

REVIEW = "Two moderators look within an hour.\nWhoever posted it may object."
_KEY = re.compile(r"tb1_[a-z2-7]{52}_[0-9a-f]{16}")


class Engineer:
    """A browser with the link of an invitation open."""

    def __init__(self, secret: str) -> None:
        self.path = f"/platforms/join/{secret}"
        self.client = Client(enforce_csrf_checks=True)
        self.page = self.client.get(self.path)

    @property
    def text(self) -> str:
        return unescape(self.page.content.decode())

    def send(self, *scopes: Scope, review: str = "") -> Response:
        form = {"scopes": scopes, "review": review}
        return self.client.post(self.path, form, headers=ORIGIN)


@pytest.mark.django_db
def test_a_link_makes_one_key_that_opens_what_was_picked() -> None:
    secret = invite_platform(" Skylark ", days=90)
    assert platforms_access.platform_names() == []  # nobody reads of a platform that has not joined
    engineer = Engineer(secret)
    assert all(name in engineer.text for name in ("Skylark", "90 days", "Send feedback"))
    assert not engineer.page.cookies
    elsewhere = {"Origin": "https://elsewhere.example"}
    form = {"scopes": Scope.SEND_FEEDBACK}
    forged = engineer.client.post(engineer.path, form, headers=elsewhere)
    assert forged.status_code == 403
    for refused in (
        engineer.send(review=REVIEW),
        engineer.send(Scope.READ_SELF_REPORTED, review=" \r\n"),
        engineer.send(Scope.READ_SELF_REPORTED, review="x" * 2001),
    ):
        assert refused.status_code == 422
        assert b'role="alert"' in refused.content
        assert not _KEY.search(refused.content.decode())
    assert not Platform.objects.exists()
    made = engineer.send(Scope.READ_SELF_REPORTED, review=REVIEW.replace("\n", "\r\n"))
    (token,) = _KEY.findall(made.content.decode())
    assert made.headers["Cache-Control"] == "no-store"
    assert "takeback gate sync --hotline" in made.content.decode()
    assert admitted_with(token, Scope.READ_SELF_REPORTED).name == "Skylark"
    with pytest.raises(NotAdmittedError):
        admitted_with(token, Scope.READ_CONFIRMED)
    (key,) = platforms_access.platform_keys("Skylark")
    assert (key.review_process, key.expires_at - key.made_at) == (REVIEW, timedelta(days=90))
    assert engineer.send(Scope.SEND_FEEDBACK).status_code == 404  # the page is still open
    assert Client().get(engineer.path).status_code == 404
    secrets = json.dumps(list(AuditRecord.objects.values_list("subject", "actor")))
    assert secret not in secrets
    assert token not in secrets
    number = PlatformInvitation.objects.get().pk
    acts = AuditRecord.objects.filter(actor=f"invitation {number}").order_by("position")
    assert list(acts.values_list("verb", flat=True)) == ["platform.added", "platform.key_added"]


@pytest.mark.django_db
def test_a_link_ends_with_time_with_the_next_one_and_with_the_platform() -> None:
    add_platform("Skylark")
    replaced = invite_platform("Skylark")
    late = invite_platform("Skylark")
    PlatformInvitation.objects.update(ends_at=datetime.now(UTC))
    ended = invite_platform("Heron")
    add_platform("Heron")
    revoke_platform("Heron")
    for secret in (replaced, late, ended, "", "nothing"):
        with pytest.raises(InvitationEndedError):
            accept_invitation(secret, [Scope.SEND_FEEDBACK])
    with pytest.raises(PlatformError, match="renew"):
        invite_platform("Heron")
    for name, scopes, days in (("", [*Scope], 9), ("Plover", [], 9), ("Plover", [*Scope], 0)):
        with pytest.raises(PlatformError):
            invite_platform(name, scopes, days)
    narrow = invite_platform("Skylark", [Scope.SEND_FEEDBACK])
    with pytest.raises(PlatformError, match="offer"):
        accept_invitation(narrow, [Scope.READ_CONFIRMED])
    engineer = Engineer(narrow)
    assert "review" not in engineer.text
    assert "/list/v1/feedback" in engineer.send(Scope.SEND_FEEDBACK).content.decode()
    assert len(platforms_access.platform_keys("Skylark")) == 2


def test_the_operator_gets_a_link_and_only_its_digest_is_kept(hotline_database: str) -> None:
    command = ("platform", "invite", "Skylark", "--scope", "send_feedback")
    link = json.loads(takeback(hotline_database, *command, "--json").stdout)["link"]
    secret = link.rpartition("/")[2]
    invitation = platforms_access.open_invitation(secret)
    assert invitation is not None
    assert invitation.scopes == (Scope.SEND_FEEDBACK,)
    assert secret.encode() not in bytes(PlatformInvitation.objects.get().digest)
    assert takeback(hotline_database, *command).stdout.startswith("http")
    assert platforms_access.open_invitation(secret) is None
