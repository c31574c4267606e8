"""A passkey lets in who was asked, once and in time; and whoever only looks leaves nothing here."""

import re
import time
from html import unescape

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from takeback.hotline.staff import passkeys
from takeback.hotline.staff.actions import invite
from takeback.hotline.staff.domain import Role
from tests.support.passkey_device import PasskeyDevice
from tests.support.responses import Response

ORIGIN = "https://testserver"
_OPTIONS = re.compile(r'data-options="([^"]+)"')
LOG_IN = "/desk/login"


def options_of(client: Client, path: str) -> str:
    """The options that a page asks a device with."""
    page = client.get(path, secure=True).content.decode()
    options = _OPTIONS.search(page)
    assert options
    return unescape(options[1])


def send(client: Client, path: str, answer: str, origin: str = ORIGIN) -> Response:
    return client.post(path, {"answer": answer}, headers={"Origin": origin}, secure=True)


@pytest.fixture
def device(db: None) -> PasskeyDevice:
    """A device with the passkey of somebody who works here."""
    made, client = PasskeyDevice(ORIGIN), Client(enforce_csrf_checks=True)
    path = f"/desk/join/{invite('Ana', Role.LEAD)}"
    joined = send(client, path, made.make(options_of(client, path)))
    assert (joined.status_code, joined.headers["Location"]) == (303, "/desk/")
    assert client.get("/desk/", secure=True).status_code == 200
    return made


def test_a_passkey_lets_in_and_its_answer_opens_once(device: PasskeyDevice) -> None:
    client, thief = Client(enforce_csrf_checks=True), Client()
    answer = device.answer(options_of(client, LOG_IN))
    thief.cookies["passkey"] = client.cookies["passkey"].value
    assert send(client, LOG_IN, answer).status_code == 303
    assert client.cookies["passkey"].value == ""
    assert client.get("/desk/", secure=True).status_code == 200
    assert send(thief, LOG_IN, answer).status_code == 422
    assert thief.get("/desk/", secure=True).status_code == 303
    again = device.answer(options_of(client, LOG_IN))
    assert send(client, LOG_IN, again).status_code == 303


def test_two_pages_that_asked_before_it_was_used_are_over(device: PasskeyDevice) -> None:
    first, second = Client(), Client()
    answers = [(client, device.answer(options_of(client, LOG_IN))) for client in (first, second)]
    assert [send(client, LOG_IN, answer).status_code for client, answer in answers] == [303, 422]


def test_an_answer_fits_only_what_was_asked_here_for_this_and_not_long_ago(
    device: PasskeyDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, other = Client(), Client()
    answer = device.answer(options_of(client, LOG_IN))
    options_of(other, LOG_IN)
    assert send(other, LOG_IN, answer).status_code == 422
    joining = Client()
    path = f"/desk/join/{invite('Bo', Role.ANALYST)}"
    for_joining = device.answer(options_of(joining, path))
    assert send(joining, LOG_IN, for_joining).status_code == 422
    forged = Client()
    sealed = client.cookies["passkey"].value
    forged.cookies["passkey"] = ("B" if sealed[0] == "A" else "A") + sealed[1:]
    assert send(forged, LOG_IN, answer).status_code == 422
    assert send(Client(), LOG_IN, answer).status_code == 422
    assert send(client, LOG_IN, answer, "https://elsewhere.example").status_code == 403
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: now + passkeys.ANSWER_SECONDS + 2)
        assert send(client, LOG_IN, answer).status_code == 422
    answer = device.answer(options_of(client, LOG_IN))
    assert send(client, LOG_IN, answer).status_code == 303
    assert Authenticator.objects.count() == 1
