"""A log on a socket and a gate's store, for the tests of this folder."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from takeback.gate.check.gate import Gate
from takeback.gate.store.store import FollowedLog, Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.list_sync import ListSync
from takeback.matching.matcher import UploadFingerprints
from tests.support.log_server import Log, serving
from tests.support.match_lists import EVERYTHING


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def hotline(log: Log) -> Iterator[str]:
    with serving(log) as url:
        yield url


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "gate")


@pytest.fixture
def client(log: Log, hotline: str) -> Iterator[HotlineClient]:
    with HotlineClient(hotline, PlatformToken.parse(log.token)) as connected:
        yield connected


@pytest.fixture
def sync(log: Log, client: HotlineClient, store: Store) -> Iterator[ListSync]:
    with store.sync_lock():
        yield ListSync(store, client, PlatformToken.parse(log.token))


@pytest.fixture
def codes() -> Iterator[bytes]:
    """Fresh 32-byte codes, each far from the others."""
    return (random.Random(seed).randbytes(32) for seed in range(10_000))


def followed(store: Store) -> FollowedLog:
    """What the store has verified of its log; there must have been a sync."""
    log = store.followed_log()
    assert log is not None
    return log


def in_force(store: Store) -> dict[str, int]:
    """Every entry in force, found by matching as wide as can be, with the size of its list."""
    gate = Gate.open(store.folder, EVERYTHING)
    verdict = gate.check_fingerprints(UploadFingerprints(pdq=bytes(32)), report=False)
    gate.close()
    return {match.entry: verdict.checked_against[0].checkpoint_size for match in verdict.matches}
