"""Starts the whole of Takeback on this machine as real processes, and stops every one of them.

`takeback run`, `takeback demo` and the end-to-end tests use it.
"""

import contextlib
import ctypes
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType

import requests

from takeback.hotline.foundation.state import keep_address
from takeback.running.private_files import replacing
from takeback.shell.typed_commands import typed

STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What a terminal, a service manager or a closed window sends."""

_PR_SET_PDEATHSIG = 1  # prctl(2)
_READY_SECONDS = 60.0
_STOP_SECONDS = 8.0
_LOG_TAIL_LINES = 15
_REPOSITORY = Path(__file__).resolve().parents[3]
_PORTS = "ports.json"
_PORTS_APART = 10
_PORTS_TRIED = 20
_TAKEBACK = [sys.executable, "-m", "takeback"]


class StackError(RuntimeError):
    """A part could not start or stopped; the message says which, with its last words."""


@dataclass(frozen=True)
class Ports:
    """The TCP ports on 127.0.0.1 that the parts listen on."""

    hotline: int = 8000
    platform: int = 8001

    @classmethod
    def of(cls, state: Path) -> "Ports":
        """Return those that this state was run on the last time, or the first pair that is free.

        A hotline's address is the name of its log, so a state keeps its own; another checkout, or
        another user, gets the next ones.
        """
        with contextlib.suppress(OSError, ValueError, TypeError):
            return cls(**json.loads((state / _PORTS).read_text()))
        first = cls()
        if (state / "hotline").exists():
            return first
        for ahead in range(0, _PORTS_TRIED * _PORTS_APART, _PORTS_APART):
            pair = cls(first.hotline + ahead, first.platform + ahead)
            if not any(map(_is_busy, (pair.hotline, pair.platform))):
                return pair
        return first

    def keep(self, state: Path) -> None:
        """Remember them for the next run."""
        with replacing(state / _PORTS) as file:
            file.write(json.dumps(asdict(self)).encode())


@dataclass
class _Part:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


@dataclass
class Stack:
    """A hotline with its worker, and one platform's gate with either Skylark or the match service.

    Use it as a context manager: leaving it stops all processes, the embedded database included.
    `state` holds everything that is kept; `platform` names the platform on the hotline's list.
    """

    state: Path
    ports: Ports = field(default_factory=Ports)
    platform: str = "Skylark"
    with_skylark: bool = True
    on_progress: Callable[[str], None] = lambda _message: None

    _parts: list[_Part] = field(default_factory=list, init=False)
    _stopping: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, init=False)

    @property
    def hotline_url(self) -> str:
        """Where the hotline answers."""
        return f"http://127.0.0.1:{self.ports.hotline}"

    @property
    def platform_url(self) -> str:
        """Where Skylark, or the gate's match service, answers."""
        return f"http://127.0.0.1:{self.ports.platform}"

    @property
    def hotline_state(self) -> Path:
        """The state folder of the hotline."""
        return self.state / "hotline"

    @property
    def gate_store(self) -> Path:
        """The folder of the platform's gate."""
        return self.state / "platform" / "gate"

    def __enter__(self) -> "Stack":
        """Start everything; raises StackError, with nothing left running, if a part can't start."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop everything."""
        self.stop()

    def watch(self) -> Iterator[None]:
        """Yield now and then while all parts run; raises StackError when one stops by itself."""
        while True:
            self._refuse_stopped()
            yield
            time.sleep(0.25)

    def _start(self) -> None:
        for port in (self.ports.hotline, self.ports.platform):
            _refuse_busy(port)
        (self.state / "log").mkdir(parents=True, exist_ok=True)
        self.ports.keep(self.state)
        environment = self._environment()
        self.on_progress("Starting the database")
        self._start_database()
        keep_address(self.hotline_state, self.hotline_url)
        self.on_progress("Bringing its tables up to date")
        _run([*_TAKEBACK, "hotline", "migrate"], environment)
        self.on_progress("Starting the hotline and its worker")
        serve = ["hotline", "serve", "--port", str(self.ports.hotline)]
        self._spawn("hotline", [*_TAKEBACK, *serve], environment)
        self._spawn("worker", [*_TAKEBACK, "hotline", "worker"], environment)
        self._await_answer(self._parts[0], f"{self.hotline_url}/log/v1/checkpoint")
        self.on_progress(f"Starting the gate of {self.platform}")
        token = self._platform_token(environment)
        gate_environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DATABASE_URL", "TAKEBACK_", "DJANGO_"))
        } | {"TAKEBACK_GATE_TOKEN": token, "PYTHONUNBUFFERED": "1"}
        store = str(self.gate_store)
        follow = ["gate", "sync", "--hotline", self.hotline_url, "--store", store, "--follow"]
        self._spawn("gate-sync", [*_TAKEBACK, *follow], gate_environment)
        del gate_environment["TAKEBACK_GATE_TOKEN"]
        self._spawn("platform", self._platform_command(store), gate_environment)
        self._await_answer(self._parts[-1], f"{self.platform_url}/healthz")

    def _environment(self) -> dict[str, str]:
        return dict(os.environ) | {
            "TAKEBACK_STATE": str(self.hotline_state),
            "TAKEBACK_PUBLIC_URL": self.hotline_url,
            "PYTHONUNBUFFERED": "1",
        }

    def _start_database(self) -> None:
        """Start the embedded database first and stop it last; the hotline's processes join it."""
        if os.environ.get("DATABASE_URL"):
            return
        from takeback.hotline.foundation.database import embedded_server
        from takeback.running.embedded_postgres import EmbeddedServerError

        try:
            server = embedded_server(self.hotline_state / "postgres", cleanup_mode=None)
        except EmbeddedServerError as error:
            raise StackError(str(error)) from error
        self._stopping.callback(server.stop)

    def _platform_token(self, environment: Mapping[str, str]) -> str:
        """The platform's token: the one kept from last time where the hotline still takes it."""
        path = self.state / "platform" / "token"
        if path.exists() and self._takes(token := path.read_text().strip()):
            return token
        platform = [*_TAKEBACK, "hotline", "platform"]
        known = json.loads(_run([*platform, "list", "--json"], environment))["platforms"]
        verb = "renew" if any(row["name"] == self.platform for row in known) else "add"
        answer = _run([*platform, verb, self.platform, "--json"], environment)
        token = str(json.loads(answer)["token"])
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(token.encode())
        return token

    def _takes(self, token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        return _get(f"{self.hotline_url}/list/v1/wait?size=0&seconds=0", headers).ok

    def _platform_command(self, store: str) -> list[str]:
        port = str(self.ports.platform)
        if not self.with_skylark:
            return [*_TAKEBACK, "gate", "serve", "--store", store, "--port", port]
        skylark = str(_REPOSITORY / "examples" / "skylark" / "app.py")
        uploads = str(self.state / "platform" / "uploads")
        return [sys.executable, skylark, "--store", store, "--uploads", uploads, "--port", port]

    def _spawn(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        log = self.state / "log" / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone; we stop the parts in order
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one prctl call, no locks
            )
        self._parts.append(_Part(name, process, log))

    def _await_answer(self, part: _Part, url: str) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            self._refuse_stopped()
            with contextlib.suppress(requests.RequestException):
                if _get(url).ok:
                    return
            time.sleep(0.05)
        raise StackError(f"{part.name} did not answer at {url}. {_last_words(part)}")

    def _refuse_stopped(self) -> None:
        for part in self._parts:
            if part.process.poll() is not None:
                raise StackError(_last_words(part))

    def stop(self) -> None:
        """Stop every process and wait until it is gone; those that do not stop are killed.

        Nothing interrupts it: pressing Ctrl-C twice must not leave half of it running.
        """
        with _undisturbed(), self._stopping:
            for part in reversed(self._parts):
                part.process.terminate()
            deadline = time.monotonic() + _STOP_SECONDS
            for part in reversed(self._parts):
                try:
                    part.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(part.process.pid, signal.SIGKILL)
                    part.process.wait()
            self._parts.clear()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore signals that ask to stop; only the main thread of a process can do so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        signal_number: signal.signal(signal_number, signal.SIG_IGN)
        for signal_number in STOPPING_SIGNALS
    }
    try:
        yield
    finally:
        for signal_number, handler in before.items():
            signal.signal(signal_number, handler)


def _get(url: str, headers: Mapping[str, str] | None = None) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False  # a proxy is for the world outside, not for this machine
        return session.get(url, headers=headers, timeout=5)


def free_ports() -> Ports:
    """Two ports on 127.0.0.1 that nothing listens on right now."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(2)]
        for listening in sockets:
            listening.bind(("127.0.0.1", 0))
        hotline, platform = (listening.getsockname()[1] for listening in sockets)
    return Ports(hotline, platform)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _is_busy(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def _refuse_busy(port: int) -> None:
    if _is_busy(port):
        raise StackError(
            f"Port {port} is in use. Stop what listens there, or choose another port (see --help)."
        )


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own programs, no shell
        command, env=dict(environment), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        shown = typed(shlex.join(command[len(_TAKEBACK) :]))
        raise StackError(f"`{shown}` failed:\n{done.stderr or done.stdout}")
    return done.stdout


def _last_words(part: _Part) -> str:
    lines = part.log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
    code = part.process.poll()
    ended = "is still running" if code is None else f"stopped (exit code {code})"
    return "\n".join([f"{part.name} {ended}. Its log, {part.log}, ends:", *lines])
