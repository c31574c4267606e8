"""The bytes of a small log and of the files a gate makes of it are kept, to the last bit.

Gates and hotlines of different age meet on these bytes, and each pinned key, stored opening and
snapshot holds them. Everything that moves is imported in one place, below.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    AnyEvent,
    ConfirmedEvent,
    EntryId,
    KeyEvent,
    Provenance,
    PurposeEvent,
    ResumedEvent,
    SuspendedEvent,
    UnconfirmedEvent,
    WithdrawnEvent,
    canonical_json,
)
from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal
from takeback.matching.delta_file import DeltaTail, EntryChange, append_step, delta_path
from takeback.matching.snapshot import (
    ListedEntry,
    SnapshotSource,
    open_snapshot,
    write_snapshot,
)
from takeback.signals.lanes import Lane
from takeback.tlog.bundles import Record, encode_entries, encode_openings
from takeback.tlog.checkpoint import Checkpoint
from takeback.tlog.commitments import Opening
from takeback.tlog.cosignature import CosignatureKind, Cosigner
from takeback.tlog.merkle import Frontier, leaf_hash
from takeback.tlog.signed_note import Signer
from takeback.tlog.tlog_proof import TlogProof
from tests.frozen.snapshots import assert_frozen_lines
from tests.support.match_lists import ListedPdq, PlainEntry

ORIGIN = "hotline.example.org/log/v1"
OTHER_ORIGIN = "other.example.org/log/v1"
HOUR = datetime(2026, 3, 1, 14, tzinfo=UTC)
SECONDS = 1_772_373_600
SIGNER = Signer(ORIGIN, bytes(range(32)))
COSIGNER = Cosigner("witness.example.org", CosignatureKind.ED25519, bytes(range(32, 64)))
PDQ = PdqSignal(value="c3" * 32, quality=80)
SHA256 = Sha256Signal(value="ab" * 32)
MD5 = Md5Signal(value="cd" * 16)


def events() -> list[AnyEvent]:
    """One event of each kind, and an addition for each lane."""
    first, second, third, fourth = (EntryId(letter * 26) for letter in "aeim")
    own = Provenance(hotline=ORIGIN)
    imported = Provenance(hotline=ORIGIN, source="import", feed="partner")
    drawn = Provenance(hotline=ORIGIN, source="test")
    reported, confirmed = Lane.SELF_REPORTED, Lane.CONFIRMED
    return [
        PurposeEvent(
            time=HOUR,
            lists="Landscapes, and châteaux",
            confirmers=(ORIGIN, OTHER_ORIGIN),
            confirmations=2,
            most_added_a_day=1000,
            expires=HOUR + timedelta(days=365),
        ),
        AddedEvent(
            entry=first, time=HOUR, lane=reported, provenance=own, signals=(PDQ, SHA256, MD5)
        ),
        AddedEvent(
            entry=second, time=HOUR, lane=Lane.IMPORTED, provenance=imported, signals=(MD5,)
        ),
        AddedEvent(entry=third, time=HOUR, lane=Lane.TEST, provenance=drawn, signals=(PDQ,)),
        AddedEvent(entry=fourth, time=HOUR, lane=confirmed, provenance=own, signals=(SHA256,)),
        AmendedEvent(entry=first, time=HOUR, lane=confirmed, provenance=own, signals=(PDQ,)),
        SuspendedEvent(entry=first, time=HOUR, reason="not_the_same"),
        ResumedEvent(entry=first, time=HOUR, lane=confirmed, provenance=own, signals=(PDQ,)),
        ConfirmedEvent(time=HOUR, origin=OTHER_ORIGIN, entry=fourth, index=4, commitment="ef" * 32),
        UnconfirmedEvent(time=HOUR, origin=OTHER_ORIGIN, entry=fourth),
        WithdrawnEvent(entry=fourth, time=HOUR, erases=(4,), reason="reporter"),
        KeyEvent(time=HOUR, key=Signer(ORIGIN, bytes(range(1, 33))).verifier_key.line),
    ]


def test_the_bytes_of_a_fixed_log_are_the_frozen_ones() -> None:
    assert_frozen_lines("wire-bytes.txt", log_facts())


def test_the_bytes_of_a_fixed_snapshot_are_the_frozen_ones(tmp_path: Path) -> None:
    assert_frozen_lines("snapshot-bytes.txt", snapshot_facts(tmp_path / "list.snapshot"))


def log_facts() -> Iterator[str]:
    records = []
    for index, event in enumerate(events()):
        opening = Opening(bytes([index]) * 32, canonical_json(event))
        records.append(Record(opening.commitment(), opening))
        yield f"event {index:02} {opening.event.decode()}"
        yield f"commitment {index:02} {opening.commitment().hex()}"
    leaves = [leaf_hash(record.commitment) for record in records]
    for index, leaf in enumerate(leaves):
        yield f"leaf {index:02} {leaf.hex()}"
    for size in range(len(leaves) + 1):
        yield f"root {size:02} {Frontier().extended(leaves[:size]).root().hex()}"
    edge = Frontier().extended(leaves)
    yield f"edge {edge.to_bytes().hex()}"
    long = Frontier().extended(hashlib.sha256(bytes([i % 251])).digest() for i in range(1000))
    yield f"root of 1000 leaves {long.root().hex()}"
    yield f"entry bundle {digest(encode_entries(record.commitment for record in records))}"
    erased, withheld = (Record(records[at].commitment, None, at == 2) for at in (4, 2))
    served = [*records[:2], withheld, records[3], erased, *records[5:]]
    yield f"openings {digest(encode_openings(served))}"
    checkpoint = Checkpoint(ORIGIN, edge.size, edge.root())
    note = checkpoint.sign(SIGNER)
    for line in note.decode().splitlines():
        yield f"checkpoint: {line}"
    yield f"log key {SIGNER.verifier_key.line}"
    yield f"witness key {COSIGNER.key.line}"
    cosigned = COSIGNER.cosign(checkpoint.body(), SECONDS)
    yield f"cosignature {cosigned.signature.hex()}"
    opened = records[0].opening
    assert opened is not None
    proof = TlogProof(0, (leaves[1],), note, opened.nonce + opened.event)
    yield f"proof {digest(proof.encode())}"


def snapshot_facts(path: Path) -> Iterator[str]:
    source = SnapshotSource(ORIGIN, 7, bytes(range(32)))
    entries = [entry(number) for number in range(300)]
    write_snapshot(path, source, entries)
    yield f"snapshot {digest(path.read_bytes())}"
    snapshot = open_snapshot(path)
    yield f"identity {snapshot.digest.hex()}"
    delta = delta_path(path)
    tail = DeltaTail((), 0, torn=False)
    changed = [EntryChange(entries[5].entry, None), EntryChange(entry(300).entry, entry(300))]
    after = SnapshotSource(ORIGIN, 9, bytes(range(1, 33)))
    append_step(delta, snapshot.digest, tail, after, changed)
    yield f"delta {digest(delta.read_bytes())}"


def entry(number: int) -> ListedEntry:
    """An entry of fixed values; every lane, quality and kind of digest comes in turn."""
    seed = hashlib.sha256(f"entry {number}".encode()).digest()
    lanes = tuple(Lane)
    return PlainEntry(
        EntryId(f"{number:026}"),
        lanes[number % len(lanes)],
        pdq=(ListedPdq(seed, number % 101),) if number % 5 else (),
        sha256=(hashlib.sha256(seed).digest(),) if number % 3 else (),
        md5=(hashlib.md5(seed).digest(),) if number % 2 else (),
    ).listed


def digest(content: bytes) -> str:
    return f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}"
