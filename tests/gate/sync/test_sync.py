"""Following a log into a store: only what verifies comes in, and what came in stays."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takeback.gate.check.gate import Gate
from takeback.gate.store.store import Store, StoreError, SyncRunningError
from takeback.gate.sync import snapshot_publisher
from takeback.gate.sync.client import (
    HotlineClient,
    HotlineDeniedError,
    HotlineUnreachableError,
    PlatformToken,
    TokenError,
)
from takeback.gate.sync.list_sync import ListSync, SyncOutcome, WrongKeyError
from takeback.hashlist.errors import ErasedWithoutWithdrawalError
from takeback.matching.matcher import UploadFingerprints
from takeback.matching.snapshot import write_snapshot
from takeback.matching.snapshot_file import DamagedSnapshotError
from takeback.signals.lanes import Lane
from takeback.tlog.errors import (
    BadSignatureError,
    LogRewrittenError,
    LogShortenedError,
    OpeningMismatchError,
)
from takeback.tlog.signed_note import Signer
from tests.support.followed_log import followed, in_force
from tests.support.log_server import Log, serving
from tests.support.match_lists import EVERYTHING


def test_what_is_alive_is_in_force(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes]
) -> None:
    first, second, third = (log.add(next(codes)) for _ in range(3))
    assert sync.sync().new_events == 4
    log.withdraw(second)
    log.amend(third, next(codes), Lane.CONFIRMED)
    assert sync.sync() == SyncOutcome(6, 2)
    assert sync.sync() == SyncOutcome(6, 0)
    assert in_force(store) == {first: 6, third: 6}


def test_what_is_in_force_is_acknowledged_and_nothing_before_it(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes]
) -> None:
    log.add(next(codes))
    sync.sync()
    assert log.acknowledged == [(2, followed(store).frontier.root().hex())]
    sync.sync()
    assert len(log.acknowledged) == 1
    log.refuses_acknowledgements = True
    log.add(next(codes))
    assert sync.sync().size == 3
    log.refuses_acknowledgements = False
    sync.sync()  # what could not be said is said now, though nothing is new
    assert [size for size, _ in log.acknowledged] == [2, 3]


def test_an_empty_list_is_in_force_too(sync: ListSync, store: Store) -> None:
    assert sync.sync().size == 1
    assert in_force(store) == {}
    with Gate.open(store.folder) as gate:
        assert gate.ready
        age_seconds = gate.health()[0].contact_age_seconds
        assert age_seconds is not None
        assert age_seconds < 60


def test_progress_is_told_in_parts_of_a_long_log(
    log: Log, client: HotlineClient, store: Store, codes: Iterator[bytes]
) -> None:
    entries = [log.add(next(codes)) for _ in range(4200)]
    for entry in entries[::21]:
        log.withdraw(entry)
    heard = []
    token = PlatformToken.parse(log.token)
    ListSync(store, client, token, lambda taken, of: heard.append((taken, of))).sync()
    assert heard == [(4096, 4401), (4401, 4401)]
    assert set(in_force(store)) == set(log.live)


actions = st.lists(st.sampled_from(["add", "withdraw", "amend", "sync"]), max_size=25)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=actions)
def test_after_any_history_exactly_the_living_match(
    actions: list[str], tmp_path_factory: pytest.TempPathFactory, codes: Iterator[bytes]
) -> None:
    log = Log()
    store = Store(tmp_path_factory.mktemp("gate"))
    token = PlatformToken.parse(log.token)
    with serving(log) as url, HotlineClient(url, token) as client:
        sync = ListSync(store, client, token)
        for action in [*actions, "sync"]:
            if action == "add":
                log.add(next(codes))
            elif action == "sync":
                sync.sync()
            elif log.live:
                entry = sorted(log.live)[0]
                if action == "withdraw":
                    log.withdraw(entry)
                else:
                    log.amend(entry, next(codes), Lane.CONFIRMED)
    assert set(in_force(store)) == set(log.live)


@pytest.fixture
def good(log: Log, sync: ListSync, store: Store, codes: Iterator[bytes]) -> dict[str, int]:
    """Three entries in force; gives what must stay in force whatever comes."""
    for _ in range(3):
        log.add(next(codes))
    sync.sync()
    return in_force(store)


def test_a_rewritten_log_is_refused(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes], good: dict[str, int]
) -> None:
    log.records[0], log.records[1] = log.records[1], log.records[0]
    log.add(next(codes))
    with pytest.raises(LogRewrittenError, match="stays in force"):
        sync.sync()
    assert in_force(store) == good


def test_a_rewritten_log_of_the_same_size_is_refused(
    log: Log, sync: ListSync, store: Store, good: dict[str, int]
) -> None:
    log.records[0], log.records[1] = log.records[1], log.records[0]
    with pytest.raises(LogRewrittenError):
        sync.sync()
    assert in_force(store) == good


def test_a_shortened_log_is_refused(
    log: Log, sync: ListSync, store: Store, good: dict[str, int]
) -> None:
    log.records.pop()
    with pytest.raises(LogShortenedError, match="shrunk from 4 events to 3"):
        sync.sync()
    assert in_force(store) == good


def test_a_forked_log_is_refused_even_when_longer(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes], good: dict[str, int]
) -> None:
    fork = Log()
    for _ in range(9):
        fork.add(next(codes))
    log.records = fork.records
    with pytest.raises(LogRewrittenError):
        sync.sync()
    assert in_force(store) == good


@pytest.mark.parametrize(
    "signer", [Log("list.example.org", b"\1" * 32).signer, Log("other.example.net").signer]
)
def test_another_key_or_origin_is_refused(
    log: Log, sync: ListSync, store: Store, good: dict[str, int], signer: Signer
) -> None:
    log.add(bytes(32))
    log.signer = signer
    with pytest.raises(BadSignatureError):
        sync.sync()
    assert in_force(store) == good


def test_an_opening_that_does_not_fit_is_refused(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes], good: dict[str, int]
) -> None:
    log.add(next(codes))
    log.add(next(codes))
    last = log.records[-1]
    log.records[-1] = type(last)(last.commitment, log.records[-2].opening)
    with pytest.raises(OpeningMismatchError):
        sync.sync()
    assert in_force(store) == good


def test_an_event_kept_back_is_refused(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes], good: dict[str, int]
) -> None:
    log.add(next(codes))
    log.erase(len(log.records) - 1)
    with pytest.raises(ErasedWithoutWithdrawalError):
        sync.sync()
    assert in_force(store) == good


def test_a_withdrawal_between_checkpoint_and_bundles_is_waited_for(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes], good: dict[str, int]
) -> None:
    entry = log.add(next(codes))
    note = log.checkpoint()
    log.withdraw(entry)
    assert sync.sync(note).size == 6
    assert in_force(store) == dict.fromkeys(good, 6)


def test_a_token_pins_the_key_at_the_first_sync(log: Log, hotline: str, store: Store) -> None:
    token = PlatformToken.parse(f"tb1_{'a' * 52}_{'0' * 16}")
    with HotlineClient(hotline, token) as client, pytest.raises(WrongKeyError, match="new token"):
        ListSync(store, client, token).sync()
    assert store.followed_log() is None


def test_a_store_never_changes_to_another_log(
    sync: ListSync, store: Store, good: dict[str, int]
) -> None:
    other = Log("other.example.net", b"\2" * 32)
    token = PlatformToken.parse(other.token)
    with (
        serving(other) as url,
        HotlineClient(url, token) as client,
        pytest.raises(WrongKeyError, match="another --store"),
    ):
        ListSync(store, client, token).sync()
    assert in_force(store) == good


def test_a_revoked_token_is_told_apart_from_a_hotline_that_is_away(
    log: Log, sync: ListSync, hotline: str, store: Store
) -> None:
    log.add(bytes(32))
    revoked = PlatformToken.parse(log.token.replace("aaa", "bbb"))
    with HotlineClient(hotline, revoked) as client, pytest.raises(HotlineDeniedError):
        ListSync(store, client, revoked).sync()
    log.broken = True
    with pytest.raises(HotlineUnreachableError, match="status 500"):
        sync.sync()


@pytest.mark.parametrize("url", ["http://list.example.org", "ftp://127.0.0.1", "list.example.org"])
def test_an_address_that_would_leak_the_token_is_refused(log: Log, url: str) -> None:
    with pytest.raises(ValueError, match=r"hotline|https"):
        HotlineClient(url, PlatformToken.parse(log.token))


@pytest.mark.parametrize("text", ["", "tb1_x", "tb2_aa_0123456789abcdef", "secret words"])
def test_a_token_of_the_wrong_shape_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(TokenError) as caught:
        PlatformToken.parse(text)
    assert not text or text not in str(caught.value)


def test_only_one_process_syncs(sync: ListSync, store: Store) -> None:
    with pytest.raises(SyncRunningError), Store(store.folder).sync_lock():
        pass


def test_a_folder_that_is_no_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="takeback gate sync"):
        Store.existing(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="not a folder"):
        Store(tmp_path / "file" / "gate")


def test_a_damaged_snapshot_is_refused_and_written_anew(
    sync: ListSync, store: Store, good: dict[str, int]
) -> None:
    name = store.current.read_text().strip()
    path = store.snapshots / name
    spoilt = bytearray(path.read_bytes())
    spoilt[500] ^= 1
    path.write_bytes(spoilt)
    gate = Gate.open(store.folder)
    assert not gate.ready
    assert "is damaged" in (gate.health()[0].problem or "")
    sync.sync()
    assert gate.ready
    gate.close()
    assert in_force(store) == good


def test_a_running_gate_keeps_its_list_when_the_next_snapshot_is_damaged(
    sync: ListSync, store: Store, good: dict[str, int]
) -> None:
    gate = Gate.open(store.folder, EVERYTHING)
    assert gate.ready
    (store.snapshots / "broken").write_bytes(b"TAKEBACK")
    store.current.write_text("broken\n")
    verdict = gate.check_fingerprints(UploadFingerprints(pdq=bytes(32)), report=False)
    assert {match.entry for match in verdict.matches} == set(good)
    assert gate.health()[0].problem
    gate.close()


def test_following_goes_on_through_trouble(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes]
) -> None:
    stopped = threading.Event()
    outcomes: list[SyncOutcome] = []
    troubles: list[tuple[Exception, float]] = []
    follower = threading.Thread(
        target=sync.follow,
        args=(outcomes.append, lambda error, pause: troubles.append((error, pause)), stopped),
    )
    follower.start()
    try:
        entry = log.add(next(codes))
        wait_until(lambda: set(in_force(store)) == {entry} if outcomes else False)
        log.broken = True
        log.add(next(codes))
        wait_until(lambda: troubles)
        log.broken = False
        wait_until(lambda: set(in_force(store)) == set(log.live))
    finally:
        stopped.set()
        log.add(next(codes))
        follower.join()
    assert all(isinstance(error, HotlineUnreachableError) for error, _ in troubles)


def test_following_goes_on_when_a_snapshot_reads_back_otherwise(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: Path, *arguments: Any, **options: Any) -> None:
        write_snapshot(path, *arguments, **options)
        path.write_bytes(path.read_bytes()[:-1])
        monkeypatch.setattr(snapshot_publisher, "write_snapshot", write_snapshot)

    monkeypatch.setattr(snapshot_publisher, "write_snapshot", write)
    entry = log.add(next(codes))
    stopped = threading.Event()
    troubles: list[Exception] = []

    def on_outcome(_: object) -> None:
        stopped.set()
        log.add(next(codes))  # ends the waiting for news

    sync.follow(on_outcome, lambda error, _pause: troubles.append(error), stopped)
    assert [type(error) for error in troubles] == [DamagedSnapshotError]
    assert set(in_force(store)) == {entry}


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_held_is_shown_before_anything_is_taken_and_after_all_trouble(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes]
) -> None:
    log.add(next(codes))
    sync.sync()
    assert log.shown == []  # there was nothing yet
    held = followed(store).checkpoint
    log.add(next(codes))
    sync.sync()
    assert log.shown == [held]
    log.add(next(codes))
    sync.sync()
    assert log.shown == [held]  # once is enough while all is well
    held = followed(store).checkpoint
    log.begin_anew()  # as from a backup
    stopped = threading.Event()

    def on_trouble(error: Exception, _pause: float) -> None:
        if len(log.shown) > 1:
            stopped.set()

    sync.follow(lambda _: None, on_trouble, stopped)
    assert log.shown[1:] == [held]
