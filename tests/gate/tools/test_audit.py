"""Auditing from nothing: an honest log holds at every step, and a dishonest one is told apart."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from takeback.cli.main import app
from takeback.tlog.cosignature import CosignatureKind
from takeback.tlog.witnessing import AddCheckpoint
from tests.support.log_server import Log, serving
from tests.support.witnesses import keys_of, witness


@pytest.fixture
def grown(log: Log, codes: Iterator[bytes]) -> Log:
    for code, _ in zip(codes, range(600), strict=False):
        log.add(code)
    log.withdraw(next(iter(log.live)))
    return log


def audit(url: str, *more: str) -> Result:
    return CliRunner().invoke(app, ["list", "audit", url, *more])


def test_an_honest_log_holds_and_what_was_checked_is_said(
    grown: Log, hotline: str, tmp_path: Path
) -> None:
    first = audit(hotline, "--save", str(tmp_path / "old"))
    assert first.exit_code == 0
    assert "has signed a checkpoint of 602 events" in first.stdout
    assert "All 602 commitments lead to the signed root" in first.stdout
    assert "At most 1000000 entries a day" in first.stdout
    for number in range(300):
        grown.add(number.to_bytes(32, "big"))
    second = audit(hotline, "--since", str(tmp_path / "old"))
    assert second.exit_code == 0
    assert "old (602 events) is of the same history" in second.stdout


def test_an_empty_log_holds_too(log: Log, hotline: str) -> None:
    log.records.clear()
    assert "All 0 commitments" in audit(hotline).stdout


def test_a_tile_that_is_another_is_refused(grown: Log, hotline: str) -> None:
    grown.false_tiles["1/000.p/2"] = bytes(64)
    done = audit(hotline)
    assert done.exit_code == 4
    assert "1/000.p/2" in done.stderr


def test_a_changed_event_is_refused(grown: Log, hotline: str) -> None:
    grown.false_checkpoint = grown.checkpoint()
    grown.records[300] = grown.records[301]
    done = audit(hotline)
    assert done.exit_code == 4
    assert "root that was signed" in done.stderr


def test_a_fork_and_a_shortened_log_are_found_by_an_older_checkpoint(
    grown: Log, hotline: str, tmp_path: Path
) -> None:
    audit(hotline, "--save", str(tmp_path / "mine"))
    fork = Log(grown.signer.name)
    for number in range(700):
        fork.add(number.to_bytes(32, "big"))
    with serving(fork) as url:
        forked = audit(url, "--since", str(tmp_path / "mine"))
        audit(url, "--save", str(tmp_path / "theirs"))
    assert forked.exit_code == 4
    assert "they prove that the log was forked" in forked.stderr
    shortened = audit(hotline, "--since", str(tmp_path / "theirs"))
    assert shortened.exit_code == 4
    assert "shows only 602" in shortened.stderr


def test_a_checkpoint_that_the_log_has_not_signed_proves_nothing(
    grown: Log, hotline: str, tmp_path: Path
) -> None:
    forged = Log(grown.signer.name, bytes([7]) * 32)
    (tmp_path / "forged").write_bytes(forged.checkpoint())
    done = audit(hotline, "--since", str(tmp_path / "forged"))
    assert done.exit_code == 4
    assert "not signed by a key of this log" in done.stderr
    assert "forked" not in done.stderr


def test_witnesses_are_asked_what_they_have_seen(grown: Log, hotline: str, tmp_path: Path) -> None:
    fork = Log(grown.signer.name)
    for number in range(5):
        fork.add(number.to_bytes(32, "big"))
    key = keys_of(tmp_path / "witness")[CosignatureKind.ED25519]
    with witness(tmp_path / "witness", grown.signer.verifier_key.line) as running:
        policy = tmp_path / "policy"
        policy.write_text(
            f"log {grown.signer.verifier_key.line}\nwitness w {key.line} {running.url}\nquorum w\n"
        )
        unseen = audit(hotline, "--trust", str(policy))
        assert unseen.exit_code == 4
        assert "lacks cosignatures" in unseen.stderr
        assert "could not be asked" in unseen.stderr
        request = AddCheckpoint(0, (), grown.checkpoint())
        lines = running.add(request.encode()).content
        grown.false_checkpoint = grown.checkpoint() + lines
        seen = audit(hotline, "--trust", str(policy))
        assert seen.exit_code == 0
        assert "w cosigned it at" in seen.stdout
        assert "The quorum of witnesses is met." in seen.stdout
        assert "that w has cosigned (602 events) is of the same history" in seen.stdout
        with serving(fork) as url:
            behind = audit(url, "--trust", str(policy))
        assert behind.exit_code == 4
        assert "has seen a newer one" in behind.stderr
