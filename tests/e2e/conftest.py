"""The running house for end-to-end tests: real processes, real Chromium, a recording socket."""

import asyncio
import io
import os
import tempfile
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

import pytest
from PIL import Image
from playwright.sync_api import Page

from takeback.demo.stack import Stack, free_ports

_Result = TypeVar("_Result")


class _NeutralPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(
            b"<!doctype html><html lang=en><title>Weather</title><h1>Sunny spells</h1>"
        )

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def neutral_site() -> Iterator[str]:
    """A harmless website on this machine, where *Leave* goes."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _NeutralPage) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def stack(neutral_site: str) -> Iterator[Stack]:
    """A hotline, its worker, a following gate and Skylark."""
    # Not below pytest's own folder: under root the embedded database runs as a user of its own,
    # whom pytest shuts out.
    with (
        pytest.MonkeyPatch.context() as environment,
        tempfile.TemporaryDirectory(prefix="takeback-e2e-") as state,
    ):
        environment.setenv("TAKEBACK_NEUTRAL_SITE", neutral_site)
        with Stack(Path(state), ports=free_ports()) as running:
            yield running


class RecordingProxy:
    """Forwards TCP connections to a port and keeps every byte that clients send."""

    def __init__(self, target_port: int) -> None:
        self._sent = bytearray()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._target_port = target_port
        self._server = self._wait(asyncio.start_server(self._forward, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def sent(self) -> bytes:
        """All bytes that clients have sent so far."""
        return bytes(self._sent)

    def close(self) -> None:
        """Stop listening and drop what is open."""
        self._wait(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work: Coroutine[object, object, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _shut(self) -> None:
        self._server.close()
        forwarding = asyncio.all_tasks() - {asyncio.current_task()}
        for task in forwarding:
            task.cancel()
        await asyncio.gather(*forwarding, return_exceptions=True)

    async def _forward(self, client: StreamReader, to_client: StreamWriter) -> None:
        hotline, to_hotline = await asyncio.open_connection("127.0.0.1", self._target_port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(client, to_hotline, record=True))
                both.create_task(self._pump(hotline, to_client, record=False))
        except* OSError:
            pass  # one end hung up
        finally:
            to_client.close()
            to_hotline.close()

    async def _pump(self, source: StreamReader, sink: StreamWriter, *, record: bool) -> None:
        while data := await source.read(65536):
            if record:
                self._sent += data
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()


@pytest.fixture
def recorded_hotline(stack: Stack) -> Iterator[RecordingProxy]:
    """The hotline behind a socket that records what the browser sends."""
    with closing(RecordingProxy(stack.ports.hotline)) as proxy:
        yield proxy


@pytest.fixture
def readme_picture() -> Callable[[Page, str], None]:
    """Keeps a small picture of a page for the README, where `make screenshots` asks for it."""
    folder = os.environ.get("TAKEBACK_PICTURES")

    def keep(page: Page, name: str) -> None:
        if folder is not None:
            with Image.open(io.BytesIO(page.screenshot())) as picture:
                picture.convert("RGB").save(Path(folder) / f"{name}.webp", quality=80, method=6)

    return keep
