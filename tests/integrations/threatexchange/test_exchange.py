"""`tx` itself, with our exchange, against a log on a socket: configured as the document says."""

import os
from pathlib import Path
from typing import Any

import pytest
from threatexchange.exchanges.fetch_state import SignalOpinion, SignalOpinionCategory
from threatexchange.signal_type.pdq.signal import PdqSignal

from takeback.gate.sync.client import HotlineError
from takeback.hashlist.events import EntryId
from takeback.integrations.threatexchange.exchange import (
    ListedPicture,
    TakebackCollabConfig,
    TakebackCredentials,
    TakebackExchangeAPI,
)
from takeback.integrations.threatexchange.following import ListCheckpoint
from takeback.signals.lanes import Lane
from takeback.tlog.bundles import EventRange
from takeback.tlog.cosignature import CosignatureKind, Cosigner
from takeback.tlog.errors import LogError, UnwitnessedError, WrongOriginError
from takeback.tlog.trust import TrustPolicyError
from tests.support.log_server import ORIGIN, Log, serving
from tests.support.tx_command import Tx


def exchange(url: str, log: Log, **options: Any) -> TakebackExchangeAPI:
    collab = TakebackCollabConfig(name="takeback", hotline=url, **options)
    return TakebackExchangeAPI.for_collab(collab, TakebackCredentials(log.token))


class Following:
    """What a store of `tx` does with an exchange."""

    def __init__(self) -> None:
        self.fetched: dict[str, ListedPicture] = {}
        self.checkpoint: ListCheckpoint | None = None

    def fetch(self, api: TakebackExchangeAPI) -> dict[str, set[str]]:
        for delta in api.fetch_iter([PdqSignal], self.checkpoint):
            api.naive_fetch_merge(self.fetched, delta.updates)
            self.checkpoint = delta.checkpoint
        signals = api.naive_convert_to_signal_type([PdqSignal], api.collab, self.fetched)
        known = signals.get(PdqSignal, {})
        return {value: set(picture.entries) for value, picture in known.items()}


def test_exchange_follows_the_list_and_refuses_another() -> None:
    log, store = Log(), Following()
    reported, other = os.urandom(32), os.urandom(32)
    with serving(log) as url:
        api = exchange(url, log)
        assert store.fetch(api) == {}
        first, second = log.add(reported), log.add(reported)
        third = log.add(other, Lane.CONFIRMED)
        assert store.fetch(api) == {reported.hex(): {first, second}, other.hex(): {third}}
        confirmed = exchange(url, log, only_lanes={"confirmed"})
        assert set(Following().fetch(confirmed)) == {other.hex()}
        log.withdraw(first)
        assert store.fetch(api)[reported.hex()] == {second}
        log.withdraw(second)
        assert store.fetch(api) == {other.hex(): {third}}
        assert set(Following().fetch(api)) == {other.hex()}
        known = dict(store.fetched)
        with pytest.raises(HotlineError):
            api.report_opinion(
                PdqSignal,
                other.hex(),
                SignalOpinion(True, SignalOpinionCategory.POSITIVE_CLASS, set()),
            )
    rewritten = Log(log.signer.name)
    for _ in range(9):
        rewritten.add(os.urandom(32))
    with serving(rewritten) as url, pytest.raises(LogError):
        store.fetch(exchange(url, rewritten))
    assert store.fetched == known


class WithdrawnMeanwhile(Log):
    """A log from which an entry is taken after the checkpoint was fetched, before its openings."""

    leaving: EntryId | None = None

    def openings(self, part: EventRange) -> bytes:
        if self.leaving is not None:
            self.withdraw(self.leaving)
            self.leaving = None
        return super().openings(part)


def test_exchange_waits_for_a_withdrawal_between_checkpoint_and_openings() -> None:
    log, stays = WithdrawnMeanwhile(), os.urandom(32)
    log.leaving, kept = log.add(os.urandom(32)), log.add(stays)
    with serving(log) as url:
        assert Following().fetch(exchange(url, log)) == {stays.hex(): {kept}}


@pytest.mark.parametrize(
    ("confirmations", "category", "lane"),
    [
        (1, SignalOpinionCategory.POSITIVE_CLASS, Lane.CONFIRMED),
        (2, SignalOpinionCategory.INVESTIGATION_SEED, Lane.SELF_REPORTED),
    ],
)
def test_what_several_must_confirm_counts_as_self_reported(
    confirmations: int, category: SignalOpinionCategory, lane: Lane
) -> None:
    log, store, code = Log(), Following(), os.urandom(32)
    log.begin_anew(confirmers=(ORIGIN, "other.example.org"), confirmations=confirmations)
    log.add(code, Lane.CONFIRMED)
    with serving(log) as url:
        api = exchange(url, log, only_lanes={lane.value})
        store.fetch(api)
    signals = api.naive_convert_to_signal_type([PdqSignal], api.collab, store.fetched)
    (opinion,) = signals[PdqSignal][code.hex()].get_as_opinions()
    assert (opinion.category, opinion.tags) == (category, {lane})


def test_exchange_asks_for_the_witnesses_of_its_trust_policy(tmp_path: Path) -> None:
    log, store, policy = Log(), Following(), tmp_path / "policy"
    witness = Cosigner("w.example", CosignatureKind.ED25519, bytes([1]) * 32)
    lines = f"witness w {witness.key.line}\nquorum w\n"
    policy.write_text(f"log {log.signer.verifier_key.line}\n{lines}")
    code = os.urandom(32)
    entry = log.add(code)
    with serving(log) as url:
        api = exchange(url, log, trust=str(policy))
        with pytest.raises(UnwitnessedError):
            store.fetch(api)
        assert store.fetched == {}
        log.cosigners = [witness]
        assert store.fetch(api) == {code.hex(): {entry}}
        log.cosigners = []
        log.withdraw(entry)
        with pytest.raises(UnwitnessedError):
            store.fetch(api)
        assert set(store.fetched) == {entry}
        policy.write_text(f"log {Log('another.example').signer.verifier_key.line}\n{lines}")
        with pytest.raises(WrongOriginError):
            store.fetch(exchange(url, log, trust=str(policy)))
        policy.write_text("quorum nobody\n")
        with pytest.raises(TrustPolicyError):
            exchange(url, log, trust=str(policy))


def test_tx_matches_as_the_document_configures_it(tmp_path: Path) -> None:
    log = Log()
    code, gone = os.urandom(32), os.urandom(32)
    log.add(code)
    log.add(os.urandom(32))
    entry = log.add(gone)
    with serving(log) as url:
        tx = Tx(tmp_path, url, log.token)
        tx.configure()
        assert tx.matches(code.hex())
        assert tx.matches(gone.hex())
        log.withdraw(entry)
        tx.fetch()
        assert not tx.matches(gone.hex())
        assert tx.matches(code.hex())
