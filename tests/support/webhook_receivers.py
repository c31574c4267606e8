"""Receivers of webhooks on this machine, and what the tests of webhooks do over and over."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction

from takeback.hotline.log import access as log_access
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.webhooks import queue as webhook_queue
from takeback.hotline.webhooks import sending as webhook_sending
from takeback.hotline.webhooks.models import WebhookDelivery
from takeback.hotline.webhooks.queue import MOST_TRIES
from tests.support.certificates import certified
from tests.support.followers import some_signals
from tests.support.listing import list_picture


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
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign] # it is quiet

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


@contextmanager
def serving(receiver: Receiver) -> Iterator[Receiver]:
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stopped.set()
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()


def verified(headers: dict[str, str], body: bytes, key: str) -> dict[str, Any]:
    """Check a message as Standard Webhooks tells receivers to, with none of the sender's code."""
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
    version, _, signature = headers["webhook-signature"].partition(",")
    assert version == "v1a"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    public.verify(base64.b64decode(signature), signed)
    message: dict[str, Any] = json.loads(body)
    return message


def grow() -> int:
    list_picture(some_signals())
    sequence_pending()
    return log_access.current_checkpoint()[0]


def due_now() -> None:
    WebhookDelivery.objects.update(due_at=datetime.now(UTC))


def send_until_given_up() -> None:
    for _ in range(MOST_TRIES):
        due_now()
        webhook_sending.send_due()


def jobs_to_send() -> list[str]:
    """What the worker is asked to send: the queueing locks of the jobs, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queueing_lock FROM procrastinate_jobs WHERE task_name = %s ORDER BY id",
            [webhook_queue.WEBHOOK_TASK],
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


def trust(receiver: Receiver, folder: Path) -> None:
    """Let the receiver speak TLS as hooks.example.org, with a certificate of its own making."""
    context = certified("hooks.example.org", folder)
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
