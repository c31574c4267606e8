"""The hotline, the gate and the witness of any checkout as real processes, and what they hold."""

import json
import os
import re
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

_FROZEN: Final = Path(__file__).resolve().parents[1] / "frozen"
_READY_SECONDS: Final = 120.0
_PLACEHOLDER: Final = re.compile(r"<\w+:\w+>")
_STACK: Final = """
import signal, sys
from pathlib import Path
from takeback.demo.stack import Ports, Stack
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
state, hotline, gate = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
with Stack(state, Ports(hotline, gate), with_skylark=False) as stack:
    print(*[f"{part.name}={part.process.pid}" for part in stack._parts], flush=True)
    for _ in stack.watch():
        pass
"""


@dataclass(frozen=True)
class Program:
    """One process that answers on a port of this machine."""

    name: str
    pid: int
    port: int
    routes: list[tuple[str, str]]
    temporary: Path

    def connect(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def forget_peak(self) -> None:
        """Let `peak` begin at what the process holds now (proc(5), clear_refs)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def memory(self) -> int:
        """Bytes that the process holds in memory."""
        return self._status("VmRSS")

    def peak(self) -> int:
        """The most bytes that it has held since `forget_peak`."""
        return self._status("VmHWM")

    def disk(self) -> int:
        """Bytes on the disk of its open files, deleted ones too, and of its temporary folder."""
        found: dict[tuple[int, int], int] = {}
        descriptors = list(Path(f"/proc/{self.pid}/fd").iterdir())
        for path in [*descriptors, *self.temporary.rglob("*")]:
            with suppress(OSError):
                status = path.stat()
                if stat.S_ISREG(status.st_mode):
                    found[status.st_dev, status.st_ino] = status.st_blocks * 512
        return sum(found.values())

    def _status(self, name: str) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1024


@contextmanager
def running_programs(tree: Path, folder: Path) -> Iterator[list[Program]]:
    """Start all three from a checkout with its environment in `.venv`; state goes to `folder`."""
    python = str(tree / ".venv" / "bin" / "python")
    temporary = folder / "temporary"
    temporary.mkdir()
    environment = os.environ | {"TMPDIR": str(temporary)}
    hotline, gate, witness = _free_port(), _free_port(), _free_port()
    with ExitStack() as stack:
        command = [python, "-c", _STACK, str(folder / "state"), str(hotline), str(gate)]
        parts = _started(stack, command, tree, environment)
        pids = dict(part.split("=") for part in _first_line(parts).split())
        key = requests.get(f"http://127.0.0.1:{hotline}/log/v1/key", timeout=20).text.strip()
        serve = [python, "-m", "takeback", "witness", "serve", "--name", "witness.example/w1"]
        serve += ["--log", key, "--store", str(folder / "witness"), "--port", str(witness)]
        watching = _started(stack, serve, tree, environment)
        _first_line(watching)
        yield [
            Program("hotline", int(pids["hotline"]), hotline, _hotline_routes(), temporary),
            Program("gate", int(pids["platform"]), gate, _gate_routes(), temporary),
            Program("witness", watching.pid, witness, _WITNESS_ROUTES, temporary),
        ]


_WITNESS_ROUTES: Final = [("POST", "/add-checkpoint"), ("GET", "/checkpoint")]


def _hotline_routes() -> list[tuple[str, str]]:
    """Each method of each frozen address but HEAD, with something in every place for a value."""
    routes = []
    for line in (_FROZEN / "routes.txt").read_text(encoding="utf-8").splitlines():
        address, _, methods = (part.strip() for part in line.partition("  "))
        path = _PLACEHOLDER.sub("1", address.replace("/[language/]", "/"))
        path = path.replace("^", "").split("(")[0].rstrip("$?")
        routes += [(method, path) for method in methods.split()[1:] if method != "HEAD"]
    return routes


def _gate_routes() -> list[tuple[str, str]]:
    document = json.loads((_FROZEN / "gate-openapi.json").read_text(encoding="utf-8"))
    return [(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs]


def _started(
    stack: ExitStack, command: list[str], tree: Path, environment: dict[str, str]
) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=sys.stderr, text=True
    )
    stack.callback(_stopped, process)
    return process


def _stopped(process: subprocess.Popen[str]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(30)
    process.kill()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if line := process.stdout.readline():
            return line
    raise TimeoutError("The program has not begun.")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
