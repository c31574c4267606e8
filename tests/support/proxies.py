"""The shipped files of nginx and Caddy, run as they are but for names of files and ports."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
HOST = "pictures.example.org"
_READY_SECONDS = 30


@dataclass(frozen=True)
class Proxy:
    """A running proxy. `folder`: all that it writes; `certificate`: what to trust it by."""

    port: int
    folder: Path
    certificate: Path

    def connect(self, source: str = "127.0.0.1") -> ssl.SSLSocket:
        """A connection of TLS, checked, from a visitor's address on this machine."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        plain = socket.create_connection(
            ("127.0.0.1", self.port), timeout=_READY_SECONDS, source_address=(source, 0)
        )
        return context.wrap_socket(plain, server_hostname=HOST)

    def ask(
        self,
        request: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        source: str = "127.0.0.1",
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request line and what belongs to it; returns status, headers and body."""
        lines = [
            f"{request} HTTP/1.1",
            f"Host: {HOST}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
            "",
            "",
        ]
        with self.connect(source) as connection:
            with suppress(OSError):  # it may answer before it has read all
                connection.sendall("\r\n".join(lines).encode() + body)
            answer = HTTPResponse(connection)
            answer.begin()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, fields, answer.read()

    def ask_often(self, path: str, times: int) -> list[tuple[int, dict[str, str]]]:
        """Ask for a path many times over one connection, as fast as it goes."""
        connection = HTTPConnection(HOST)
        connection.sock = self.connect()
        answers = []
        for _ in range(times):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            answers.append((answer.status, fields))
            if connection.sock is None:  # it was asked to close after so many
                connection.sock = self.connect()
        connection.close()
        return answers

    def written(self) -> bytes:
        """Everything that it has put on the disk."""
        return b"".join(
            path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.suffix != ".conf"
        )


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[Proxy]:
    """nginx with `deploy/nginx.conf` included as the file says."""
    port = free_port()
    shipped = _replaced(
        (DEPLOY / "nginx.conf").read_text(),
        {
            "/etc/letsencrypt/live/pictures.example.org/fullchain.pem": f"{folder}/certificate",
            "/etc/letsencrypt/live/pictures.example.org/privkey.pem": f"{folder}/key",
            "/var/cache/nginx/takeback": f"{folder}/cache",
            "listen 443 ": f"listen 127.0.0.1:{port} ",
            "listen 80 ": f"listen 127.0.0.1:{free_port()} ",
            "http://127.0.0.1:8000": f"http://127.0.0.1:{upstream}",
        },
    )
    (folder / "site.conf").write_text(shipped)
    # As Debian's own nginx.conf does, with logs for whatever the site does not switch off.
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log info;\n"
        "events { worker_connections 256; }\n"
        f"http {{ access_log {folder}/access.log; client_body_temp_path {folder}/body;\n"
        f"proxy_temp_path {folder}/proxy; include {folder}/site.conf; }}\n"
    )
    command = [_program("nginx"), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
    with _running(command, folder, port):
        yield Proxy(port, folder, folder / "certificate")


@contextmanager
def caddy(folder: Path, upstream: int) -> Iterator[Proxy]:
    """Caddy with `deploy/Caddyfile`."""
    port = free_port()
    shipped = _replaced(
        (DEPLOY / "Caddyfile").read_text(),
        {
            "\tadmin off\n": f"\tadmin off\n\thttps_port {port}\n\thttp_port {free_port()}\n",
            "pictures.example.org {\n": (
                f"pictures.example.org {{\n\ttls {folder}/certificate {folder}/key\n"
            ),
            "127.0.0.1:8000": f"127.0.0.1:{upstream}",
        },
    )
    (folder / "Caddyfile.conf").write_text(shipped)
    command = [
        *(_program("caddy"), "run", "--adapter", "caddyfile"),
        *("--config", f"{folder}/Caddyfile.conf"),
    ]
    with _running(command, folder, port):
        yield Proxy(port, folder, folder / "certificate")


PROXIES: Mapping[str, Callable[[Path, int], AbstractContextManager[Proxy]]] = {
    "nginx": nginx,
    "caddy": caddy,
}


def _replaced(text: str, words: Mapping[str, str]) -> str:
    for old, new in words.items():
        assert old in text, f"the shipped file holds no {old!r} any more"
        text = text.replace(old, new)
    return text


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is missing: make proxies"
    return found


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + _READY_SECONDS
            while True:
                assert process.poll() is None, (folder / "output.log").read_text()
                assert time.monotonic() < deadline
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait()
