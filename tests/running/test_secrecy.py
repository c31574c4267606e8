"""No process of ours leaves its memory on a disk: looked at from outside, as the kernel has it."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.support.running import folder_for_a_server

_READY_SECONDS = 60

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def dumps_asked_for() -> None:
    """What a careless service manager may set: dumps of any size, with all memory in them."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    Path("/proc/self/coredump_filter").write_text("0x7f")


@contextmanager
def started(
    command: list[str], folder: Path, **environment: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that would dump all it has; all below it are killed at the end."""
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**inherited, **environment},
        preexec_fn=dumps_asked_for,  # noqa: PLW1509 - two system calls, no locks
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def takeback(*command: str) -> list[str]:
    return [sys.executable, "-m", "takeback", *command]


def core_limits(process: int) -> list[str]:
    for line in Path(f"/proc/{process}/limits").read_text().splitlines():
        if line.startswith("Max core file size"):
            return line.split()[4:6]
    raise AssertionError("no limit is shown")


def core_filter(process: int) -> int:
    return int(Path(f"/proc/{process}/coredump_filter").read_text(), 16)


def leaves_nothing(process: int) -> bool:
    return core_limits(process) == ["0", "0"] and core_filter(process) == 0


def below(process: int) -> set[int]:
    """All processes that descend from one, by now."""
    found = {process}
    while True:
        more = set()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if parent in found:
                more.add(int(folder.name))
        if more <= found:
            return found
        found |= more


def wait_until(truth: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not truth():
        assert process.poll() is None, "it has ended"
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def cores_in(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.rglob("core*") if path.is_file()]


def writes_core_files() -> bool:
    """Whether this machine writes dumps into the folder of who crashed, where that is allowed."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    return pattern.startswith("core") and hard != 0


def postmaster(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split("\n", 1)[0])


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_for_a_server() as found:
        yield found


def test_no_process_of_a_hotline_can_be_dumped_nor_its_database(folder: Path) -> None:
    state = folder / "state"
    data = state / "postgres"
    port = free_port()
    environment = {"TAKEBACK_STATE": str(state)}
    subprocess.run(takeback("hotline", "migrate"), env={**os.environ, **environment}, check=True)
    with ExitStack() as running:
        serve = takeback("hotline", "serve", "--port", str(port))
        serving = running.enter_context(started(serve, folder, **environment))
        wait_until(lambda: listens(port), serving)
        work = takeback("hotline", "worker")
        working = running.enter_context(started(work, folder, **environment))
        # Until it has loaded the command, it has read no secret.
        wait_until(lambda: leaves_nothing(working.pid), working)
        socket_folder = (data / "postmaster.pid").read_text().split("\n")[4]
        with psycopg.connect(f"postgresql://postgres@/postgres?host={socket_folder}") as backend:
            every = below(serving.pid) | below(working.pid) | below(postmaster(data))
            assert len(every) > 6  # PostgreSQL alone has more
            assert [process for process in every if not leaves_nothing(process)] == []
            pid = backend.info.backend_pid
            os.kill(pid, signal.SIGABRT)
            wait_until(lambda: not Path(f"/proc/{pid}").exists(), serving)
        for process in (serving, working):
            process.send_signal(signal.SIGSEGV)
            assert process.wait() == -signal.SIGSEGV
        os.kill(postmaster(data), signal.SIGABRT)
    assert cores_in(folder) == []


@pytest.mark.skipif(not writes_core_files(), reason="this machine hands dumps to a program")
def test_without_it_there_would_be_a_file(tmp_path: Path) -> None:
    """What the others look for exists: a program that does nothing about it leaves a file."""
    with started([sys.executable, "-c", "import os; os.abort()"], tmp_path) as process:
        process.wait()
    assert cores_in(tmp_path) != []


@pytest.mark.parametrize("program", ["gate", "witness"])
def test_gate_and_witness_can_not_be_dumped_either(program: str, tmp_path: Path) -> None:
    port = free_port()
    store = ["--store", str(tmp_path / "store"), "--port", str(port)]
    command = {
        "gate": ["gate", "serve", *store],
        "witness": ["witness", "serve", "--name", "w.example/1", "--log", a_log_key(), *store],
    }[program]
    with started(takeback(*command), tmp_path) as process:
        wait_until(lambda: listens(port), process)
        every = below(process.pid)
        assert [each for each in every if not leaves_nothing(each)] == []
        process.send_signal(signal.SIGABRT)
        process.wait()
    assert cores_in(tmp_path) == []


def a_log_key() -> str:
    from takeback.tlog.signed_note import Signer  # noqa: PLC0415 - for this test alone

    return Signer("log.example/log/v1", bytes(32)).verifier_key.line


_AS_NOBODY = """
import ctypes, os, time
from takeback.running.secrecy import leave_no_dump
os.setgid(65534)
os.setuid(65534)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as after an exec
{call}
open("/proc/self/statm").read()  # what is our own stays readable for us
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("call", ["leave_no_dump()", "pass"])
def test_a_debugger_of_the_same_user_reads_nothing(call: str) -> None:
    """The files of a process that can't be dumped belong to root, whoever runs it."""
    with subprocess.Popen(
        [sys.executable, "-c", _AS_NOBODY.format(call=call)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for name in ("environ", "maps"):
            reading = subprocess.run(
                ["cat", f"/proc/{process.pid}/{name}"],
                user=65534,
                group=65534,
                extra_groups=[],
                capture_output=True,
                check=False,
            )
            assert (reading.returncode == 0) == (call == "pass"), name
        if call != "pass":  # else it has the limits of these tests
            assert leaves_nothing(process.pid)
        process.kill()
