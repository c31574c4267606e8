"""`takeback run` and `takeback demo` as a stranger starts them."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests
from PIL import Image

from takeback.demo.stack import free_ports

pytestmark = pytest.mark.e2e

_TAKEBACK = [sys.executable, "-m", "takeback"]
_LONGEST_SIDE = 1200
_DISTINCT = {
    *("Bridge_by_Sander_Klootwijk", "Dragonfly_by_Bolly", "Wine_by_Jakkub_Mede"),
    *("Butterfly-Kenneth-Wimer", "after-the-rain", "LadyBird"),
}
"""Photographs of six different things: three are reported, three are other people's."""


@contextmanager
def _running(state: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`takeback run` until it has printed what to do; yields the process and those lines."""
    ports = free_ports()
    options = ["--port", str(ports.hotline), "--skylark-port", str(ports.platform)]
    with subprocess.Popen(
        [*_TAKEBACK, "run", "--state", str(state), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith("Ctrl-C "):
                break
        try:
            yield process, lines
        finally:
            process.terminate()  # whoever is killed leaves parts that write on for a moment
            try:
                process.wait(30)
            finally:
                process.kill()


def _addresses(lines: list[str]) -> list[str]:
    """All addresses that it names."""
    words = " ".join(lines).split()
    return [word.rstrip(".") for word in words if word.startswith("http")]


def _processes_on(state: Path) -> list[str]:
    """Command lines of all processes that have anything to do with the folder."""
    return [
        " ".join(process.info["cmdline"])
        for process in psutil.process_iter(["cmdline"])
        if str(state) in " ".join(process.info["cmdline"] or []) and process.pid != os.getpid()
    ]


def test_ctrl_c_leaves_nothing_behind_and_a_second_run_goes_on() -> None:
    with tempfile.TemporaryDirectory(prefix="takeback-run-") as folder:
        state = Path(folder)
        tokens = []
        for stops in ([signal.SIGINT], [signal.SIGINT, signal.SIGINT], [signal.SIGHUP]):
            with _running(state) as (process, lines):
                for address in _addresses(lines):
                    assert requests.get(address, timeout=10).ok
                assert _processes_on(state)
                for stop in stops:
                    process.send_signal(stop)
                    time.sleep(0.08)
                assert process.wait(30) == 0
            assert _processes_on(state) == []
            tokens.append((state / "platform" / "token").read_text())
        assert len(set(tokens)) == 1


def test_a_lost_token_is_renewed() -> None:
    """As after a kill between the hotline's answer and the file."""
    with tempfile.TemporaryDirectory(prefix="takeback-run-") as folder:
        token = Path(folder) / "platform" / "token"
        for _ in range(2):
            with _running(Path(folder)) as (process, _lines):
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0
            assert token.read_text().startswith("tb1_")
            assert token.stat().st_mode & 0o077 == 0
            token.write_text("")


def test_what_it_prints_can_be_typed_in_another_terminal() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAKEBACK_")}
    with (
        tempfile.TemporaryDirectory(prefix="takeback-run-") as folder,
        _running(
            Path(folder),
            TAKEBACK_STATE=f"{folder}/hotline",
            TAKEBACK_SECRETS=f"{folder}/keys",
        ) as (_, lines),
    ):
        port = _addresses(lines)[0].rpartition(":")[2]
        commands = [line.strip() for line in lines if line.startswith("     ")]
        assert len(commands) == 3
        printed = [
            subprocess.run(
                command, shell=True, env=kept, capture_output=True, text=True, check=True
            ).stdout
            for command in commands
        ]
        desk, platform, status = printed
        assert desk.startswith(f"http://localhost:{port}/desk/join/")
        assert platform.startswith(f"http://127.0.0.1:{port}/platforms/join/")
        for link in (desk, platform):
            assert requests.get(link.strip(), timeout=10).ok
        assert "uploads can be checked: yes" in status


def test_a_busy_port_is_said_and_nothing_is_left() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="takeback-run-") as folder,
        _running(Path(folder) / "first") as (_, lines),
    ):
        port = _addresses(lines)[0].rpartition(":")[2]
        second = subprocess.run(
            [*_TAKEBACK, "run", "--state", f"{folder}/second", "--port", port],
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert f"Port {port} is in use" in second.stderr
        assert _processes_on(Path(folder) / "second") == []


def test_a_part_that_dies_is_named_and_the_rest_stops() -> None:
    with tempfile.TemporaryDirectory(prefix="takeback-run-") as folder:
        with _running(Path(folder)) as (process, _):
            worker = next(
                child
                for child in psutil.Process(process.pid).children()
                if child.cmdline()[-1:] == ["worker"]
            )
            worker.kill()
            assert process.wait(30) == 1
            assert process.stdout is not None
            assert "worker stopped" in process.stdout.read()
        assert _processes_on(Path(folder)) == []


def test_the_demo_ends_with_one_json_object(photographs: list[Path], tmp_path: Path) -> None:
    distinct = [path for path in photographs if path.stem in _DISTINCT]
    assert len(distinct) == 6
    for path in distinct:
        with Image.open(path) as picture:
            picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
            picture.convert("RGB").save(tmp_path / f"{path.stem}.jpg", quality=90)
    (tmp_path / "not-a-picture.jpg").write_text("words")
    began = time.monotonic()
    done = subprocess.run(
        [*_TAKEBACK, "demo", "--photos", str(tmp_path), "--reports", "1", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    summary = json.loads(done.stdout.splitlines()[-1])
    assert 0 < summary.pop("report_to_stop_seconds_median") < time.monotonic() - began
    assert summary == {"copies": 24, "copies_stopped": 24, "others": 3, "others_stopped": 0}
    assert "Left out: not-a-picture.jpg" in done.stdout
    assert "Skylark stopped 24 copies for now." in done.stdout


def test_the_demo_says_what_it_needs(tmp_path: Path) -> None:
    for folder, message in ((tmp_path, "at least 2"), (tmp_path / "nowhere", "not a folder")):
        done = subprocess.run(
            [*_TAKEBACK, "demo", "--photos", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert message in done.stderr
