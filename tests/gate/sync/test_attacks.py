"""What somebody with the log's key could try, each refused while the last good list is in force."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from takeback.cli.main import app
from takeback.gate.check.gate import Gate
from takeback.gate.store.standing import set_trust
from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.list_sync import ListSync
from takeback.hashlist.errors import (
    EventOutOfPlaceError,
    EventTimeError,
    ExpiredListError,
    GrowthBeyondCapError,
)
from takeback.matching.matcher import UploadFingerprints
from takeback.signals.lanes import Lane
from takeback.tlog.checkpoint import Checkpoint
from takeback.tlog.cosignature import CosignatureKind
from takeback.tlog.errors import (
    BadSignatureError,
    LogRewrittenError,
    LogShortenedError,
    UnwitnessedError,
)
from takeback.tlog.merkle import Frontier, leaf_hash
from takeback.tlog.signed_note import Signer, split_note
from takeback.tlog.witnessing import AddCheckpoint
from tests.support import log_server
from tests.support.followed_log import followed
from tests.support.log_server import Log, serving
from tests.support.witnesses import keys_of, witness


@pytest.fixture
def good(log: Log, sync: ListSync, codes: Iterator[bytes]) -> list[bytes]:
    """Codes that are in force; every attack comes after."""
    listed = [next(codes) for _ in range(4)]
    for code in listed:
        log.add(code)
    sync.sync()
    return listed


@pytest.fixture(autouse=True)
def the_last_good_list_stays(store: Store, good: list[bytes]) -> Iterator[None]:
    before = followed(store)
    yield
    after = followed(store)
    assert (after.frontier, after.checkpoint) == (before.frontier, before.checkpoint)
    with Gate.open(store.folder) as gate:
        for code in good:
            assert gate.check_fingerprints(UploadFingerprints(pdq=code), report=False).matches


def test_a_rewritten_entry_is_refused(log: Log, sync: ListSync, codes: Iterator[bytes]) -> None:
    another = Log()
    another.add(next(codes))
    log.records[2] = another.records[-1]
    log.add(next(codes))
    with pytest.raises(LogRewrittenError):
        sync.sync()


def test_a_dropped_entry_is_refused(log: Log, sync: ListSync, codes: Iterator[bytes]) -> None:
    del log.records[2]
    for _ in range(2):
        log.add(next(codes))
    with pytest.raises(LogRewrittenError):
        sync.sync()


def test_a_shortened_log_is_refused(log: Log, sync: ListSync) -> None:
    del log.records[-2:]
    with pytest.raises(LogShortenedError):
        sync.sync()


def test_a_replayed_old_checkpoint_is_refused(log: Log, sync: ListSync) -> None:
    edge = Frontier().extended(leaf_hash(record.commitment) for record in log.records[:3])
    old = Checkpoint(log.signer.name, edge.size, edge.root()).sign(log.signer)
    with pytest.raises(LogShortenedError):
        sync.sync(old)


def test_a_wrong_key_is_refused(log: Log, sync: ListSync, codes: Iterator[bytes]) -> None:
    log.signer = Signer(log.signer.name, b"\1" * 32)
    log.add(next(codes))
    with pytest.raises(BadSignatureError):
        sync.sync()


def test_a_foreign_origin_is_refused(log: Log, sync: ListSync, codes: Iterator[bytes]) -> None:
    """The same key under another name: another log altogether."""
    log.signer = Signer("elsewhere.example.org", log.signer.seed)
    log.add(next(codes))
    with pytest.raises(BadSignatureError):
        sync.sync()


@pytest.mark.parametrize("way", ["added", "amended", "resumed", "amended unseen"])
def test_growth_beyond_the_cap_is_refused(way: str, codes: Iterator[bytes], tmp_path: Path) -> None:
    """Whatever brings another picture into force counts."""
    capped = Log()
    capped.begin_anew(most_added_a_day=3)
    first, *_ = (capped.add(next(codes)) for _ in range(3))
    folder = Store(tmp_path / "capped")
    token = PlatformToken.parse(capped.token)
    with serving(capped) as url, HotlineClient(url, token) as client:
        sync = ListSync(folder, client, token)
        assert sync.sync().size == 4
        match way:
            case "added":
                capped.add(next(codes))
            case "amended":
                capped.amend(first, next(codes), Lane.CONFIRMED)
            case "resumed":
                capped.suspend(first)
                capped.resume(first, next(codes))
            case "amended unseen":  # of an entry whose addition this key may not read
                capped.withheld.add(len(capped.records))
                unseen = capped.add(next(codes))
                capped.amend(unseen, next(codes), Lane.CONFIRMED)
        with pytest.raises(GrowthBeyondCapError, match="More than 3"):
            sync.sync()
        assert followed(folder).frontier.size == 4


def test_listing_after_the_purpose_has_expired_is_refused(
    codes: Iterator[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    ending = Log()
    ending.begin_anew(expires=now + timedelta(hours=1))
    entry = ending.add(next(codes))
    folder = Store(tmp_path / "ending")
    token = PlatformToken.parse(ending.token)
    with serving(ending) as url, HotlineClient(url, token) as client:
        sync = ListSync(folder, client, token)
        sync.sync()
        monkeypatch.setattr(log_server, "_hour", lambda: now + timedelta(hours=1))
        ending.withdraw(entry)
        assert sync.sync().size == 3  # what goes may always go
        ending.add(next(codes))
        with pytest.raises(ExpiredListError, match="stays in force for the grace"):
            sync.sync()
        assert followed(folder).frontier.size == 3


def test_a_list_that_has_expired_already_is_not_begun(
    codes: Iterator[bytes], tmp_path: Path
) -> None:
    over = Log()
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    over.begin_anew(time=now - timedelta(hours=1), expires=now)
    token, folder = tmp_path / "token", tmp_path / "over"
    token.write_text(over.token)
    with serving(over) as url:
        options = ["--hotline", url, "--store", str(folder), "--token-file", str(token)]
        ended = CliRunner().invoke(app, ["gate", "sync", *options])
    assert (ended.exit_code, ended.stdout) == (4, "")
    assert "expired on" in ended.stderr
    assert Store(folder).followed_log() is None


def test_another_purpose_is_refused(log: Log, sync: ListSync) -> None:
    """It can't be stated later, and not in the place of the first."""
    log.state_purpose(lists="Whatever we like.")
    with pytest.raises(EventOutOfPlaceError, match="begins with its purpose"):
        sync.sync()
    del log.records[-1]
    log.records[0] = Log(log.signer.name).records[0]
    with pytest.raises(LogRewrittenError):
        sync.sync()


