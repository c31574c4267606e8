"""Several people on one machine, each with a checkout: nobody is in anybody's way."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from takeback.demo.stack import Ports

_NAMES = ("takeback-one", "takeback-two")
# Starts the embedded server, asks it who it is, and stays until it is told to end.
_PROGRAM = """
import sys
from pathlib import Path
import psycopg
from takeback.running.embedded_postgres import start_server
folder = Path(sys.argv[1])
folder.mkdir(exist_ok=True)
server = start_server(folder)
with psycopg.connect(server.get_uri()) as connection:
    (where,) = connection.execute("SHOW data_directory").fetchone()
print(where, server.get_postmaster_info().socket_dir, flush=True)
sys.stdin.readline()
"""
_CAPABILITY = "-all,+dac_read_search"
"""To read this checkout and its interpreter, wherever they are; it lets nobody write."""


def _user(name: str) -> int:
    subprocess.run(["useradd", "--no-create-home", name], check=True, capture_output=True)
    done = subprocess.run(["id", "--user", name], check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.fixture
def users() -> Iterator[list[int]]:
    """The numbers of two ordinary users of this machine, made for the test."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("useradd", "userdel", "setpriv"))):
        pytest.skip("only root can make two users and become each of them")
    with ExitStack() as made:
        for name in _NAMES:
            made.callback(subprocess.run, ["userdel", name], check=False, capture_output=True)
        yield [_user(name) for name in _NAMES]


@contextmanager
def _server_of(user: int, folder: Path, **environment: str) -> Iterator[list[str]]:
    """The embedded server as this user runs it; yields its data folder and that of its socket."""
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    rights = [f"--{name}={_CAPABILITY}" for name in ("inh-caps", "ambient-caps", "bounding-set")]
    with subprocess.Popen(
        [*become, *rights, sys.executable, "-c", _PROGRAM, str(folder)],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()
        finally:
            process.communicate("\n", timeout=60)


def _state(made: ExitStack, user: int, name: str = "state") -> Path:
    folder = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="takeback-users-")))
    folder.chmod(0o755)
    for part in name.split("/"):
        folder /= part
        folder.mkdir()
        os.chown(folder, user, user)
        folder.chmod(0o700)
    return folder / "postgres"


def test_two_users_have_a_database_each_at_the_same_time(users: list[int]) -> None:
    with ExitStack() as made:
        # What the first comer of a machine leaves, and what a login hands on after `su`.
        shared = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="takeback-shared-")))
        shared.chmod(0o1777)
        (shared / ".lockfile").touch(mode=0o644)
        runtime = shared / "run-of-root"
        runtime.mkdir(mode=0o700)
        there = {"TMPDIR": str(shared), "XDG_RUNTIME_DIR": str(runtime)}
        for user in users:
            data = _state(made, user)
            answer = made.enter_context(_server_of(user, data, **there))
            assert answer == [str(data), str(data)]


def test_where_a_path_is_too_long_for_a_socket_its_folder_is_closed_to_others(
    users: list[int],
) -> None:
    with ExitStack() as made:
        shared = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="s-")))
        shared.chmod(0o1777)
        # Somebody else was there first.
        squatted = shared / f"takeback-{users[1]}"
        squatted.mkdir(mode=0o777)
        for user in users:
            data = _state(made, user, f"{'d' * 60}/{'e' * 60}")
            where, folder = made.enter_context(_server_of(user, data, TMPDIR=str(shared)))
            assert where == str(data)
            socket_folder = Path(folder)
            assert socket_folder.is_relative_to(shared)
            assert not socket_folder.is_relative_to(squatted)
            assert socket_folder.parent.stat().st_uid == user
            assert socket_folder.parent.stat().st_mode & 0o077 == 0


def test_root_has_a_database_too_and_a_long_path_opens_it_to_nobody() -> None:
    if os.geteuid() != 0:
        pytest.skip("this is what root sees")
    with tempfile.TemporaryDirectory(prefix="takeback-users-") as folder:
        data = Path(folder) / ("d" * 60) / ("e" * 60) / "postgres"
        data.parent.mkdir(parents=True)
        process = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(data)],
            capture_output=True,
            text=True,
            input="",
            check=True,
            timeout=60,
        )
        where, socket_folder = process.stdout.split()
        assert where == str(data)
        assert Path(socket_folder).stat().st_mode & 0o077 == 0


def test_another_checkout_takes_the_next_ports_and_each_keeps_its_own(tmp_path: Path) -> None:
    nearer, further = tmp_path / "nearer", tmp_path / "further"
    nearer.mkdir()
    further.mkdir()
    first = Ports.of(nearer)
    with socket.create_server(("127.0.0.1", first.platform)):
        second = Ports.of(further)
        assert not {first.hotline, first.platform} & {second.hotline, second.platform}
        second.keep(further)
    assert Ports.of(further) == second
    assert Ports.of(nearer) == first


def test_a_state_from_before_keeps_the_ports_that_its_log_is_named_by(tmp_path: Path) -> None:
    (tmp_path / "hotline").mkdir()
    with ExitStack() as held:
        with suppress(OSError):  # whoever has them now
            held.enter_context(socket.create_server(("127.0.0.1", Ports().hotline)))
        assert Ports.of(tmp_path) == Ports()
