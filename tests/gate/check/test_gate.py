"""The gate as a library, on real picture files."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageEnhance, ImageOps

from takeback.fingerprints import fingerprint_picture
from takeback.gate import Gate, NoListError
from takeback.gate.store.store import Store
from takeback.gate.sync.list_sync import ListSync
from takeback.hashlist.events import EntryId
from takeback.matching.matcher import UploadFingerprints
from takeback.media import Decoder, MediaError, UnsupportedMedia
from takeback.signals.lanes import Lane
from tests.support.log_server import Log
from tests.support.match_lists import flipped
from tests.support.scenes import encoded, scene

Listed = tuple[EntryId, Image.Image, bytes]
"""An entry on the list, its picture, and the file that was listed."""


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as started:
        yield started


@pytest.fixture
def listed(log: Log, sync: ListSync, decoder: Decoder) -> Listed:
    picture = scene(1)
    data = encoded(picture)
    fingerprints = fingerprint_picture(data, decoder)
    entry = log.add(
        bytes.fromhex(fingerprints.pdq.hex), Lane.SELF_REPORTED, bytes.fromhex(fingerprints.sha256)
    )
    sync.sync()
    return entry, picture, data


@pytest.fixture
def gate(store: Store) -> Iterator[Gate]:
    with Gate.open(store.folder) as opened:
        yield opened


def test_altered_copies_are_held_and_others_let_through(listed: Listed, gate: Gate) -> None:
    entry, picture, data = listed
    copies = [
        data,
        encoded(picture, "JPEG", quality=40),
        encoded(picture.resize((480, 360)), "WEBP", quality=60),
        encoded(ImageEnhance.Brightness(picture).enhance(1.2), "JPEG"),
    ]
    for copy in copies:
        verdict = gate.check(copy)
        assert verdict.decision == "review"
        assert (verdict.entry, verdict.lane) == (entry, Lane.SELF_REPORTED)
        assert "self_reported" in verdict.reason
    assert gate.check(data).distance == 0
    for seed in range(2, 8):
        verdict = gate.check(encoded(scene(seed)))
        assert verdict.decision == "allow"
        assert (verdict.entry, verdict.lane, verdict.distance) == (None, None, None)


@pytest.mark.parametrize(
    ("altered", "named"),
    [
        (ImageOps.mirror, "mirrored"),
        (lambda picture: picture.rotate(90, expand=True), "turned"),
        (lambda picture: ImageOps.expand(picture, 70, "white"), ""),  # several views find it
    ],
)
def test_a_copy_that_shows_the_picture_otherwise_is_held_and_the_view_named(
    listed: Listed, gate: Gate, altered: Callable[[Image.Image], Image.Image], named: str
) -> None:
    entry, picture, _ = listed
    verdict = gate.check(encoded(altered(picture), "JPEG", quality=80))
    assert verdict.entry == entry
    assert verdict.deciding is not None
    assert verdict.deciding.view
    assert named in verdict.deciding.view
    assert f"seen as {verdict.deciding.view}, " in verdict.reason


def test_an_upload_that_is_no_picture_is_the_platforms_to_decide(
    listed: Listed, gate: Gate
) -> None:
    for data in (b"", b"not a picture", encoded(scene(3))[:20]):
        with pytest.raises(MediaError):
            gate.check(data)


def test_a_listed_file_that_no_decoder_reads_is_still_stopped(
    log: Log, sync: ListSync, gate: Gate
) -> None:
    data = b"a kind of picture that only one phone can read"
    entry = log.add(b"", Lane.CONFIRMED, hashlib.sha256(data).digest())
    sync.sync()
    assert gate.check(data).entry == entry
    with pytest.raises(UnsupportedMedia):
        gate.check(data + b".")


def test_a_file_listed_by_its_md5_alone_is_stopped_as_soon_as_it_is_listed(
    log: Log, sync: ListSync, gate: Gate, codes: Iterator[bytes]
) -> None:
    data = encoded(scene(4))
    log.add(next(codes))
    sync.sync()
    assert gate.check(data).decision == "allow"
    entry = log.add(b"", Lane.CONFIRMED, md5=hashlib.md5(data).digest())
    sync.sync()
    assert (gate.check(data).entry, gate.check(data).distance) == (entry, 0)


def test_nothing_can_be_checked_before_a_list_is_there(gate: Gate) -> None:
    with pytest.raises(NoListError, match="takeback gate sync"):
        gate.check(encoded(scene(1)))
    assert not gate.ready
    assert gate.health()[0].stale


@pytest.mark.parametrize("alike", [0, 1, 2])
def test_a_list_of_none_of_one_and_of_two_equal_hashes_is_matched(
    log: Log, sync: ListSync, store: Store, codes: Iterator[bytes], alike: int
) -> None:
    code, another = next(codes), next(codes)
    entries = {log.add(code) for _ in range(alike)}
    sync.sync()
    with Gate.open(store.folder, decoders=1) as gate:
        near = gate.check_fingerprints(UploadFingerprints(pdq=flipped(code, range(8))))
        assert near.decision == ("review" if alike else "allow")
        assert (len(near.entries), set(near.entries)) == (alike, entries)
        assert {match.distance for match in near.matches} <= {8}
        assert gate.check_fingerprints(UploadFingerprints(pdq=another)).decision == "allow"


def test_a_newer_list_is_picked_up_by_itself(
    listed: Listed, log: Log, sync: ListSync, gate: Gate
) -> None:
    entry, _, data = listed
    assert gate.check(data).entry == entry
    log.withdraw(entry)
    sync.sync()
    assert gate.check(data).decision == "allow"


def test_many_threads_share_a_gate_while_the_list_changes(
    listed: Listed, log: Log, sync: ListSync, gate: Gate, codes: Iterator[bytes]
) -> None:
    entry, _, data = listed
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(gate.check, data, report=False) for _ in range(40)]
        for _ in range(5):
            log.add(next(codes))
            sync.sync()
    assert {answer.result().entry for answer in answers} == {entry}
    assert gate.check(data, report=False).checked_against[0].checkpoint_size == 7
