"""An ASGI application behind the bounded protocol, on a socket, in a thread."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

import uvicorn

from takeback.running.bodies import Application, Receive, Scope, Send
from takeback.running.connections import Bounds
from takeback.running.protocol import bounded
from tests.support.running import await_truth

Loop = Literal["asyncio", "uvloop"]


@dataclass
class Echo:
    """Answers with the body it got; `/ignore` at once, `/wait` when the client has gone."""

    scopes: list[Scope] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        body, more = b"", scope["path"] not in {"/ignore", "/large", "/late"}
        while scope["path"] == "/late" and not self.go_on.is_set():
            await asyncio.sleep(0.01)
        more = more or scope["path"] == "/late"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.append(scope["path"])
                return
            body += message["body"]
            more = message["more_body"]
        if scope["path"] == "/wait":
            await receive()
            self.left.append(scope["path"])
            return
        answer = scope["path"].encode() + b" " + body
        if scope["path"] == "/large":
            answer = bytes(32 << 20)
        length = str(len(answer)).encode()
        start = {"status": 200, "headers": [(b"content-length", length)]}
        await send({"type": "http.response.start", **start})
        await send({"type": "http.response.body", "body": answer})


@contextmanager
def serving(
    application: Application, bounds: Bounds, loop: Loop = "uvloop"
) -> Iterator[tuple[int, uvicorn.Server]]:
    """Serve until the block ends; yields the port and the server."""
    config = uvicorn.Config(
        application,
        http=bounded(bounds),
        ws="none",
        loop=loop,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            await_truth(lambda: server.started)
            yield listening.getsockname()[1], server
        finally:
            server.should_exit = True
            thread.join(20)


def connected(port: int, *, source: str = "127.0.0.1", data: bytes = b"") -> socket.socket:
    """A connection from `source`, an address of this machine, with `data` sent."""
    connection = socket.create_connection(
        ("127.0.0.1", port), timeout=30, source_address=(source, 0)
    )
    connection.sendall(data)
    return connection


def until_closed(connection: socket.socket) -> bytes:
    """All that comes until the other side closes; fails after half a minute of nothing."""
    received = b""
    while True:
        try:
            piece = connection.recv(1 << 16)
        except ConnectionResetError:
            return received
        if not piece:
            return received
        received += piece


def answer_to(port: int, data: bytes) -> bytes:
    """All that is answered to this, up to the end of the connection."""
    with connected(port) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        return until_closed(connection)
