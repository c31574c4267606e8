"""Two hotlines: one vouches in its log for an entry on the other's list, by record."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from takeback.cli.main import app
from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.list_sync import ListSync
from takeback.gate.tools.proving import prove_entry
from takeback.hashlist.events import (
    AnyEvent,
    ConfirmedEvent,
    EntryId,
    KeyEvent,
    UnconfirmedEvent,
    parse_event,
)
from takeback.hotline.log import access as log_access
from takeback.hotline.log.key_rotation import rotate_log_key
from takeback.hotline.log.sequencing import sequence_pending
from takeback.signals.lanes import ALL_LANES, Lane
from takeback.tlog.bundles import EventRange, decode_openings
from tests.support.log_server import Log, serving

OTHER = "other.example.org"
CODES = [bytes([number]) * 32 for number in (1, 2, 4)]

pytestmark = pytest.mark.django_db


@pytest.fixture
def other() -> Log:
    log = Log(OTHER, bytes([2]) * 32)
    log.begin_anew(confirmations=2, confirmers=(OTHER, "list.example.org"))
    return log


def proved(log: Log, entry: EntryId, folder: Path) -> Path:
    """Follow another hotline's list, and write down its proof of an entry as it now is."""
    folder.mkdir(exist_ok=True)
    token = PlatformToken.parse(log.token)
    with serving(log) as url, HotlineClient(url, token) as client:
        store = Store(folder / "store")
        ListSync(store, client, token).sync()
        (folder / "proof").write_bytes(prove_entry(store, client, entry).encode())
    (folder / "trust").write_text(f"log {log.signer.verifier_key.line}\nquorum none\n")
    return folder / "proof"


def confirmation(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["hotline", "confirmation", *map(str, arguments)])


def last_event() -> AnyEvent:
    sequence_pending()
    size = log_access.current_checkpoint()[0]
    read = log_access.openings(EventRange(size - 1, size), ALL_LANES)
    assert read is not None
    (record,) = decode_openings(read, 1)
    assert record.opening is not None
    return parse_event(record.opening.event)


def test_a_record_is_confirmed_anew_when_it_changes_and_taken_back(
    other: Log, tmp_path: Path
) -> None:
    entry = other.add(CODES[0], Lane.CONFIRMED)
    add = ("add", proved(other, entry, tmp_path), "--trust", tmp_path / "trust")
    assert confirmation(*add).exit_code == 0
    first = last_event()
    assert isinstance(first, ConfirmedEvent)
    assert (first.origin, first.entry, first.index) == (OTHER, entry, 1)
    assert first.commitment == other.records[1].commitment.hex()
    assert confirmation(*add).exit_code == 0
    assert sequence_pending() == 0  # said once

    other.amend(entry, CODES[1], Lane.CONFIRMED)
    proved(other, entry, tmp_path)
    assert confirmation(*add).exit_code == 0
    second = last_event()
    assert isinstance(second, ConfirmedEvent)
    assert second.commitment == other.records[2].commitment.hex()
    assert entry in confirmation("list").stdout

    # A key is handed over while a confirmation waits, and both go their way.
    assert confirmation("remove", OTHER, entry).exit_code == 0
    rotate_log_key()
    size = log_access.current_checkpoint()[0]
    sequence_pending()
    read = log_access.openings(EventRange(size, size + 2), ALL_LANES)
    assert read is not None
    events = [
        parse_event(record.opening.event) for record in decode_openings(read, 2) if record.opening
    ]
    assert {type(event) for event in events} == {UnconfirmedEvent, KeyEvent}
    again = confirmation("remove", OTHER, entry)
    assert (again.exit_code, "not confirmed here" in again.stderr) == (1, True)
    assert "Nothing is confirmed" in confirmation("list").stdout


def test_only_what_the_other_hotline_has_assessed_and_proven_is_confirmed(
    other: Log, tmp_path: Path
) -> None:
    entry = other.add(CODES[0], Lane.SELF_REPORTED)
    proof = proved(other, entry, tmp_path)
    unassessed = confirmation("add", proof, "--trust", tmp_path / "trust")
    assert (unassessed.exit_code, "self_reported" in unassessed.stderr) == (1, True)

    entry = other.add(CODES[1], Lane.CONFIRMED)
    proof = proved(other, entry, tmp_path)
    stranger = Log(OTHER, bytes([3]) * 32).signer.verifier_key.line
    (tmp_path / "trust").write_text(f"log {stranger}\nquorum none\n")
    assert confirmation("add", proof, "--trust", tmp_path / "trust").exit_code == 1
    (tmp_path / "trust").write_text("quorum\n")
    assert confirmation("add", proof, "--trust", tmp_path / "trust").exit_code == 1
    proof.write_text("no proof")
    (tmp_path / "trust").write_text(f"log {other.signer.verifier_key.line}\nquorum none\n")
    assert confirmation("add", proof, "--trust", tmp_path / "trust").exit_code == 1

    sequence_pending()
    origin = log_access.verifier_key_line().partition("+")[0]
    own = Log(origin, bytes([2]) * 32)
    mine = own.add(CODES[2], Lane.CONFIRMED)
    proof = proved(own, mine, tmp_path / "own")
    done = confirmation("add", proof, "--trust", tmp_path / "own" / "trust")
    assert (done.exit_code, "your own list" in done.stderr) == (1, True)
    assert "Nothing is confirmed" in confirmation("list").stdout
