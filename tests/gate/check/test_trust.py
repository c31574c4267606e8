"""A list that has expired, is refused or lacks witnesses is used for the grace, then no more."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from takeback.cli.main import app
from takeback.gate.check import followed_list as followed_list_module
from takeback.gate.check.followed_list import ListOutOfForceError
from takeback.gate.check.gate import Gate
from takeback.gate.store import standing as standing_module
from takeback.gate.store.standing import set_grace, set_trust
from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.list_sync import ListSync
from takeback.matching.matcher import UploadFingerprints
from takeback.tlog.cosignature import CosignatureKind, Cosigner
from takeback.tlog.errors import LogShortenedError, UnwitnessedError, WrongOriginError
from takeback.tlog.trust import TrustPolicyError
from tests.support.followed_log import followed
from tests.support.log_server import Log

W1, W2 = (
    Cosigner(f"w{number}.example", CosignatureKind.ED25519, bytes([number]) * 32)
    for number in (1, 2)
)


class Clock(datetime):
    """What the gate takes for now: later than it is by so much."""

    later = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Clock":
        moment = datetime.now(tz) + cls.later
        return cls.fromtimestamp(moment.timestamp(), tz)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    """Sets what the gate takes for now."""
    monkeypatch.setattr(Clock, "later", timedelta(0))
    monkeypatch.setattr(standing_module, "datetime", Clock)
    monkeypatch.setattr(followed_list_module, "datetime", Clock)
    monkeypatch.setattr(followed_list_module, "_STANDING_SECONDS", 0.0)
    return Clock


@pytest.fixture
def listed(log: Log, sync: ListSync, codes: Iterator[bytes]) -> bytes:
    """A code that is on the list."""
    code = next(codes)
    log.add(code)
    sync.sync()
    return code


def stops(gate: Gate, code: bytes) -> bool:
    return bool(gate.check_fingerprints(UploadFingerprints(pdq=code), report=False).matches)


def test_an_expired_list_stays_for_the_grace_and_no_longer(
    log: Log, sync: ListSync, store: Store, clock: type[Clock], codes: Iterator[bytes]
) -> None:
    log.begin_anew(expires=_hour(timedelta(hours=2)))
    code = next(codes)
    log.add(code)
    sync.sync()
    set_grace(store, timedelta(days=2))
    with Gate.open(store.folder) as gate:
        assert gate.health()[0].standing.trouble is None
        clock.later = timedelta(days=1)
        assert stops(gate, code)
        standing = gate.health()[0].standing
        assert standing.trouble == "expired"
        assert "expired on" in (standing.why or "")
        assert standing.until == _hour(timedelta(hours=2)) + timedelta(days=2)
        clock.later = timedelta(days=3)
        assert not gate.ready
        with pytest.raises(ListOutOfForceError, match="new list"):
            stops(gate, code)


def test_a_refused_list_stays_for_the_grace_and_comes_back(
    log: Log,
    sync: ListSync,
    store: Store,
    clock: type[Clock],
    codes: Iterator[bytes],
    listed: bytes,
) -> None:
    gone = log.records.pop()
    with pytest.raises(LogShortenedError):
        sync.sync()
    with Gate.open(store.folder) as gate:
        assert stops(gate, listed)
        assert gate.health()[0].standing.trouble == "refused"
        first = gate.health()[0].standing.since
        with pytest.raises(LogShortenedError):
            sync.sync()
        assert gate.health()[0].standing.since == first  # refused once more is refused as long
        clock.later = timedelta(days=6, hours=23)
        assert stops(gate, listed)
        clock.later = timedelta(days=7, minutes=1)
        with pytest.raises(ListOutOfForceError, match="has shrunk"):
            stops(gate, listed)
        log.records.append(gone)
        log.add(next(codes))
        sync.sync()
        assert stops(gate, listed)
        assert gate.health()[0].standing.trouble is None


def test_no_grace_is_no_use_at_all(
    log: Log, sync: ListSync, store: Store, listed: bytes, clock: type[Clock]
) -> None:
    set_grace(store, timedelta(0))
    log.records.pop()
    with pytest.raises(LogShortenedError):
        sync.sync()
    with Gate.open(store.folder) as gate, pytest.raises(ListOutOfForceError):
        stops(gate, listed)


def test_a_hotline_that_is_away_ends_nothing(
    log: Log, sync: ListSync, store: Store, listed: bytes, clock: type[Clock]
) -> None:
    set_grace(store, timedelta(0))
    log.broken = True
    with pytest.raises(Exception, match="status 500"):
        sync.sync()
    clock.later = timedelta(days=30)
    with Gate.open(store.folder) as gate:
        assert stops(gate, listed)
        assert gate.health()[0].stale


def policy(log: Log, *, quorum: str = "both") -> bytes:
    return (
        f"log {log.signer.verifier_key.line}\n"
        f"witness w1 {W1.key.line}\nwitness w2 {W2.key.line}\n"
        f"group both all w1 w2\nquorum {quorum}\n"
    ).encode()


def test_a_list_that_lacks_witnesses_is_refused(
    log: Log, hotline: str, store: Store, codes: Iterator[bytes]
) -> None:
    set_trust(store, policy(log))
    token = PlatformToken.parse(log.token)
    with HotlineClient(hotline, token) as client:
        sync = ListSync(store, client, token)
        log.cosigners = [W1]
        with pytest.raises(UnwitnessedError, match="w1"):
            sync.sync()
        assert store.followed_log() is None
        log.cosigners = [W1, W2]
        log.add(next(codes))
        assert sync.sync().size == 2
        log.cosigners = [W2]
        log.add(next(codes))
        with pytest.raises(UnwitnessedError):
            sync.sync()
        assert followed(store).frontier.size == 2
        # Who syncs without naming a policy is held to the one that was given.
        with pytest.raises(UnwitnessedError):
            ListSync(store, client, token).sync()
        set_trust(store, policy(log, quorum="w2"))
        assert ListSync(store, client, token).sync().size == 3


def test_a_policy_of_another_log_lets_none_in(log: Log, hotline: str, store: Store) -> None:
    set_trust(store, policy(Log("other.example.net")))
    log.cosigners = [W1, W2]
    token = PlatformToken.parse(log.token)
    with HotlineClient(hotline, token) as client, pytest.raises(WrongOriginError, match="--trust"):
        ListSync(store, client, token).sync()


def test_a_policy_that_is_none_changes_nothing(
    log: Log, store: Store, sync: ListSync, listed: bytes
) -> None:
    with pytest.raises(TrustPolicyError):
        set_trust(store, b"quorum both\n")
    assert sync.sync().new_events == 0


def test_service_and_command_say_that_a_list_is_refused_or_out_of_force(
    log: Log, hotline: str, store: Store, service: str, tmp_path: Path
) -> None:
    (tmp_path / "policy").write_bytes(policy(log, quorum="none"))
    runner = CliRunner(env={"TAKEBACK_GATE_TOKEN": log.token})
    command = ["gate", "sync", "--hotline", hotline, "--store", str(store.folder)]
    done = runner.invoke(app, [*command, "--trust", str(tmp_path / "policy"), "--grace", "0.5"])
    assert done.exit_code == 0
    assert requests.get(f"{service}/healthz", timeout=20).json()["status"] == "ok"
    log.records.clear()
    assert runner.invoke(app, command).exit_code == 4
    health = requests.get(f"{service}/healthz", timeout=20)
    assert (health.status_code, health.json()["status"]) == (200, "refused")
    left = datetime.fromisoformat(health.json()["lists"][0]["in_force_until"]) - datetime.now(UTC)
    assert timedelta(hours=11) < left <= timedelta(hours=12)
    assert runner.invoke(app, [*command, "--grace", "0"]).exit_code == 4
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while requests.get(f"{service}/healthz", timeout=20).status_code == 200:
        assert datetime.now(UTC) < deadline
    answer = requests.post(f"{service}/v1/match", json={"pdq": "00" * 32}, timeout=20)
    while answer.status_code == 200:  # a second may pass before the service looks again
        answer = requests.post(f"{service}/v1/match", json={"pdq": "00" * 32}, timeout=20)
    assert (answer.status_code, answer.json()["error"]) == (503, "out_of_force")
    metrics = requests.get(f"{service}/metrics", timeout=20).text
    assert 'takeback_gate_list_untrusted{list="gate"} 1.0' in metrics
    status = runner.invoke(app, ["gate", "status", "--store", str(store.folder)])
    assert status.exit_code == 1
    assert "out_of_force" in status.stdout


def _hour(later: timedelta) -> datetime:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return now + later
