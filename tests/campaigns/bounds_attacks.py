"""What a stranger sends that is too much, and what the program that gets it takes meanwhile."""

import re
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from tests.campaigns.bounds_programs import Program

_PIECE: Final = b"a" * (1 << 16)
_PATIENCE_SECONDS: Final = 30.0
_STATUS: Final = re.compile(rb"HTTP/1\.1 (\d{3})")


@dataclass(frozen=True)
class Outcome:
    """One attack; bytes beyond what the program held before it."""

    program: str
    name: str
    target: str
    memory: int
    disk: int
    seconds: float
    answers: frozenset[str]

    @property
    def grown(self) -> int:
        """Memory and disk together."""
        return self.memory + self.disk


@dataclass(frozen=True)
class Half:
    """What a connection sends before it falls silent."""

    name: str
    head: str
    body: bytes = b""


HALF_OPEN: Final = (
    Half("half heads", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a"),
    Half("silence", ""),
    *(
        Half(
            f"half bodies of {path}",
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {media_type}\r\n"
            "Content-Length: 250000\r\n\r\n",
            bytes(200_000),
        )
        for path, media_type in (
            ("/begin", "application/x-www-form-urlencoded"),
            ("/v1/match", "image/jpeg"),
            ("/add-checkpoint", "text/plain"),
        )
    ),
)
"""Every program gets all of them: an address of another program is one that it does not have."""


def attack(
    program: Program, name: str, target: str, run: Callable[[Program], list[bytes]]
) -> Outcome:
    """Run one attack and look at the process meanwhile."""
    time.sleep(0.2)
    program.forget_peak()
    memory, disk = program.memory(), program.disk()
    watch = _DiskWatch(program)
    began = time.monotonic()
    with watch:
        answers = run(program)
    seconds = time.monotonic() - began
    return Outcome(
        program=program.name,
        name=name,
        target=target,
        memory=max(0, program.peak() - memory),
        disk=max(0, watch.most - disk),
        seconds=seconds,
        answers=frozenset(map(_status, answers)),
    )


def flood(
    method: str, path: str, *, body: int = 0, header: int = 0
) -> Callable[[Program], list[bytes]]:
    """Return an attack with one request. `body`, `header`: bytes; a body goes in chunks."""
    start = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n".encode()

    def run(program: Program) -> list[bytes]:
        with program.connect() as connection:
            answer = b""
            with suppress(OSError):
                connection.sendall(start)
                if header:
                    connection.sendall(b"X: ")
                    _send_until_closed(connection, _PIECE, header)
                    connection.sendall(b"\r\n\r\n")
                else:
                    media_type = b"image/jpeg" if path == "/v1/match" else b"application/json"
                    connection.sendall(b"Content-Type: %s\r\n" % media_type)
                    connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
                    chunk = b"%x\r\n%s\r\n" % (len(_PIECE), _PIECE)
                    _send_until_closed(connection, chunk, body)
                    connection.sendall(b"0\r\n\r\n")
            with suppress(OSError):
                while piece := connection.recv(1 << 16):
                    answer += piece[: 1024 - min(1024, len(answer))]
            return [answer]

    return run


def half_open(half: Half, count: int) -> Callable[[Program], list[bytes]]:
    """Return an attack with so many connections that begin and never go on."""

    def run(program: Program) -> list[bytes]:
        selector = selectors.DefaultSelector()
        answers: dict[socket.socket, bytes] = {}
        for _ in range(count):
            connection = program.connect()
            with suppress(OSError):
                connection.sendall(half.head.encode())
                connection.setblocking(False)
                connection.send(half.body)
            connection.setblocking(False)
            answers[connection] = b""
            selector.register(connection, selectors.EVENT_READ)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(timeout=1):
                ready = key.fileobj
                assert isinstance(ready, socket.socket)
                piece = b""
                with suppress(OSError):
                    piece = ready.recv(1 << 16)
                answers[ready] += piece[:1024]
                if not piece:
                    selector.unregister(ready)
        for connection in answers:
            connection.close()
        return list(answers.values())

    return run


def _send_until_closed(connection: socket.socket, piece: bytes, size: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for _ in range(size // len(piece) + 1):
        connection.sendall(piece)
        if time.monotonic() > deadline:
            return


def _status(answer: bytes) -> str:
    found = _STATUS.match(answer)
    return found[1].decode() if found else "–"


class _DiskWatch:
    """The most that a program holds on the disk while the block runs."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.most = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            self.most = max(self.most, self._program.disk())
