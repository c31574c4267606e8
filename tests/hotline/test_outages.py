"""The database dies or goes away while people report; both programs come back by themselves.

A short form of `make outages`, which kills more, fills the disk, and has bounds in seconds.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from takeback.hotline.foundation.database import embedded_server
from tests.campaigns import outages
from tests.campaigns.real_hotline import PATIENCE_SECONDS, RealHotline
from tests.campaigns.young_person import YoungPerson

PYTHON = Path(sys.executable)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own: under root PostgreSQL runs as a user whom that shuts out."""
    with tempfile.TemporaryDirectory(prefix="takeback-outages-") as folder:
        yield Path(folder)


def wait_until(truth: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not truth():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def status(port: int, path: str = "/healthz") -> int:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False, timeout=30).status_code
    except httpx.TransportError:
        return 0


def report(url: str) -> None:
    async def walk() -> None:
        person = YoungPerson(url, 2, patience_seconds=PATIENCE_SECONDS)
        await person.walk_to_the_code()
        await person.send()
        await person.close()

    asyncio.run(walk())


def size(hotline: RealHotline) -> int:
    answer = httpx.get(f"{hotline.url}/log/v1/checkpoint", trust_env=False, timeout=30)
    return int(answer.text.split("\n")[1]) if answer.is_success else 0


def test_postgresql_is_killed_and_no_accepted_report_is_lost(folder: Path) -> None:
    outcome = outages.run(PYTHON, kills=1, disk_full=0, restarts=0, seed=1, folder=folder)
    assert len(outcome.accepted) > 1
    assert (outcome.unopened, outcome.unlisted) == (0, 0)
    assert outcome.by_hand == 0  # nobody had to start anything


def test_a_server_of_the_operators_own_goes_away_and_comes_back(folder: Path) -> None:
    server = embedded_server(folder / "server", cleanup_mode="delete")
    settings = {"DATABASE_URL": str(server.get_uri())}
    try:
        with RealHotline(PYTHON, folder / "state", settings) as hotline:
            ports = (hotline.port, hotline.health_port)
            report(hotline.url)
            wait_until(lambda: size(hotline) >= 3 and [*map(status, ports)] == [200, 200])
            server.stop()
            wait_until(lambda: [*map(status, ports)] == [503, 503])
            assert hotline.ended() == []
            server.start()
            wait_until(lambda: [*map(status, ports)] == [200, 200])
            before = size(hotline)
            report(hotline.url)
            wait_until(lambda: size(hotline) >= before + 2)
            assert hotline.ended() == []
    finally:
        server.cleanup()


_START = """
import sys
from pathlib import Path
import psycopg
from takeback.hotline.foundation.database import embedded_server
server = embedded_server(Path(sys.argv[1]), cleanup_mode=None)
with psycopg.connect(server.get_uri()) as connection:
    connection.execute("SELECT 1")
print(server.get_pid())
"""


def test_a_number_that_is_another_programs_by_now_does_not_pass_for_the_server(
    folder: Path,
) -> None:
    """As after a power cut: the file with the server's number stays, and somebody else gets it."""

    def start() -> int:
        command = [sys.executable, "-c", _START, str(folder / "postgres")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr  # though children of the one before may be there
        return int(done.stdout)

    first = psutil.Process(start())
    first.kill()
    wait_until(lambda: not first.is_running() or first.status() == psutil.STATUS_ZOMBIE)
    file = folder / "postgres" / "postmaster.pid"
    _, rest = file.read_text().split("\n", 1)
    file.write_text(f"{os.getpid()}\n{rest}")
    second = psutil.Process(start())
    assert second.name().startswith("postgres")
    second.terminate()
    wait_until(lambda: not second.is_running() or second.status() == psutil.STATUS_ZOMBIE)
