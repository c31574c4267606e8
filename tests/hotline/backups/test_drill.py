"""The drill: an embedded hotline loses its database, and comes back with every report."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from takeback.demo.reporter import Reporter
from takeback.fingerprints.picture import fingerprint_picture
from takeback.media import Decoder
from tests.support.embedded_hotline import EmbeddedHotline
from tests.support.running import folder_for_a_server
from tests.support.scenes import encoded, scene

_SEGMENT_BYTES = 16 << 20


def report(hotline: EmbeddedHotline, seed: int) -> str:
    """Report a picture; returns the code once the hotline has said that it has it."""
    reporter = Reporter(hotline.url)
    with Decoder() as decoder:
        reporter.prepare([fingerprint_picture(encoded(scene(seed)), decoder)])
    reporter.send()
    return reporter.code


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_for_a_server() as found:
        yield found


@pytest.mark.timeout(600)  # two servers are made and many commands started
def test_a_lost_database_comes_back_with_every_report_that_was_accepted(folder: Path) -> None:
    hotline = EmbeddedHotline(folder)
    backups, wal, key = folder / "backups", folder / "wal", folder / "key"
    hotline.run("migrate")
    public = hotline.run("backup", "key", str(key)).stdout.strip()
    assert key.stat().st_mode & 0o777 == 0o600
    with ExitStack() as running:
        follower = running.enter_context(
            hotline.process("backup", "follow", str(wal), "--every-commit")
        )
        assert follower.stdout is not None
        assert "Commits wait for it" in follower.stdout.readline()
        running.enter_context(hotline.serving())
        codes = [report(hotline, seed=1)]
        hotline.run("backup", "make", str(backups), "--to", public)
        assert hotline.ask("SELECT sync_state FROM pg_stat_replication") == "sync"
        codes.append(report(hotline, seed=2))
        hotline.ask("SELECT pg_switch_wal()::text")
        codes.append(report(hotline, seed=3))
        os.kill(hotline.postmaster, signal.SIGKILL)  # at once after the last answer
    shutil.rmtree(hotline.data)
    (backup,) = backups.glob("takeback-*.age")
    assert backup.stat().st_mode & 0o777 == 0o600
    assert not secret_bytes_in(backup, hotline.state / "secrets")

    with_a_gap = folder / "gap"
    shutil.copytree(wal, with_a_gap)
    middle = sorted(with_a_gap.glob("0*[0-9A-F]"))[-1]  # the newest one that is full
    middle.unlink()
    restore = ("restore", str(backup), "--key", str(key))
    refused = hotline.run(*restore, "--wal", str(with_a_gap), code=1)
    assert "files are missing" in refused.stderr
    middle.write_bytes(bytes(_SEGMENT_BYTES))
    refused = hotline.run(*restore, "--wal", str(with_a_gap), code=1)
    assert "replayed to its end" in refused.stderr
    assert not hotline.data.exists()
    assert not (hotline.state / "restored").exists()

    hotline.run(*restore, "--wal", str(wal))
    note = json.loads((hotline.state / "restored").read_text())
    assert note["origin"] == f"127.0.0.1:{hotline.port}/log/v1"
    assert {"restored_at", "made_at", "size"} <= set(note)
    stopped = hotline.run("log", "status", code=3)
    assert "no witness and no gate has shown yet that it is the newest" in stopped.stderr
    assert "restored or moved (takeback hotline restore)" in stopped.stderr
    with hotline.serving():
        for code in codes:
            assert Reporter(hotline.url).read_timeline(code)
        assert hotline.ask("SHOW synchronous_standby_names") == ""
        busy = hotline.run(*restore, "--replace", "--yes", code=1)
        assert "Stop `serve`" in busy.stderr
        refused = hotline.run("backup", "follow", str(wal), code=1)  # another history by now
        assert "new folder" in refused.stderr
        released_when_stopped(hotline, folder / "new-wal")
    hotline.run(*restore, code=1)  # there is a database


def released_when_stopped(hotline: EmbeddedHotline, wal: Path) -> None:
    """A follower that is told to stop leaves nobody waiting for it."""
    with hotline.process("backup", "follow", str(wal), "--every-commit") as follower:
        assert follower.stdout is not None
        follower.stdout.readline()
        assert hotline.ask("SHOW synchronous_standby_names").startswith("takeback_follow_")
        follower.send_signal(signal.SIGTERM)
        assert follower.wait() == 0
    assert hotline.ask("SHOW synchronous_standby_names") == ""
    report(hotline, seed=4)


def secret_bytes_in(backup: Path, secrets: Path) -> bool:
    data = backup.read_bytes()
    return any(path.read_bytes() in data for path in secrets.iterdir())
