"""Restores an old backup of a running hotline and shows what its worker and a gate make of it.

It starts the programs of whatever Takeback it is given, so that an older one can be asked, too.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import requests

from takeback.demo.reporter import Reporter
from takeback.demo.stack import free_ports
from takeback.fingerprints.pdq import Pdq
from takeback.fingerprints.picture import PictureFingerprints
from takeback.hotline.foundation.database import embedded_server
from tests.support.backups import make_backup, restore_backup

_PATIENCE_SECONDS = 60.0
_EXAMPLES = """examples:
  python -m tests.campaigns.restored_backup
  python -m tests.campaigns.restored_backup --takeback ../older/.venv/bin/takeback --with-mark
"""


@dataclass
class _Hotline:
    """The programs of one hotline and one gate, and what they have said."""

    takeback: str
    folder: Path
    database: str
    port: int
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if "TAKEBACK" not in name}
        return others | {
            "DATABASE_URL": self.database,
            "TAKEBACK_STATE": str(self.folder / "state"),
            "TAKEBACK_PUBLIC_URL": self.url,
            "PYTHONUNBUFFERED": "1",
        }

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.takeback, *arguments],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, name: str, *arguments: str, **environment: str) -> None:
        with self.log(name).open("wb") as output:
            self.running[name] = subprocess.Popen(
                [self.takeback, *arguments],
                env=self.environment | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def start_hotline(self) -> None:
        self.start("serve", "hotline", "serve", "--port", str(self.port))
        self.start("worker", "hotline", "worker")
        _wait_until(lambda: self.size() >= 0)

    def stop(self, *names: str) -> None:
        for name in names:
            process = self.running.pop(name)
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def size(self) -> int:
        """The number of events that everybody gets, -1 if nobody answers."""
        try:
            answer = requests.get(f"{self.url}/log/v1/checkpoint", timeout=5)
        except requests.ConnectionError:
            return -1
        return int(answer.text.split("\n")[1]) if answer.ok else -1

    def report(self) -> None:
        pdq = Pdq(os.urandom(32), 100)
        digest = uuid.uuid4().hex
        picture = PictureFingerprints("image/jpeg", 9, 9, 9, pdq, (), 2 * digest, digest)
        reporter = Reporter(self.url)
        reporter.prepare([picture])
        reporter.send()


@dataclass(frozen=True)
class _Row:
    """A figure beside its bound."""

    what: str
    figure: str
    bound: str
    is_met: bool


def _wait_until(truth: Callable[[], bool], seconds: float = _PATIENCE_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if truth():
            return True
        time.sleep(0.1)
    return False


def measure(takeback: str, folder: Path, database: str, *, with_mark: bool) -> list[_Row]:
    """Report, back up, report more, restore, report again; returns what came of it.

    `with_mark`: the mark goes back to the time of the backup, too.
    """
    hotline = _Hotline(takeback, folder, database, free_ports().hotline)
    hotline.command("hotline", "migrate")
    shown = hotline.command("hotline", "platform", "add", "Skylark", "--json")
    token = {"TAKEBACK_GATE_TOKEN": str(json.loads(shown.stdout)["token"])}
    follow = ["gate", "sync", "--hotline", hotline.url, "--store", str(folder / "gate"), "--follow"]
    mark, old_mark = folder / "state" / "mark", folder / "old-mark"
    try:
        hotline.start_hotline()
        hotline.start("gate", *follow, **token)
        for _ in range(3):
            _report_and_wait(hotline)
        make_backup(database, folder / "backup.dump")
        backed_up = hotline.size()
        if mark.is_dir():
            shutil.copytree(mark, old_mark)
        _report_and_wait(hotline)
        lost = hotline.size() - backed_up
        hotline.stop("serve", "worker")
        restore_backup(folder / "backup.dump", database)
        if with_mark and mark.is_dir():
            shutil.rmtree(mark)
            shutil.copytree(old_mark, mark)
        hotline.start_hotline()
        hotline.report()
        _wait_until(lambda: hotline.size() > backed_up, 15)
        forked = hotline.size() - backed_up
        status = hotline.command("hotline", "log", "status")
        worker_says = "Nothing is signed" in hotline.log("worker").read_text()
        gate_says = hotline.log("gate").read_text()
    finally:
        hotline.stop(*hotline.running)
    refusals = [line for line in gate_says.splitlines() if "shrunk" in line or "continue" in line]
    first = refusals[0].split(" Ask")[0] if refusals else "nothing"
    return [
        _Row("events lost with the backup", str(lost), "1 or more", lost > 0),
        _Row("events signed after the restore", str(forked), "0", forked == 0),
        _Row("the worker says why", str(worker_says), "True", worker_says),
        _Row("exit code of `log status`", str(status.returncode), "3", status.returncode == 3),
        _Row("`log status` says", _last_line(status), "any", True),
        _Row("the gate says", first, "any", True),
    ]


def _report_and_wait(hotline: _Hotline) -> None:
    before = hotline.size()
    hotline.report()
    _wait_until(lambda: hotline.size() > before)
    time.sleep(1)  # for the gate


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip() or done.stdout.strip()).split("\n")[-1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; returns 1 if a bound is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--takeback",
        default=str(Path(sys.executable).with_name("takeback")),
        help="the program to run: an older one shows how it was",
    )
    parser.add_argument(
        "--with-mark", action="store_true", help="restore the mark, too: only a gate can tell then"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="takeback-restored-") as name:
        server = embedded_server(Path(name) / "postgres", cleanup_mode="stop")
        url = str(server.get_uri())
        rows = measure(options.takeback, Path(name), url, with_mark=options.with_mark)
    for row in rows:
        print(
            f"{row.what:36} {row.figure:>6}   bound {row.bound}{'' if row.is_met else '  MISSED'}"
        )
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
