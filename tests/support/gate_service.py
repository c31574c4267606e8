"""The gate's HTTP service as a process, for tests that ask it."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from takeback.gate.store.store import Store

SERVE = (sys.executable, "-m", "takeback", "gate", "serve")


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
