"""A webhook leads to the address that was looked at, and never into the hotline's own network."""

import base64
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from takeback.hotline.foundation.outbound import public_client as webhook_client
from takeback.hotline.foundation.outbound.addresses import checked_url
from takeback.hotline.foundation.outbound.errors import OutboundError
from takeback.hotline.foundation.outbound.public_client import post
from takeback.hotline.platforms.actions import add_platform
from takeback.hotline.platforms.domain import PlatformError
from takeback.hotline.webhooks import actions as webhooks
from takeback.hotline.webhooks import sending as webhook_sending
from takeback.hotline.webhooks.message import webhook_key
from takeback.hotline.webhooks.models import Webhook
from takeback.hotline.webhooks.queue import MOST_TRIES
from tests.support.webhook_receivers import (
    Receiver,
    trust,
)


@pytest.mark.django_db
def test_a_platform_has_so_many_webhooks_and_their_addresses_are_looked_at() -> None:
    add_platform("Skylark")
    for _ in range(webhooks.MOST_WEBHOOKS):
        webhooks.add_webhook("Skylark", "https://hooks.example.org/")
    for name in ("Skylark", "Nobody"):
        with pytest.raises(PlatformError):
            webhooks.add_webhook(name, "https://hooks.example.org/")
    with pytest.raises(OutboundError):
        webhooks.add_webhook("Skylark", "http://hooks.example.org/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
        *("[::1]", "[fd00::1]", "[fe80::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]"),
        # As the C library reads numbers.
        *("2130706433", "0x7f000001", "127.1", "012.0.0.1", "localhost"),
    ],
)
def test_an_address_that_leads_inside_is_refused_when_it_is_given(
    host: str, settings: Settings
) -> None:
    settings.WEBHOOKS_TO_LOOPBACK = False
    add_platform("Skylark")
    with pytest.raises(OutboundError, match="private network"):
        webhooks.add_webhook("Skylark", f"https://{host}/hook")
    assert not Webhook.objects.exists()


@pytest.mark.django_db
def test_a_name_that_leads_inside_is_refused_when_it_is_given_and_looked_at_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_platform("Skylark")
    answers = ["1.1.1.1", "10.0.0.1"]
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_, **__: [(0, 0, 0, "", (address, 443)) for address in answers],
    )
    with pytest.raises(OutboundError, match="private network"):
        webhooks.add_webhook("Skylark", "https://hooks.example.org/")
    answers.remove("10.0.0.1")
    webhooks.add_webhook("Skylark", "https://hooks.example.org/")
    answers[:] = ["10.0.0.1"]
    with pytest.raises(OutboundError, match="not public"):
        post("https://hooks.example.org/", b"", {}, loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example.org/", "http://127.0.0.1/", "ftp://hooks.example.org/", "", "x"),
        *("https://", "https://a:b@hooks.example.org/", "https://hooks.example.org/#a"),
        *("https://hooks.example.org:0/", "https://hooks.example.org:99999/", "https://[::1"),
        *("https://hooks.example.org/ a", "https://hooks.example.org/\r\nx: y"),
        "https://hooks.example.org/" + "x" * 500,
    ],
)
def test_addresses_that_no_webhook_may_have_are_refused(url: str) -> None:
    with pytest.raises(OutboundError) as caught:
        checked_url(url, loopback=False)
    assert "example" not in str(caught.value)


