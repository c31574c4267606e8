"""Webhooks: signed, tried again, given up and sent again; and no way into the hotline's network."""

import base64
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction
from django.test import Client

from takeback.hashlist.checkpoint import open_checkpoint
from takeback.hashlist.signed_note import VerifierKey
from takeback.hotline.audit.actions import record
from takeback.hotline.publishing import access, webhook_client, webhook_sending, webhooks
from takeback.hotline.publishing.actions import add_platform, list_picture, revoke_platform
from takeback.hotline.publishing.domain import PlatformError
from takeback.hotline.publishing.models import Webhook, WebhookDelivery
from takeback.hotline.publishing.sealing import seal_pending
from takeback.hotline.publishing.webhook_addresses import WebhookError, checked_url
from takeback.hotline.publishing.webhook_client import post
from takeback.hotline.publishing.webhook_message import webhook_key
from takeback.hotline.publishing.webhook_queue import MOST_TRIES
from tests.hotline.publishing.followers import some_signals
from tests.hotline.publishing.test_commands import takeback
from tests.hotline.publishing.test_running import await_truth, running


class Receiver:
    """A platform's server: keeps what it is sent and answers with the status it is told."""

    def __init__(self) -> None:
        self.status = 204
        self.trickles = False
        self.meanwhile: Callable[[], object] | None = None
        """What happens once, between being sent to and answering."""
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append((self.path, headers, body))
                happens, receiver.meanwhile = receiver.meanwhile, None
                if happens:
                    happens()
                    connection.close()
                self.send_response(receiver.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "1000000" if receiver.trickles else "0")
                self.end_headers()
                while receiver.trickles:
                    self.wfile.write(b"x")
                    if stopped.wait(0.02):
                        return

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.stopped = stopped = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign] # who hangs up

    @property
    def port(self) -> int:
        return self.server.server_port

    @property
    def sizes(self) -> list[int]:
        """Which checkpoints it was told of, in order."""
        return [json.loads(body)["data"]["size"] for _, _, body in self.got]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=t"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as one:
        yield one


