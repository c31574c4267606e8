"""The drill: a backup is restored, and what was signed since is known to gates alone."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from takeback.gate.check.gate import Gate
from takeback.gate.store.store import Store
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.codes.domain import CaseCode
from takeback.hotline.desk.access import entries_without_case
from takeback.hotline.entries.models import Entry
from takeback.hotline.intake.models import CasePicture
from takeback.hotline.log import access as log_access
from takeback.hotline.log.continuity.doubts import signing_stop
from takeback.hotline.log.continuity.mark import mark_path
from takeback.hotline.log.domain import DoubtKind
from takeback.hotline.platforms.actions import add_platform, renew_token
from takeback.matching.matcher import UploadFingerprints
from tests.support.backups import make_backup, restore_backup
from tests.support.database import disconnect
from tests.support.match_lists import EVERYTHING
from tests.support.running import answers, await_truth, hotline, takeback
from tests.support.visiting import come_back, picture_record, report_from_browser


def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "takeback", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def process(log: Path, *arguments: str, **environment: str) -> Iterator[None]:
    """A program of ours that runs meanwhile and writes what it says into a file."""
    with (
        log.open("ab") as output,
        subprocess.Popen(
            [sys.executable, "-m", "takeback", *arguments],
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as running,
    ):
        try:
            yield
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(15)
            except subprocess.TimeoutExpired:
                running.kill()


def a_gate_has_shown_more() -> bool:
    stop = signing_stop()
    return stop is not None and stop.kind is DoubtKind.SHOWN


def report() -> tuple[CaseCode, str]:
    """Report a picture; returns the code and the entry."""
    before = set(CasePicture.objects.values_list("entry", flat=True))
    _, code = report_from_browser(pictures=[picture_record()])
    (entry,) = set(CasePicture.objects.values_list("entry", flat=True)) - before
    return code, entry


def take_back(code: CaseCode) -> None:
    come_back(code).read("/case/withdraw").post("/case/withdraw")


def in_force(gate: Gate) -> set[str]:
    if not gate.ready:
        return set()
    found = gate.check_fingerprints(UploadFingerprints(pdq=bytes(32)), report=False)
    return {match.entry for match in found.matches}


@contextmanager
def following(
    folder: Path, url: str, token: str
) -> Iterator[tuple[Callable[[], set[str]], Callable[[], set[str]]]]:
    """A gate that follows: what one that stays open matches, and one that opens now."""
    command = ["gate", "sync", "--hotline", url, "--store", str(folder), "--follow"]

    def opened_now() -> set[str]:
        with Gate.open(folder, EVERYTHING, decoders=1) as gate:
            return in_force(gate)

    Store(folder)
    with (
        process(folder.with_suffix(".log"), *command, TAKEBACK_GATE_TOKEN=token),
        Gate.open(folder, EVERYTHING, decoders=1) as gate,
    ):
        yield lambda: in_force(gate), opened_now


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mark", ["kept", "restored too"])
def test_a_restored_backup_forks_nothing_and_the_list_is_recovered(
    hotline_database: str, tmp_path: Path, mark: str
) -> None:
    token = add_platform("Skylark")
    worker_log, backup = tmp_path / "worker.log", tmp_path / "backup.dump"
    database = {"DATABASE_URL": hotline_database}
    with ExitStack() as stack:
        url, serving = stack.enter_context(hotline(hotline_database))
        port = url.rpartition(":")[2]
        with process(worker_log, "hotline", "worker", **database):
            listed, listed_anew = stack.enter_context(following(tmp_path / "gate", url, token))
            taken_back, goes = report()
            kept, stays = report()
            await_truth(lambda: listed() == {goes, stays})
            make_backup(hotline_database, backup)
            shutil.copytree(mark_path("").parent, tmp_path / "marks")
            _, lost = report()
            take_back(taken_back)
            await_truth(lambda: listed() == {stays, lost})
        serving.kill()
        serving.wait()

        disconnect()
        restore_backup(backup, hotline_database)
        if mark == "restored too":
            shutil.rmtree(mark_path("").parent)
            shutil.copytree(tmp_path / "marks", mark_path("").parent)
        size = log_access.current_checkpoint()[0]
        worker_log.write_bytes(b"")
        with process(worker_log, "hotline", "worker", **database):
            if mark == "kept":
                await_truth(lambda: "the mark outside the database" in worker_log.read_text())
            with process(tmp_path / "serve.log", "hotline", "serve", "--port", port, **database):
                await_truth(a_gate_has_shown_more)
                _, new = report()
                await_truth(lambda: "a gate of Skylark holds" in worker_log.read_text())
                status = takeback(hotline_database, "log", "status")
                assert status.returncode == 3 and "a gate of Skylark holds" in status.stderr
        # Nothing was signed, and the gate has what it had.
        assert log_access.current_checkpoint()[0] == size
        assert listed() == listed_anew() == {stays, lost}
        sentences = re.findall("Nothing is signed: .*", worker_log.read_text())
        assert len(sentences) == len(set(sentences)) <= 3  # each once, not every two seconds

    copy = tmp_path / "skylark.recovery"
    export = ["list", "export", "--store", str(tmp_path / "gate"), "--format", "recovery"]
    assert program(*export, "--to", str(copy)).returncode == 0
    done = takeback(hotline_database, "log", "recover", "--yes", str(copy))
    assert done.returncode == 0, done.stderr
    assert "/log/v1/2 begins with 2 entries, of which 1 have no case" in done.stdout
    assert "1 were taken off the list since the backup" in done.stdout
    assert "platform renew Skylark" in done.stdout
    assert log_access.log_origin().endswith("/log/v1/2")
    renewed = renew_token("Skylark")

    with ExitStack() as stack:
        serve = ["hotline", "serve", "--port", port]
        stack.enter_context(process(worker_log, "hotline", "worker", **database))
        stack.enter_context(process(tmp_path / "serve.log", *serve, **database))
        await_truth(lambda: answers(url))
        listed_now, listed_anew = stack.enter_context(following(tmp_path / "gate2", url, renewed))
        await_truth(lambda: listed_now() == {stays, lost, new})
        # The desk knows whose case is lost; what was taken back is off the list for good.
        count, without_case = entries_without_case()
        assert (count, [found.entry for found in without_case]) == (1, [lost])
        assert Entry.objects.get(id=goes).withdrawn_at is not None
        verbs = dict(AuditRecord.objects.values_list("subject", "verb"))
        assert (verbs[lost], verbs[goes]) == ("entry.recovered", "entry.not_recovered")
        # A case of before the backup works as ever.
        take_back(kept)
        await_truth(lambda: listed_now() == listed_anew() == {lost, new})
        old = ["gate", "sync", "--hotline", url, "--store", str(tmp_path / "gate")]
        refused = program(*old, TAKEBACK_GATE_TOKEN=renewed)
        assert refused.returncode == 4 and "another --store" in refused.stderr
