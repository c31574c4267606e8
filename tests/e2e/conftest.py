"""The running house for end-to-end tests: real processes, real Chromium, a recording socket."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from takeback.cli.stack import Stack, free_ports


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Debian's Chromium, cut off from everything but this machine."""
    return {
        "executable_path": os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ],
        # Playwright switches the back-forward cache off, and a Back-button test would pass falsely.
        "ignore_default_args": ["--disable-back-forward-cache"],
    }


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A hotline, its worker, a following gate and Skylark."""
    state: Path = tmp_path_factory.mktemp("stack")
    state.parent.chmod(0o755)  # the embedded database runs as a user of its own under root
    with Stack(state, ports=free_ports()) as running:
        yield running


class RecordingProxy:
    """Forwards TCP connections to a port and keeps every byte the client sends."""

    def __init__(self, target_port: int) -> None:
        self._target = ("127.0.0.1", target_port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._lock = threading.Lock()
        self._sent: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def sent(self) -> bytes:
        """All bytes that clients have sent so far."""
        with self._lock:
            return b"".join(self._sent)

    def close(self) -> None:
        """Stop listening."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                upstream = socket.create_connection(self._target)
                threading.Thread(target=self._pump, args=(client, upstream, True)).start()
                threading.Thread(target=self._pump, args=(upstream, client, False)).start()

    def _pump(self, source: socket.socket, sink: socket.socket, record: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if record:
                    with self._lock:
                        self._sent.append(data)
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def recorded_hotline(stack: Stack) -> Iterator[RecordingProxy]:
    """The hotline behind a socket that records what the browser sends."""
    with closing(RecordingProxy(stack.ports.hotline)) as proxy:
        yield proxy
