"""While a restore is under way nothing else touches what it replaces; what nobody uses it stops."""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.support.embedded_hotline import EmbeddedHotline
from tests.support.running import await_truth, folder_for_a_server

pytestmark = pytest.mark.timeout(300)  # servers are made and many commands started


@pytest.fixture(scope="module")
def migrated() -> Iterator[Path]:
    """The state folder of a hotline that has its tables, and whose server has stopped."""
    with folder_for_a_server() as folder:
        hotline = EmbeddedHotline(folder)
        hotline.run("migrate")
        assert not server_runs(hotline)
        yield hotline.state


@pytest.fixture
def hotline(migrated: Path) -> Iterator[EmbeddedHotline]:
    with folder_for_a_server() as folder:
        hotline = EmbeddedHotline(folder)
        hotline.take_state(migrated)
        yield hotline


def backed_up(hotline: EmbeddedHotline) -> tuple[str, ...]:
    """Make a backup; returns the command that restores it over what is there."""
    key = hotline.folder / "key"
    public = hotline.run("backup", "key", str(key)).stdout.strip()
    hotline.run("backup", "make", str(hotline.folder / "backups"), "--to", public)
    (backup,) = (hotline.folder / "backups").glob("takeback-*.age")
    return ("restore", str(backup), "--key", str(key), "--replace", "--yes")


@contextmanager
def under_way(hotline: EmbeddedHotline, restore: tuple[str, ...]) -> Iterator[Callable[[], str]]:
    """A restore that has read half of its backup; what is yielded lets it go on to its end."""
    backup, slow = Path(restore[1]), hotline.folder / "slow"
    os.mkfifo(slow)
    data = backup.read_bytes()
    go_on = threading.Event()

    def feed() -> None:
        with suppress(BrokenPipeError), slow.open("wb", buffering=0) as pipe:
            pipe.write(data[: len(data) // 2])
            go_on.wait()
            pipe.write(data[len(data) // 2 :])

    feeding = threading.Thread(target=feed, daemon=True)
    feeding.start()
    with hotline.process("restore", str(slow), *restore[2:]) as process:
        staged = hotline.state / "postgres.restoring"
        await_truth((staged / "PG_VERSION").exists, process)

        def end() -> str:
            go_on.set()
            assert process.wait(120) == 0
            assert process.stdout is not None
            return process.stdout.read()

        yield end
        go_on.set()
    feeding.join(10)
    slow.unlink()


def server_runs(hotline: EmbeddedHotline) -> bool:
    try:
        status = psutil.Process(hotline.postmaster).status()
    except (FileNotFoundError, psutil.NoSuchProcess):
        return False
    return bool(status != psutil.STATUS_ZOMBIE)


def test_other_commands_wait_for_a_restore_to_end(hotline: EmbeddedHotline) -> None:
    restore = backed_up(hotline)
    public = next(
        line.split()[-1]
        for line in (hotline.folder / "key").read_text().splitlines()
        if "public key" in line
    )
    with under_way(hotline, restore) as end:
        for command in (
            ("log", "status"),
            ("serve", "--port", str(hotline.port)),
            ("backup", "make", str(hotline.folder / "more"), "--to", public),
            ("backup", "follow", str(hotline.folder / "wal")),
            restore,
        ):
            refused = hotline.run(*command, code=1)
            assert "restore is under way" in refused.stderr
            assert len(refused.stderr.splitlines()) == 1
        assert not server_runs(hotline)
        assert "Restored what was backed up" in end()
    hotline.run("log", "status", code=3)  # the database starts, and says that it was restored


def test_serve_takes_its_leave_of_the_database_when_it_is_told_to_stop(
    hotline: EmbeddedHotline,
) -> None:
    with hotline.serving() as first:
        with hotline.process("worker") as worker:
            await_truth(lambda: str(worker.pid) in handles(hotline), worker)
            worker.kill()  # who still lives keeps the server
            worker.wait()
        hotline.run("migrate")
        assert server_runs(hotline)
        first.send_signal(signal.SIGTERM)
        first.wait(30)
        assert not server_runs(hotline)


def test_the_server_stays_for_whoever_else_uses_it(hotline: EmbeddedHotline) -> None:
    with hotline.process("worker") as worker:
        await_truth(lambda: server_runs(hotline), worker)
        await_truth(lambda: str(worker.pid) in handles(hotline), worker)
        with hotline.serving() as serve:
            serve.send_signal(signal.SIGTERM)
            serve.wait(30)
        assert server_runs(hotline)
        assert hotline.ask("SELECT 1") == "1"
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
    assert not server_runs(hotline)


def handles(hotline: EmbeddedHotline) -> str:
    path = hotline.data / ".handle_pids.json"
    return path.read_text() if path.exists() else ""


def test_a_restore_names_who_uses_the_database_and_stops_one_that_nobody_uses(
    hotline: EmbeddedHotline,
) -> None:
    restore = backed_up(hotline)
    with hotline.serving() as serve:
        refused = hotline.run(*restore, code=1)
        assert f"process {serve.pid} (takeback hotline serve" in refused.stderr
        assert "Stop `serve`" in refused.stderr
        serve.kill()
        serve.wait()
        assert server_runs(hotline)
        hotline.run(*restore)
    assert not server_runs(hotline)
    hotline.run("log", "status", code=3)


def test_a_restore_leaves_a_server_alone_that_somebody_is_connected_to(
    hotline: EmbeddedHotline,
) -> None:
    restore = backed_up(hotline)
    with hotline.serving() as serve:
        with psycopg.connect(hotline.database):
            serve.kill()
            serve.wait()
            refused = hotline.run(*restore, code=1)
            assert "Somebody is connected" in refused.stderr
        assert server_runs(hotline)
        hotline.run("migrate")  # as the last one, it stops it


def test_why_the_server_does_not_start_is_said_in_a_line(hotline: EmbeddedHotline) -> None:
    (hotline.data / "global" / "pg_control").unlink()
    shutil.rmtree(hotline.data / "log", ignore_errors=True)
    (hotline.data / "log").unlink(missing_ok=True)
    (hotline.data / "log").mkdir()  # no log can be written
    refused = hotline.run("log", "status", code=1)
    assert "does not start" in refused.stderr
    assert "Traceback" not in refused.stderr
