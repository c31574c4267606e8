"""The hotline and its worker as real processes on a test's database."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import requests

READY_SECONDS = 60


def environment(database: str, **changes: str) -> dict[str, str]:
    """What a process of the hotline gets: with the shortest tick, and no address for its health.

    Behind https the tick is an operator's, and stays as it is.
    """
    quick = {"TAKEBACK_SEQUENCING_SECONDS": "0.05"}
    if os.environ.get("TAKEBACK_PUBLIC_URL", "").startswith("https://"):
        quick = {}
    return {
        **quick,
        "TAKEBACK_WORKER_HEALTH_PORT": "0",
        **os.environ,
        "DATABASE_URL": database,
        **changes,
    }


@contextmanager
def folder_for_a_server() -> Iterator[Path]:
    """A temporary folder that the user of the embedded PostgreSQL can reach.

    Not pytest's: any other run of pytest closes the folder above that to all others.
    """
    with tempfile.TemporaryDirectory(prefix="takeback-tests-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def running(
    database: str, *command: str, program: str = "takeback", **changes: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A `takeback hotline …` process on this database. `program`: the module that it runs.

    `changes`: of its environment.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", program, "hotline", *command],
        env=environment(database, **changes),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def hotline(
    database: str, program: str = "takeback"
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A hotline that answers, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running(database, "serve", "--port", str(port), program=program) as process:
        url = f"http://127.0.0.1:{port}"
        await_truth(lambda: answers(url), process)
        yield url, process


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/log/v1/checkpoint").is_success
    except httpx.TransportError:
        return False


def await_truth(
    truth: Callable[[], bool],
    process: "subprocess.Popen[bytes] | subprocess.Popen[str] | None" = None,
) -> None:
    """Wait until something is true; fails if the process has ended, or after a while."""
    deadline = time.monotonic() + READY_SECONDS
    while not truth():
        assert process is None or process.poll() is None, "the process has ended"
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@contextmanager
def serving(database: str) -> Iterator[tuple[str, list[str]]]:
    """The hotline as a real process; yields its address and a list that gets its log at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log: list[str] = []
    process = subprocess.Popen(
        [sys.executable, "-m", "takeback", "hotline", "serve", "--port", str(port)],
        env=dict(os.environ) | {"DATABASE_URL": database, "TAKEBACK_PUBLIC_URL": address},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(requests.ConnectionError):
                requests.get(f"{address}/robots.txt", timeout=5)
                break
            time.sleep(0.1)
        yield address, log
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
        log.append(output)


def takeback(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "takeback", "hotline", *arguments],
        env={**os.environ, "DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=False,
    )
