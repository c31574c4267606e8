"""The key of the log is stolen: the written procedure, step by step, on running processes."""

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from takeback.gate.check.followed_list import ListOutOfForceError
from takeback.gate.check.gate import Gate
from takeback.gate.store.standing import set_grace, set_trust
from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.list_sync import ListSync, WrongKeyError
from takeback.hashlist.events import EntryId
from takeback.hotline.entries import access as entries_access
from takeback.hotline.entries.actions import release_entry, suspend_entry, withdraw_entries
from takeback.hotline.intake.models import CasePicture
from takeback.hotline.log import access as log_access
from takeback.hotline.log.beginning_anew import NewLogError, begin_new_log
from takeback.hotline.log.sequencing import sequence_everything
from takeback.hotline.log.signing import log_signer
from takeback.hotline.platforms.actions import add_platform, renew_token
from takeback.matching.matcher import UploadFingerprints
from takeback.tlog.checkpoint import Checkpoint as SignedState
from takeback.tlog.checkpoint import parse_checkpoint
from takeback.tlog.cosignature import CosignatureKind, Cosigner
from takeback.tlog.errors import BadSignatureError, UnwitnessedError
from takeback.tlog.signed_note import split_note
from tests.support.actors import a_lead
from tests.support.followers import follow_database, some_signals
from tests.support.listing import list_picture
from tests.support.match_lists import EVERYTHING
from tests.support.running import await_truth, hotline, takeback
from tests.support.threads import in_threads
from tests.support.visiting import come_back, picture_record, report_from_browser
from tests.support.waiting_for_locks import is_held_up

WITNESS = Cosigner("w.example", CosignatureKind.ED25519, bytes(32))
MOVED = "http://127.0.0.1:8099"


pytestmark = pytest.mark.usefixtures("keys_of_its_own")


def move(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the hotline another address, in this process and in those to come."""
    settings.PUBLIC_URL = MOVED
    monkeypatch.setenv("TAKEBACK_PUBLIC_URL", MOVED)


def in_force(store: Store) -> set[str]:
    with Gate.open(store.folder, EVERYTHING, decoders=1) as gate:
        found = gate.check_fingerprints(UploadFingerprints(pdq=bytes(32)), report=False)
    return {match.entry for match in found.matches}


def sync(store: Store, url: str, token: str, note: bytes | None = None) -> int:
    pinned = PlatformToken.parse(token)
    with HotlineClient(url, pinned) as client:
        return ListSync(store, client, pinned).sync(note).size


def cosigned(note: bytes) -> bytes:
    return note + WITNESS.cosign(split_note(note)[0], int(time.time())).line.encode()


def test_after_a_theft_the_list_goes_on_under_another_key(
    hotline_database: str, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = add_platform("Skylark")
    _, code = report_from_browser(pictures=[picture_record()])
    sequence_everything()
    entry = CasePicture.objects.get().entry
    stolen = log_signer()
    store = Store(tmp_path / "old")
    policy = f"log {stolen.verifier_key.line}\nwitness w {WITNESS.key.line}\nquorum w\n"
    set_trust(store, policy.encode())
    with hotline(hotline_database) as (url, _):
        before = log_access.current_checkpoint()[1]
        sync(store, url, token, cosigned(before))
        assert in_force(store) == {entry}
        # The witness cosigns this log no more: whatever the thief signs, the gate does not take.
        newer = parse_checkpoint(split_note(before)[0]).size + 1
        with pytest.raises(UnwitnessedError):
            sync(store, url, token, SignedState(stolen.name, newer, bytes(32)).sign(stolen))
        assert in_force(store) == {entry}

    with pytest.raises(NewLogError, match="TAKEBACK_PUBLIC_URL"):
        begin_new_log()
    move(settings, monkeypatch)
    done = takeback(hotline_database, "log", "begin-anew", "--yes")
    assert "127.0.0.1:8099/log/v1 begins with 1 entries" in done.stdout
    assert "platform renew Skylark" in done.stdout
    assert log_signer().verifier_key.pin != stolen.verifier_key.pin
    sequence_everything()

    with hotline(hotline_database) as (url, _):
        with pytest.raises(BadSignatureError):
            sync(store, url, token)
        renewed = renew_token("Skylark")
        with pytest.raises(WrongKeyError, match="another --store"):
            sync(store, url, renewed)
        other = Store(tmp_path / "new")
        sync(other, url, renewed)
        assert in_force(other) == {entry}
        # The old store stops copies until the grace ends, and no longer.
        assert in_force(store) == {entry}
        set_grace(store, timedelta(0))
        with pytest.raises(ListOutOfForceError):
            in_force(store)
        # The young person's code opens the case, and stops the search everywhere.
        visitor = come_back(code)
        assert "Skylark looks for copies now." in visitor.page
        visitor.read("/case/withdraw").post("/case/withdraw")
        sequence_everything()
        sync(other, url, renewed)
        assert in_force(other) == set()


@pytest.mark.django_db
def test_each_entry_stands_in_the_new_log_as_before(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_platform("Skylark")
    live, suspended, gone, leaving = (list_picture(some_signals()) for _ in range(4))
    sequence_everything()
    suspend_entry(suspended, "hotline", a_lead())
    withdraw_entries([gone], "reporter")
    sequence_everything()
    before = follow_database()
    waiting = list_picture(some_signals())
    withdraw_entries([leaving], "reporter")
    move(settings, monkeypatch)
    begun = begin_new_log()
    assert (begun.subjects, begun.readers) == (2, ("Skylark",))
    sequence_everything()
    after = follow_database()
    assert set(after) == {live, waiting}
    assert after[live].signals == before[live].signals
    assert after[live].provenance.hotline == "127.0.0.1:8099/log/v1"
    # Whoever suspended it had reasons: a person looks before it is listed anew.
    assert entries_access.standings([suspended])[EntryId(suspended)].held_at is not None
    release_entry(suspended, a_lead())
    sequence_everything()
    assert set(follow_database()) == {live, waiting, suspended}


def test_what_is_withdrawn_while_another_log_begins_is_not_listed_in_it(
    hotline_database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, stays = list_picture(some_signals()), list_picture(some_signals())
    sequence_everything()
    move(settings, monkeypatch)
    has_begun = threading.Event()

    def begin() -> None:
        with transaction.atomic():
            begin_new_log()
            has_begun.set()
            await_truth(lambda: is_held_up(hotline_database))

    def withdraw() -> None:
        has_begun.wait()
        withdraw_entries([gone], "reporter")

    in_threads(begin, withdraw)
    sequence_everything()
    assert set(follow_database()) == {stays}


@pytest.mark.parametrize("command", [("begin-anew", "--yes"), ("recover", "--yes", "none")])
def test_no_other_log_begins_while_the_hotline_runs(
    hotline_database: str, command: tuple[str, ...]
) -> None:
    with hotline(hotline_database):
        done = takeback(hotline_database, "log", *command)
    assert done.returncode == 1
    assert "Stop both, on every machine" in done.stderr