@contextmanager
def serving(one: Receiver) -> Iterator[Receiver]:
    thread = threading.Thread(target=one.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield one
    finally:
        one.stopped.set()
        one.server.shutdown()
        one.server.server_close()
        thread.join()


def verified(headers: dict[str, str], body: bytes, key: str) -> dict[str, Any]:
    """Check a message as Standard Webhooks tells receivers to, with none of the sender's code."""
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
    version, _, signature = headers["webhook-signature"].partition(",")
    assert version == "v1a"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    public.verify(base64.b64decode(signature), signed)
    said: dict[str, Any] = json.loads(body)
    return said


def grow() -> int:
    list_picture(some_signals())
    seal_pending()
    return access.current_checkpoint()[0]


def due_now() -> None:
    WebhookDelivery.objects.update(due_at=datetime.now(UTC))


def send_until_given_up() -> None:
    for _ in range(MOST_TRIES):
        due_now()
        webhooks.send_due()


def jobs_to_send() -> list[str]:
    """What the worker is asked to send: the queueing locks of the jobs, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queueing_lock FROM procrastinate_jobs WHERE task_name = %s ORDER BY id",
            [webhooks.WEBHOOK_TASK],
        )
        return [lock.removeprefix("webhooks ") for (lock,) in cursor.fetchall()]


@contextmanager
def uncommitted(action: Callable[[], object]) -> Iterator[None]:
    """Somebody else has done this, and commits it at the end."""
    done, may_commit = threading.Event(), threading.Event()

    def act() -> None:
        try:
            with transaction.atomic():
                action()
                done.set()
                may_commit.wait(60)
        finally:
            connection.close()

    thread = threading.Thread(target=act)
    thread.start()
    try:
        assert done.wait(60)
        yield
    finally:
        may_commit.set()
        thread.join()


def test_the_worker_tells_what_anybody_can_check(hotline_database: str, receiver: Receiver) -> None:
    token = add_platform("Skylark")
    hook = ("platform", "webhook")
    added = takeback(hotline_database, *hook, "add", "Skylark", receiver.url)
    key = added.stdout.split()[-1]
    with running(hotline_database, "worker") as worker:
        list_picture(some_signals())
        await_truth(lambda: bool(Webhook.objects.get().delivered_size == 2), worker)
    path, headers, body = receiver.got[-1]
    said = verified(headers, body, key)
    state = open_checkpoint(
        access.current_checkpoint()[1], VerifierKey.parse(access.verifier_key_line())
    )
    assert path == "/hook?token=t"
    assert said["type"] == "checkpoint.published"
    assert said["data"] == {
        "origin": access.log_origin(),
        "size": state.size,
        "root": state.root_hash.hex(),
    }
    for changed in (headers | {"webhook-timestamp": "1"}, headers | {"webhook-id": "msg_1"}):
        with pytest.raises(InvalidSignature):
            verified(changed, body, key)
    listed = takeback(hotline_database, *hook, "list", "Skylark").stdout
    since = Webhook.objects.get().made_at
    assert f"127.0.0.1; took 2 events; idle; 0 given up; added {since:%Y-%m-%d %H:%M} UTC" in listed
    assert "token=t" not in listed
    health = Client().get("/list/v1/health", headers={"Authorization": f"Bearer {token}"}).json()
    assert (health["webhook_key"], health["webhooks"][0]["delivered_size"]) == (key, 2)


@pytest.mark.django_db
def test_it_is_tried_again_given_up_and_sent_again(receiver: Receiver) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    receiver.status = 302  # is not followed
    first = grow()
    assert webhooks.send_due() == 1
    assert webhooks.send_due() == 0  # not before its time
    due_now()
    webhooks.send_due()
    ids = [headers["webhook-id"] for _, headers, _ in receiver.got]
    assert len(ids) == 2
    assert len(set(ids)) == 1  # the same message
    newer = grow()
    receiver.status = 500
    send_until_given_up()
    assert receiver.sizes == [first] * 2 + [newer] * (MOST_TRIES - 2)
    assert {path for path, _, _ in receiver.got} == {"/hook?token=t"}
    (state,) = access.platform_webhooks("Skylark")
    assert (state.given_up, state.waiting_size, state.delivered_size) == (1, None, 0)
    assert state.problem == "It answered with status 500."
    receiver.status = 200
    assert webhooks.redeliver("Skylark", number) == 1
    assert webhooks.redeliver("Skylark", number) == 0
    webhooks.send_due()
    assert json.loads(receiver.got[-1][2])["data"]["size"] == newer
    (state,) = access.platform_webhooks("Skylark")
    assert (state.given_up, state.delivered_size, state.problem) == (0, newer, "")
    grow()
    revoke_platform("Skylark")
    assert webhooks.send_due() == 0
    webhooks.remove_webhook("Skylark", number)
    assert not WebhookDelivery.objects.exists()
    for refused in (webhooks.redeliver, webhooks.remove_webhook):
        with pytest.raises(PlatformError, match="no webhook"):
            refused("Skylark", number)


@pytest.mark.django_db
def test_who_answers_410_is_told_nothing_until_an_operator_sends_again(
    receiver: Receiver,
) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    receiver.status = 410
    first = grow()
    assert webhooks.send_due() == 1
    grow()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    webhooks.ask_to_send_again()
    assert jobs_to_send() == []
    assert webhooks.send_due() == 0
    (state,) = access.platform_webhooks("Skylark")
    assert (state.given_up, state.waiting_size) == (1, None)
    assert "status 410" in state.problem
    receiver.status = 204
    assert webhooks.redeliver("Skylark", number) == 1
    webhooks.send_due()
    newest = grow()
    webhooks.send_due()
    assert receiver.sizes == [first, newest - 1, newest]
    assert access.platform_webhooks("Skylark")[0].problem == ""


def test_an_operator_sees_what_was_given_up(hotline_database: str, receiver: Receiver) -> None:
    def given_up(*options: str) -> subprocess.CompletedProcess[str]:
        return takeback(
            hotline_database, "platform", "webhook", "given-up", "Skylark", str(number), *options
        )

    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    assert given_up().stdout == "Nothing was given up.\n"
    receiver.status = 500
    first = grow()
    send_until_given_up()
    receiver.status = 410
    second = grow()
    webhooks.send_due()
    ids = list(dict.fromkeys(headers["webhook-id"] for _, headers, _ in receiver.got))
    found = json.loads(given_up("--json").stdout)
    assert [(one["message"], one["size"], one["tries"]) for one in found] == [
        (ids[0], first, MOST_TRIES),
        (ids[1], second, 1),
    ]
    times = [datetime.fromisoformat(one["given_up_at"]) for one in found]
    assert times[0] < times[1] <= datetime.now(UTC)
    shown = given_up().stdout.splitlines()
    assert shown == [
        f"{ids[0]}: {first} events; 8 tries; given up {times[0]:%Y-%m-%d %H:%M} UTC",
        f"{ids[1]}: {second} events; 1 try; given up {times[1]:%Y-%m-%d %H:%M} UTC",
    ]
    webhooks.remove_webhook("Skylark", number)
    refused = given_up()
    assert refused.returncode == 1
    assert f"Skylark has no webhook {number}." in refused.stderr


@pytest.mark.django_db
def test_a_new_webhook_is_told_where_the_log_is(receiver: Receiver) -> None:
    add_platform("Skylark")
    size = grow()
    webhooks.add_webhook("Skylark", receiver.url)
    webhooks.send_due()
    assert webhooks.send_due() == 0
    assert receiver.sizes == [size]


def test_what_comes_while_it_is_sent_is_sent_next(
    hotline_database: str, receiver: Receiver
) -> None:
    add_platform("Skylark")
    webhooks.add_webhook("Skylark", receiver.url)
    first = grow()
    receiver.meanwhile = grow
    webhooks.send_due()
    assert webhooks.send_due() == 1
    assert receiver.sizes == [first, access.current_checkpoint()[0]]
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 2


def test_what_comes_during_the_last_try_has_tries_of_its_own(
    hotline_database: str, receiver: Receiver
) -> None:
    add_platform("Skylark")
    webhooks.add_webhook("Skylark", receiver.url)
    first = grow()
    receiver.status = 500
    for _ in range(MOST_TRIES - 1):
        webhooks.send_due()
        due_now()
    receiver.meanwhile = grow
    webhooks.send_due()
    newer = access.current_checkpoint()[0]
    assert receiver.sizes == [first] * MOST_TRIES
    send_until_given_up()
    assert receiver.sizes[MOST_TRIES:] == [newer] * MOST_TRIES
    assert access.platform_webhooks("Skylark")[0].given_up == 2


@pytest.mark.django_db
def test_what_takes_the_place_of_another_has_half_the_tries_and_comes_no_sooner(
    receiver: Receiver,
) -> None:
    add_platform("Skylark")
    webhooks.add_webhook("Skylark", receiver.url)
    first = grow()
    receiver.status = 500
    for _ in range(MOST_TRIES - 1):
        due_now()
        webhooks.send_due()
    newer = grow()
    assert webhooks.send_due() == 0  # not before the time of the other
    (state,) = access.platform_webhooks("Skylark")
    assert (state.waiting_size, state.tries) == (newer, MOST_TRIES // 2)
    send_until_given_up()
    assert receiver.sizes == [first] * (MOST_TRIES - 1) + [newer] * (MOST_TRIES // 2)
    assert access.platform_webhooks("Skylark")[0].given_up == 1


def test_what_is_sent_again_during_a_try_is_not_lost(
    hotline_database: str, receiver: Receiver
) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    grow()
    receiver.status = 500
    send_until_given_up()
    second = grow()

    def newer_is_sent_again() -> None:
        grow()
        webhooks.redeliver("Skylark", number)

    receiver.meanwhile = newer_is_sent_again
    webhooks.send_due()
    receiver.status = 204
    assert webhooks.send_due() == 1
    assert receiver.sizes[-2:] == [second, access.current_checkpoint()[0]]


@pytest.mark.parametrize("change", [webhooks.redeliver, webhooks.remove_webhook])
def test_sealing_neither_waits_nor_fails_while_a_webhook_is_changed(
    hotline_database: str, receiver: Receiver, change: Callable[[str, int], object]
) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    grow()
    receiver.status = 500
    send_until_given_up()
    receiver.got.clear()
    receiver.status = 204
    list_picture(some_signals())
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '3s'")
    with uncommitted(lambda: change("Skylark", number)):
        seal_pending()
        newer = access.current_checkpoint()[0]
    webhooks.send_due()
    assert newer == 3
    assert receiver.sizes == ([newer] if change is webhooks.redeliver else [])


def test_a_webhook_that_is_removed_while_it_is_sent_to_locks_nobody_out(
    hotline_database: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    grow()
    is_locked = threading.Event()

    def once_the_sender_waits(verb: str, subject: str, actor: str) -> None:
        is_locked.set()
        await_lock(hotline_database)
        record(verb, subject, actor)

    monkeypatch.setattr(webhooks, "record", once_the_sender_waits)
    failed: list[Exception] = []

    def remove() -> None:
        try:
            webhooks.remove_webhook("Skylark", number)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    operator = threading.Thread(target=remove)

    def removing() -> None:
        operator.start()
        is_locked.wait(60)

    receiver.meanwhile = removing
    assert webhooks.send_due() == 1
    operator.join()
    assert failed == []
    assert access.platform_webhooks("Skylark") == ()
    assert not WebhookDelivery.objects.exists()


def await_lock(database: str) -> None:
    """Wait until a transaction in this database waits for a lock."""
    with psycopg.connect(database, autocommit=True) as looking:
        deadline = time.monotonic() + 60
        while not looking.execute(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.django_db
def test_the_worker_is_asked_again_for_what_was_left_but_not_for_who_was_revoked(
    receiver: Receiver,
) -> None:
    add_platform("Skylark")
    number = webhooks.add_webhook("Skylark", receiver.url)
    webhooks.ask_to_send_again()
    assert jobs_to_send() == [f"added {number}"]  # there is nothing to tell of yet
    grow()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    webhooks.ask_to_send_again()
    assert jobs_to_send() == ["left over"]
    receiver.status = 500
    webhooks.send_due()
    due_now()
    revoke_platform("Skylark")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    webhooks.ask_to_send_again()
    assert jobs_to_send() == []


@pytest.mark.django_db
def test_each_is_signed_when_it_is_sent_however_long_others_take(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_platform("Skylark")
    for _ in range(2):
        webhooks.add_webhook("Skylark", receiver.url)
    grow()
    monkeypatch.setattr(webhook_sending, "_AT_A_TIME", 1)
    receiver.meanwhile = lambda: time.sleep(1.1)
    webhooks.send_due()
    first, second = (int(headers["webhook-timestamp"]) for _, headers, _ in receiver.got)
    assert first < second


def test_only_one_sends_and_nothing_waits_for_a_later_try(
    hotline_database: str, receiver: Receiver
) -> None:
    add_platform("Skylark")
    webhooks.add_webhook("Skylark", receiver.url)
    receiver.status = 500
    grow()
    with psycopg.connect(hotline_database, autocommit=True) as another:
        another.execute("SELECT pg_advisory_lock(%s)", [webhook_sending._LOCK])
        assert webhooks.send_due() == 0
        # Not left to the end of the connection, which the server may see a moment later.
        another.execute("SELECT pg_advisory_unlock(%s)", [webhook_sending._LOCK])
    assert webhooks.send_due() == 1
    with connection.cursor() as cursor:
        # Jobs that share a lock go in order, and the next try is one of them.
        cursor.execute(
            "SELECT count(*), count(lock) FROM procrastinate_jobs WHERE task_name = %s",
            [webhooks.WEBHOOK_TASK],
        )
        assert cursor.fetchone() == (4, 0)


@pytest.mark.django_db
def test_a_platform_has_so_many_and_addresses_are_looked_at() -> None:
    add_platform("Skylark")
    for _ in range(webhooks.MOST_WEBHOOKS):
        webhooks.add_webhook("Skylark", "https://hooks.example.org/")
    for name in ("Skylark", "Nobody"):
        with pytest.raises(PlatformError):
            webhooks.add_webhook(name, "https://hooks.example.org/")
    with pytest.raises(WebhookError):
        webhooks.add_webhook("Skylark", "http://hooks.example.org/")


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
def test_addresses_that_can_not_be_are_refused(url: str) -> None:
    with pytest.raises(WebhookError) as caught:
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
    answers = [(0, 0, 0, "", (one, 443)) for one in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("it connected"))
    with pytest.raises(WebhookError, match="not public"):
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
    with pytest.raises(WebhookError, match="ConnectionRefusedError"):
        post("https://hooks.example.org/", b"", {}, loopback=False)
    assert reached == [address]


def test_the_address_is_pinned_and_the_certificate_is_that_of_the_name(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trust(receiver, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate"))
    asked: list[str] = []
    really = socket.getaddrinfo

    def once(host: str, *rest: Any, **options: Any) -> Any:
        if host.endswith(".example.org"):
            asked.append(host)
            host = "127.0.0.1"
        return really(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", once)
    assert post(f"https://hooks.example.org:{receiver.port}/", b"a", {}, loopback=True) == 204
    assert asked == ["hooks.example.org"]
    with pytest.raises(WebhookError, match="SSLCertVerificationError"):
        post(f"https://other.example.org:{receiver.port}/", b"a", {}, loopback=True)
    assert len(receiver.got) == 1


def trust(receiver: Receiver, folder: Path) -> None:
    """Let the receiver speak TLS as hooks.example.org, with a certificate of its own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("hooks.example.org")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate").write_bytes(certificate.public_bytes(pem))
    (folder / "key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)


def test_one_who_never_ends_is_hung_up_on(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.trickles, receiver.status = True, 200
    monkeypatch.setattr(webhook_client, "MOST_SECONDS", 0.2)
    with pytest.raises(WebhookError, match="It did not answer in time"):
        post(receiver.url, b"", {}, loopback=True)


def test_a_name_that_is_never_found_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def hang(*_: object, **__: object) -> list[Any]:
        ended.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(webhook_client, "MOST_SECONDS", 0.2)
    try:
        with pytest.raises(WebhookError, match="not found in time"):
            post("https://hooks.example.org/", b"", {}, loopback=False)
    finally:
        ended.set()


def test_one_who_is_late_before_there_is_a_line_is_hung_up_on(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.trickles, receiver.status = True, 200
    really = socket.create_connection

    def late(*to: Any) -> socket.socket:
        threading.Event().wait(0.3)
        return really(*to)

    monkeypatch.setattr(socket, "create_connection", late)
    monkeypatch.setattr(webhook_client, "MOST_SECONDS", 0.2)
    with pytest.raises(WebhookError, match="It did not answer in time"):
        post(receiver.url, b"", {}, loopback=True)
    assert receiver.got == []


def test_waits_grow_and_are_not_all_the_same() -> None:
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