@pytest.mark.parametrize(
    "addresses",
    [
        *(["127.0.0.1"], ["10.0.0.1"], ["172.16.0.1"], ["192.168.1.1"], ["169.254.169.254"]),
        *(["100.64.0.1"], ["0.0.0.0"], ["224.0.0.1"], ["255.255.255.255"], ["240.0.0.1"]),
        *(["192.0.0.8"], ["192.0.2.1"], ["192.88.99.1"], ["198.18.0.1"], ["203.0.113.1"]),
        *(["::1"], ["::"], ["fe80::1%eth0"], ["fd00::1"], ["ff02::1"], ["ff0e::1"], ["fec0::1"]),
        # An IPv4 address in disguise: mapped, compatible, translated, by NAT64, 6to4 and Teredo.
        *(["::ffff:10.0.0.1"], ["::127.0.0.1"], ["::ffff:0:127.0.0.1"], ["64:ff9b::a00:1"]),
        *(["64:ff9b:1::a00:1"], ["2002:a00:1::"], ["2002:7f00:1::1"], ["2001:0:a00:1::"]),
        # No more of IPv6 than 2000::/3, and of that nothing set apart.
        *(["100::1"], ["4000::1"], ["5f00::1"], ["2001:db8::1"], ["2001:2::1"], ["3fff::1"]),
        *(["1.1.1.1", "10.0.0.1"], ["1.1.1.1", "2002:a00:1::"]),
    ],
)
def test_names_that_lead_inside_are_not_connected_to(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [(0, 0, 0, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("it connected"))
    with pytest.raises(OutboundError, match="not public"):
        post("https://hooks.example.org/", b"", {}, loopback=False)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860::1"]
)
def test_names_that_lead_to_the_public_are_connected_to(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []

    def refused(to: tuple[str, int], *_: object) -> None:
        reached.append(to[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 443))])
    monkeypatch.setattr(socket, "create_connection", refused)
    with pytest.raises(OutboundError, match="ConnectionRefusedError"):
        post("https://hooks.example.org/", b"", {}, loopback=False)
    assert reached == [address]


def test_the_address_is_pinned_and_the_certificate_is_that_of_the_name(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trust(receiver, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
    requests: list[str] = []
    really = socket.getaddrinfo

    def once(host: str, *rest: Any, **options: Any) -> Any:
        if host.endswith(".example.org"):
            requests.append(host)
            host = "127.0.0.1"
        return really(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", once)
    assert post(f"https://hooks.example.org:{receiver.port}/", b"a", {}, loopback=True) == 204
    assert requests == ["hooks.example.org"]
    with pytest.raises(OutboundError, match="SSLCertVerificationError"):
        post(f"https://other.example.org:{receiver.port}/", b"a", {}, loopback=True)
    assert len(receiver.got) == 1


def test_a_receiver_that_never_ends_its_answer_is_hung_up_on(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.trickles, receiver.status = True, 200
    monkeypatch.setattr(webhook_client, "MOST_SECONDS", 0.2)
    with pytest.raises(OutboundError, match="It did not answer in time"):
        post(receiver.url, b"", {}, loopback=True)


def test_a_name_that_is_never_found_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def hang(*_: object, **__: object) -> list[Any]:
        ended.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(webhook_client, "MOST_SECONDS", 0.2)
    try:
        with pytest.raises(OutboundError, match="not found in time"):
            post("https://hooks.example.org/", b"", {}, loopback=False)
    finally:
        ended.set()


def test_a_receiver_that_is_late_to_connect_is_hung_up_on(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.trickles, receiver.status = True, 200
    really = socket.create_connection

    def late(*to: Any) -> socket.socket:
        threading.Event().wait(0.3)
        return really(*to)

    monkeypatch.setattr(socket, "create_connection", late)
    monkeypatch.setattr(webhook_client, "MOST_SECONDS", 0.2)
    with pytest.raises(OutboundError, match="It did not answer in time"):
        post(receiver.url, b"", {}, loopback=True)
    assert receiver.got == []


def test_pauses_between_tries_grow_and_are_not_all_the_same() -> None:
    for tries in range(1, MOST_TRIES + 1):
        longest = min(4 * 3600.0, 5.0 * 4.0 ** (tries - 1))
        waits = [webhook_sending.wait_after(tries) for _ in range(20)]
        assert longest / 2 <= min(waits) < max(waits) <= longest


def test_the_last_try_comes_as_late_as_the_documents_say() -> None:
    hours = sum(webhook_sending.wait_after(tries) for tries in range(1, MOST_TRIES)) / 3600
    assert 2.9 < hours < 5.9


def test_the_key_is_of_the_form_that_libraries_read() -> None:
    assert webhook_key().startswith("whpk_")
    assert len(base64.b64decode(webhook_key()[5:], validate=True)) == 32
