"""A follower keeps its promise, or ends with the reason and lets commits go on."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from takeback.hotline.foundation.database import embedded_server
from tests.support.running import await_truth, folder_for_a_server

_SMALL_BYTES = 40 << 20  # two segments of 16 MiB, and no third


class FollowedServer:
    """An embedded server whose commits are followed by processes of the real command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = embedded_server(folder / "state" / "postgres", cleanup_mode="delete")
        self.url = str(self.server.get_uri())
        self.ask("CREATE TABLE written (what text)")

    def ask(self, statement: str) -> str:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
        return str(row[0]) if row else ""

    def awaited(self) -> str:
        return self.ask("SHOW synchronous_standby_names")

    def command(self, *options: str) -> list[str]:
        return [sys.executable, "-m", "takeback", "hotline", "backup", "follow", *options]

    def environment(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return others | {"TAKEBACK_STATE": str(self.folder / "state")}

    @contextmanager
    def following(
        self, *options: str, cwd: Path | None = None, most_bytes: int | None = None
    ) -> Iterator["subprocess.Popen[str]"]:
        process = subprocess.Popen(
            self.command(*options),
            env=self.environment(),
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if most_bytes is not None:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def fill(self, process: "subprocess.Popen[str]") -> None:
        """Commit more than a small disk can take, until the follower has ended."""

        def commit() -> None:
            while process.poll() is None:
                self.ask(
                    "INSERT INTO written SELECT repeat(gen_random_uuid()::text, 40)"
                    " FROM generate_series(1, 8000)"
                )

        thread = threading.Thread(target=commit, daemon=True)
        thread.start()
        thread.join(60)
        assert not thread.is_alive(), "a commit hangs"


@pytest.fixture
def followed() -> Iterator[FollowedServer]:
    with folder_for_a_server() as folder:
        followed = FollowedServer(folder)
        try:
            yield followed
        finally:
            followed.ask("ALTER SYSTEM RESET synchronous_standby_names")
            followed.ask("SELECT pg_reload_conf()")
            followed.server.cleanup()


@pytest.fixture
def small_disk(followed: FollowedServer) -> Iterator[Path]:
    disk = followed.folder / "small"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SMALL_BYTES}", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def reason(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    assert process.wait(60) == 1
    return process.stderr.read()


def test_a_full_disk_ends_the_follower_and_commits_go_on(
    followed: FollowedServer, small_disk: Path
) -> None:
    with followed.following(str(small_disk / "wal"), "--every-commit") as follower:
        assert "Commits wait for it" in first_line(follower)
        followed.fill(follower)
        words = reason(follower)
    assert "No space left" in words
    assert "Commits wait for nobody any more" in words
    assert followed.awaited() == ""


def test_a_disk_too_small_to_catch_up_is_said(followed: FollowedServer, small_disk: Path) -> None:
    wal = str(small_disk / "wal")
    with followed.following(wal) as follower:
        assert "Following" in first_line(follower)
        follower.kill()
    for _ in range(6):
        followed.ask(
            "INSERT INTO written SELECT repeat(gen_random_uuid()::text, 40)"
            " FROM generate_series(1, 8000)"
        )
        followed.ask("SELECT pg_switch_wal()")
    with followed.following(wal, "--every-commit") as follower:
        words = reason(follower)
        assert first_line(follower) == ""  # it never said that it follows
    assert "No space left" in words
    assert followed.awaited() == ""


def test_a_folder_that_takes_no_more_lets_commits_go_on(followed: FollowedServer) -> None:
    """As with a full disk, where none can be mounted: no file may grow to a whole segment."""
    folder = str(followed.folder / "wal")
    with followed.following(folder, "--every-commit", most_bytes=8 << 20) as follower:
        words = reason(follower)
        assert first_line(follower) == ""
    assert "pg_receivewal" in words
    assert followed.awaited() == ""


def test_one_follower_at_a_time_and_nobody_ends_the_promise_of_another(
    followed: FollowedServer,
) -> None:
    first_folder, second_folder = (str(followed.folder / name) for name in ("first", "second"))
    with followed.following(first_folder, "--every-commit") as first:
        first_line(first)
        # As a stuck one: the server gives its slot up, and it knows nothing of that.
        first.send_signal(signal.SIGSTOP)
        slot_holder = "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
        followed.ask(slot_holder)
        await_truth(
            lambda: followed.ask("SELECT count(*) FROM pg_replication_slots WHERE active") == "0"
        )
        with followed.following(second_folder, "--every-commit", "--anew") as refused:
            assert "Another `backup follow` follows this database" in reason(refused)
        followed.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        )
        with followed.following(second_folder, "--every-commit", "--anew") as second:
            assert "Following" in first_line(second)
            second_name = followed.awaited()
            first.send_signal(signal.SIGCONT)
            reason(first)
            assert followed.awaited() == second_name
            state = "SELECT sync_state FROM pg_stat_replication WHERE application_name = '{}'"
            assert followed.ask(state.format(second_name)) == "sync"


def test_a_follower_whose_promise_was_ended_says_so(followed: FollowedServer) -> None:
    folder = str(followed.folder / "wal")
    with followed.following(folder, "--every-commit") as follower:
        first_line(follower)
        with followed.following(folder, "--release") as release:
            assert "Commits wait for nobody" in first_line(release)
        assert "--release" in reason(follower)


def test_it_goes_on_after_the_server_was_away_and_keeps_its_promise(
    followed: FollowedServer,
) -> None:
    with followed.following(str(followed.folder / "wal"), "--every-commit") as follower:
        first_line(follower)
        name = followed.awaited()
        followed.server.stop()
        time.sleep(1)  # it looks and finds nobody
        followed.server.start()
        assert "Commits wait for it" in first_line(follower)
        assert followed.awaited() == name
        followed.ask("INSERT INTO written VALUES ('after')")
        follower.send_signal(signal.SIGTERM)
        assert follower.wait(30) == 0
    assert followed.awaited() == ""


@pytest.mark.parametrize("options", [(), ("--every-commit",)])
def test_after_a_kill_the_next_one_takes_over(
    followed: FollowedServer, options: tuple[str, ...]
) -> None:
    folder = str(followed.folder / "wal")
    with followed.following(folder, "--every-commit") as killed:
        first_line(killed)
        before = followed.awaited()
        killed.kill()
    with followed.following(folder, *options) as follower:
        assert ("Commits wait" in first_line(follower)) == bool(options)
        now = followed.awaited()
        assert now != before
        assert bool(now) == bool(options)
        followed.ask("INSERT INTO written VALUES ('with the next one')")


def test_a_relative_folder_is_the_one_where_the_command_stands(followed: FollowedServer) -> None:
    (followed.folder / "there").mkdir()
    with followed.following("small/wal", cwd=followed.folder / "there") as follower:
        assert "Following" in first_line(follower)
        assert list((followed.folder / "there" / "small" / "wal").glob("*.partial"))
