"""The gate's HTTP service as a process, for tests that ask it."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.list_sync import ListSync
from tests.support.log_server import Log, serving

SERVE = (sys.executable, "-m", "takeback", "gate", "serve")


@dataclass(frozen=True)
class RunningGate:
    """A service as a process: where it answers, and where it writes what it says."""

    url: str
    log: Path


@pytest.fixture
def service(store: Store) -> Iterator[str]:
    """The service on a free port: it names the port as soon as it answers there."""
    with started_service(store.folder) as (url, _):
        yield url


@contextmanager
def started_service(folder: Path) -> Iterator[tuple[str, Path]]:
    """A service on this store; yields its address, and the file of all that it prints."""
    log = folder.with_name("service.log")
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*SERVE, "--store", str(folder), "--port", "0"],
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            wait_until(lambda: "answers on" in log.read_text() or process.poll() is not None)
            found = re.search(r"(?<=answers on )http://\S+:\d+", log.read_text())
            assert found, log.read_text()
            url = found[0]
            assert requests.get(f"{url}/healthz", timeout=20).status_code in (200, 503)
            yield url, log
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def shared_gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGate]:
    """A service with an empty list for all tests of a module that only ask it."""
    folder = tmp_path_factory.mktemp("shared-gate")
    log, store = Log(), Store(folder / "gate")
    token = PlatformToken.parse(log.token)
    with serving(log) as hotline, HotlineClient(hotline, token) as client, store.sync_lock():
        ListSync(store, client, token).sync()
    with started_service(store.folder) as (url, printed):
        yield RunningGate(url, printed)


def status_of(url: str) -> int | None:
    try:
        return requests.get(url, timeout=20).status_code
    except requests.ConnectionError:
        return None


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
