"""A follower that commits wait for is gone, or hangs: everybody is told, and nobody waits for ever.

What was accepted is on the list afterwards, and what was answered 503 and sent again is there once.
"""

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.campaigns.real_hotline import RealHotline
from tests.campaigns.young_person import UNAVAILABLE, WrongAnswerError, YoungPerson
from tests.support.running import await_truth

PYTHON = Path(sys.executable)


@pytest.fixture
def hotline() -> Iterator[RealHotline]:
    with (
        tempfile.TemporaryDirectory(prefix="takeback-followed-") as folder,
        RealHotline(PYTHON, Path(folder) / "state") as hotline,
    ):
        yield hotline


@contextmanager
def followed(hotline: RealHotline) -> Iterator["subprocess.Popen[str]"]:
    wal = str(hotline.state.parent / "wal")
    process = subprocess.Popen(
        [PYTHON, "-m", "takeback", "hotline", "backup", "follow", wal, "--every-commit"],
        env=hotline._environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert "Commits wait for it" in process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def health(hotline: RealHotline, port: int) -> tuple[int, str]:
    answer = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=30)
    return answer.status_code, answer.json()["commits"]


def await_health(hotline: RealHotline, port: int, expected: tuple[int, str]) -> None:
    await_truth(lambda: health(hotline, port) == expected)


def everybody_is_told(hotline: RealHotline) -> None:
    for port in (hotline.port, hotline.health_port):
        await_health(hotline, port, (503, "wait for a follower"))
    status = subprocess.run(
        [PYTHON, "-m", "takeback", "hotline", "log", "status"],
        env=hotline._environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert status.returncode == 4
    assert "backup follow" in status.stderr
    for name in ("serve", "worker"):
        assert "Commits wait for a follower" in hotline.log_of(name).read_text()
    for path in ("/", "/figures", "/helplines"):
        answer = httpx.get(f"{hotline.url}{path}", trust_env=False, timeout=15)
        assert answer.status_code == 200


def all_is_well(hotline: RealHotline) -> None:
    for port in (hotline.port, hotline.health_port):
        await_health(hotline, port, (200, "go on"))


def events(hotline: RealHotline) -> int:
    answer = httpx.get(f"{hotline.url}/log/v1/checkpoint", trust_env=False, timeout=30)
    return int(answer.text.split("\n")[1])


async def send_in_vain(hotline: RealHotline, person: YoungPerson) -> None:
    with pytest.raises(WrongAnswerError, match=UNAVAILABLE):
        await person.send()


def test_the_follower_is_killed(hotline: RealHotline) -> None:
    async def walk() -> None:
        person, others = YoungPerson(hotline.url, 2), [YoungPerson(hotline.url, 1) for _ in "12345"]
        await asyncio.to_thread(await_truth, lambda: events(hotline) == 1)  # the log has begun
        with followed(hotline) as follower:
            await person.walk_to_the_code()
            follower.kill()
            follower.wait()
            # More than there are places for, and nobody knows yet.
            await asyncio.gather(
                *(send_in_vain(hotline, person) for _ in range(10)),
                *(in_vain(other) for other in others),
            )
            everybody_is_told(hotline)
            await send_in_vain(hotline, person)
        with followed(hotline):
            all_is_well(hotline)
            await person.send()
            await asyncio.to_thread(await_truth, lambda: events(hotline) >= 3)
            await person.come_back()
            assert events(hotline) == 3
        for each in (person, *others):
            await each.close()

    async def in_vain(other: YoungPerson) -> None:
        with pytest.raises(WrongAnswerError, match=UNAVAILABLE):
            await other.walk_to_the_code()

    asyncio.run(walk())


def test_the_follower_hangs(hotline: RealHotline) -> None:
    async def walk() -> None:
        person = YoungPerson(hotline.url, 2)
        await person.walk_to_the_code()
        with followed(hotline) as follower:
            hanging = [psutil.Process(follower.pid), *psutil.Process(follower.pid).children()]
            for process in hanging:
                process.send_signal(signal.SIGSTOP)
            await send_in_vain(hotline, person)
            everybody_is_told(hotline)
            for process in reversed(hanging):
                process.send_signal(signal.SIGCONT)
            all_is_well(hotline)
            await person.send()
            await person.come_back()
        await person.close()

    asyncio.run(walk())
