"""The list taken elsewhere, and proofs for one entry that others check."""

import csv
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from takeback.cli.main import app
from takeback.gate.check.gate import Gate
from takeback.gate.store.store import Store
from takeback.gate.sync.list_sync import ListSync
from takeback.hashlist.events import EntryId
from takeback.matching.matcher import UploadFingerprints
from takeback.matching.policy import Decision
from takeback.signals.lanes import Lane
from tests.support.log_server import Log

Listed = tuple[bytes, EntryId, EntryId]
"""A code, the entry that has it among everything, and one without a PDQ."""


@pytest.fixture
def listed(log: Log, sync: ListSync, codes: Iterator[bytes]) -> Listed:
    """A withdrawn entry, one with everything and one without a PDQ."""
    log.withdraw(log.add(next(codes)))
    code = next(codes)
    whole = log.add(code, Lane.CONFIRMED, sha256=bytes(range(32)), md5=bytes(16))
    exact = log.add(b"", sha256=bytes(32))
    sync.sync()
    return code, whole, exact


def run(*arguments: object, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(app, ["list", *map(str, arguments)])


def test_a_file_that_is_written_is_private_and_takes_the_place_of_another_whole(
    listed: Listed, store: Store, tmp_path: Path
) -> None:
    old, link, pipe = tmp_path / "list.csv", tmp_path / "newest.csv", tmp_path / "pipe"
    old.write_text("what was there before")
    old.chmod(0o666)
    link.symlink_to(old)
    with old.open() as read_before:
        assert run("export", "--store", store.folder, "--to", link).exit_code == 0
        assert read_before.read() == "what was there before"
    assert link.is_symlink()
    assert old.read_text().startswith("entry,lane,")
    assert old.stat().st_mode & 0o777 == 0o600
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(pipe.read_text)
        assert run("export", "--store", store.folder, "--to", pipe).exit_code == 0
        assert reading.result() == old.read_text()
    assert pipe.is_fifo()
    missing = run("export", "--store", store.folder, "--to", tmp_path / "no/such.csv")
    assert missing.exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir() if "partial" in path.name) == []


def test_every_format_holds_what_is_alive(listed: Listed, store: Store, tmp_path: Path) -> None:
    code, whole, exact = listed
    done = run("export", "--store", store.folder, "--to", tmp_path / "list.csv")
    assert done.exit_code == 0
    assert "2 entries written" in done.stderr
    assert (tmp_path / "list.csv").stat().st_mode & 0o777 == 0o600
    with (tmp_path / "list.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["entry"], row["type"], row["value"], row["quality"]) for row in rows} == {
        (whole, "pdq", code.hex(), "90"),
        (whole, "sha256", bytes(range(32)).hex(), ""),
        (whole, "md5", "00" * 16, ""),
        (exact, "sha256", "00" * 32, ""),
    }
    lines = run("export", "--store", store.folder, "--format", "jsonl").stdout.splitlines()
    documents = {document["entry"]: document for document in map(json.loads, lines)}
    assert documents.keys() == {whole, exact}
    assert documents[whole]["lane"] == "confirmed"
    assert {"type": "pdq", "value": code.hex(), "quality": 90} in documents[whole]["signals"]
    assert run("export", "--store", store.folder, "--format", "tx").stdout == f"pdq {code.hex()}\n"


@pytest.mark.parametrize("alike", [0, 1, 2])
def test_a_list_of_none_of_one_and_of_two_equal_hashes_is_exported(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes], alike: int
) -> None:
    code = next(codes)
    entries = {log.add(code) for _ in range(alike)}
    sync.sync()

    def exported(form: str) -> str:
        done = run("export", "--store", store.folder, "--format", form)
        assert (done.exit_code, f"{alike} entries written" in done.stderr) == (0, True)
        return done.stdout

    rows = list(csv.DictReader(exported("csv").splitlines()))
    documents = [json.loads(line) for line in exported("jsonl").splitlines()]
    for found in (rows, documents):
        assert (len(found), {row["entry"] for row in found}) == (alike, entries)
    assert [row["value"] for row in rows] == [code.hex()] * alike
    assert [document["signals"][0]["value"] for document in documents] == [code.hex()] * alike
    assert exported("tx") == f"pdq {code.hex()}\n" * alike


def test_what_can_not_be_exported_is_one_sentence(
    listed: Listed, store: Store, tmp_path: Path
) -> None:
    for wrong in (("--format", "xml"), ("--to", tmp_path / "none" / "list")):
        done = run("export", "--store", store.folder, *wrong)
        assert done.exit_code == 2
        assert len(done.stderr.strip().splitlines()) == 1
    assert run("export", "--store", tmp_path / "nowhere").exit_code == 1


def test_a_proof_is_checked_without_a_network(
    listed: Listed, log: Log, hotline: str, store: Store, tmp_path: Path
) -> None:
    code, whole, _ = listed
    arguments = ("--store", store.folder, "--hotline", hotline)
    made = run("prove", whole, *arguments, TAKEBACK_GATE_TOKEN=log.token)
    assert made.exit_code == 0, made.stderr
    proof, policy = tmp_path / "proof", tmp_path / "policy"
    proof.write_text(made.stdout)
    policy.write_text(f"log {log.signer.verifier_key.line}\nquorum none\n")
    checked = run("check-proof", proof, "--trust", policy)
    assert checked.exit_code == 0
    assert code.hex() in checked.stdout
    assert f"of {len(log.records)} events holds, at 3:" in checked.stdout
    proof.write_text(made.stdout.replace("index 3", "index 4"))
    assert run("check-proof", proof, "--trust", policy).exit_code == 4
    unknown = run("prove", "a" * 25 + "y", *arguments, TAKEBACK_GATE_TOKEN=log.token)
    assert unknown.exit_code == 1
    assert "is not on the list" in unknown.stderr


def test_what_is_imported_says_so_and_waits_for_a_person(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes]
) -> None:
    code = next(codes)
    entry = log.add(code, Lane.IMPORTED)
    sync.sync()
    with Gate.open(store.folder) as gate:
        verdict = gate.check_fingerprints(UploadFingerprints(pdq=code), report=False)
    assert (verdict.entry, verdict.lane, verdict.decision) == (
        entry,
        Lane.IMPORTED,
        Decision.REVIEW,
    )
    (line,) = run("export", "--store", store.folder, "--format", "jsonl").stdout.splitlines()
    assert json.loads(line)["provenance"] == {
        "hotline": log.signer.name,
        "source": "import",
        "feed": "elsewhere",
    }