def test_events_dated_ahead_to_get_round_the_cap_are_refused(
    log: Log, sync: ListSync, codes: Iterator[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    monkeypatch.setattr(log_server, "_hour", lambda: ahead)
    log.add(next(codes))
    with pytest.raises(EventTimeError, match="clock"):
        sync.sync()


def test_a_fork_between_two_gates_is_refused_for_want_of_cosignatures(
    log: Log,
    sync: ListSync,
    store: Store,
    codes: Iterator[bytes],
    good: list[bytes],
    tmp_path: Path,
) -> None:
    """Two gates are shown two histories of one size; the witness has cosigned only the first."""
    fork = Log(log.signer.name)
    for _ in range(5):
        fork.add(next(codes))
    log.add(next(codes))
    assert len(fork.records) == len(log.records)
    key = keys_of(tmp_path / "witness")[CosignatureKind.ED25519]
    policy = (f"log {log.signer.verifier_key.line}\nwitness w {key.line}\nquorum w\n").encode()
    with witness(tmp_path / "witness", log.signer.verifier_key.line) as running:
        honest = running.add(AddCheckpoint(0, (), log.checkpoint()).encode())
        refused = running.add(AddCheckpoint(len(fork.records), (), fork.checkpoint()).encode())
        shown = requests.get(
            f"{running.url}/checkpoint", params={"origin": log.signer.name}, timeout=20
        )
    assert (honest.status_code, refused.status_code) == (200, 409)
    assert "two different trees" in refused.text
    # Whoever was shown the fork can hold it against what the witness has seen.
    mine, theirs = (split_note(note)[0].split("\n") for note in (fork.checkpoint(), shown.content))
    assert mine[:2] == theirs[:2]
    assert mine[2] != theirs[2]

    first, second = Store(tmp_path / "first"), Store(tmp_path / "second")
    for shown_log, folder, lines in ((log, first, honest.content), (fork, second, b"")):
        set_trust(folder, policy)
        token = PlatformToken.parse(shown_log.token)
        with serving(shown_log) as url, HotlineClient(url, token) as client:
            follower = ListSync(folder, client, token)
            if lines:
                assert follower.sync(shown_log.checkpoint() + lines).size == len(shown_log.records)
            else:
                with pytest.raises(UnwitnessedError):
                    follower.sync()
    assert second.followed_log() is None
