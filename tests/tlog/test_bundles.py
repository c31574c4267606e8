"""Bundles and tile paths: they round-trip, and every cut, surplus and other spelling is refused."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.hashlist.additions import Addition
from takeback.hashlist.events import (
    AddedEvent,
    Event,
    canonical_json,
    new_entry_id,
    parse_event,
    write_hour,
)
from takeback.hashlist.openings import decode_openings_in_bulk
from takeback.tlog.bundles import (
    EventRange,
    Record,
    decode_openings,
    encode_entries,
    encode_openings,
    ranges_between,
)
from takeback.tlog.commitments import MAX_EVENT_BYTES, Opening, commit_event
from takeback.tlog.errors import MalformedLogError, OpeningMismatchError
from takeback.tlog.tiles import BundleRef, TileRef
from tests.support.built_logs import added, events


def records() -> st.SearchStrategy[list[Record]]:
    digest = st.binary(min_size=32, max_size=32)
    opening = st.builds(Opening, digest, st.binary(min_size=1, max_size=80))
    withheld = st.builds(Record, digest, st.none(), st.just(True))
    return st.lists(st.builds(Record, digest, st.none() | opening) | withheld, max_size=6)


@given(records())
def test_openings_bundle_survives_the_wire(bundle: list[Record]) -> None:
    assert decode_openings(encode_openings(bundle), len(bundle)) == bundle


@given(records())
def test_every_cut_and_surplus_of_an_openings_bundle_is_refused(bundle: list[Record]) -> None:
    whole = encode_openings(bundle)
    for length in range(len(whole)):
        with pytest.raises(MalformedLogError):
            decode_openings(whole[:length], len(bundle))
    with pytest.raises(MalformedLogError):
        decode_openings(whole + b"\0", len(bundle))
    with pytest.raises(MalformedLogError):
        decode_openings(whole, len(bundle) + 1)


@pytest.mark.parametrize("length", [1, 32, 33 + MAX_EVENT_BYTES, 2**32 - 2])
def test_opening_of_an_impossible_length_is_refused(length: int) -> None:
    with pytest.raises(MalformedLogError, match="bytes"):
        decode_openings(bytes(32) + length.to_bytes(4, "big") + bytes(length % 2**20), 1)


def test_entry_bundle_is_length_prefixed_as_the_specification_has_it() -> None:
    assert encode_entries([b"\x01" * 32, b"\x02" * 32]) == (
        b"\x00\x20" + b"\x01" * 32 + b"\x00\x20" + b"\x02" * 32
    )


@given(st.binary(min_size=1, max_size=50), st.integers(0, 10**6), st.data())
def test_opening_fits_its_own_commitment_only(
    event: bytes, index: int, data: st.DataObject
) -> None:
    opening = commit_event(event)
    commitment = opening.commitment()
    opening.check(commitment, index)
    place = data.draw(st.integers(0, len(event) - 1))
    other = event[:place] + bytes([event[place] ^ 1]) + event[place + 1 :]
    for wrong in (Opening(opening.nonce, other), Opening(bytes(32), event)):
        with pytest.raises(OpeningMismatchError, match=str(index)):
            wrong.check(commitment, index)


def test_two_commitments_to_the_same_event_have_nothing_in_common() -> None:
    assert commit_event(b"event").commitment() != commit_event(b"event").commitment()


@given(st.integers(0, 10**18 - 1), st.integers(1, 256), st.integers(0, 63))
def test_tile_path_survives_the_wire(number: int, width: int, level: int) -> None:
    bundle = BundleRef(number, width)
    assert BundleRef.parse(bundle.path) == bundle
    assert TileRef.parse(TileRef(level, bundle).path) == TileRef(level, bundle)


def test_tile_paths_are_those_of_the_specification() -> None:
    assert BundleRef(1234067).path == "x001/x234/067"
    assert BundleRef(0, 8).path == "000.p/8"
    assert TileRef(1, BundleRef(0, 17)).path == "1/000.p/17"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0",
        "00",
        "0000",
        "x000/001",
        "001/002",
        "x001/x002",
        "000.p/0",
        "000.p/256",
        "000.p/08",
        "000.p/",
        "000/",
        "/000",
        "000\n",
        "٠٠٠",
        "-01",
        "../000",
    ],
)
def test_other_spellings_of_a_path_are_refused(path: str) -> None:
    with pytest.raises(MalformedLogError):
        BundleRef.parse(path)


@pytest.mark.parametrize("path", ["64/000", "00/000", "01/000", "-1/000", "/000", "0", "0/0"])
def test_other_spellings_of_a_level_are_refused(path: str) -> None:
    with pytest.raises(MalformedLogError):
        TileRef.parse(path)


@given(st.integers(0, 3000), st.integers(0, 3000), st.integers(1, 700))
def test_ranges_between_two_sizes_hold_all_that_is_new(verified: int, size: int, most: int) -> None:
    parts = list(ranges_between(verified, size, most))
    held = [index for part in parts for index in range(part.start, part.end)]
    assert held == list(range(verified, size))
    assert all(EventRange.parse(part.path) == part for part in parts)


@pytest.mark.parametrize(
    "path", ["", "0", "0-", "-1", "3-3", "3-2", "00-1", "0-01", "0-1 ", "0-4097", "٠-1", "0-1-2"]
)
def test_other_spellings_of_a_range_are_refused(path: str) -> None:
    with pytest.raises(MalformedLogError):
        EventRange.parse(path)


@given(events())
def test_an_addition_read_in_passing_says_what_the_event_says(event: Event) -> None:
    opening = commit_event(canonical_json(event))
    data = encode_openings([Record(opening.commitment(), opening)])
    _, (opened,), (addition,), _ = decode_openings_in_bulk(data, 1)
    assert opened == opening.nonce + opening.event
    plain = (
        isinstance(event, AddedEvent)
        and event.provenance.source == "reporter"
        and not re.search(r'[^ -~]|["\\]|^.{256}', event.provenance.hotline)
    )
    assert (addition is not None) == plain
    if addition is not None:
        assert isinstance(event, AddedEvent)
        assert as_addition(event) == addition


@given(events(), st.data())
def test_what_is_read_in_passing_is_an_event(event: Event, data: st.DataObject) -> None:
    """One byte is another: whoever takes it as an addition would also read it as the model."""
    body = bytearray(canonical_json(event))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.sampled_from(b'0129aef"\\, }x'))
    opening = commit_event(bytes(body))
    _, _, (addition,), _ = decode_openings_in_bulk(
        encode_openings([Record(opening.commitment(), opening)]), 1
    )
    if addition is not None:
        read = parse_event(bytes(body))
        assert isinstance(read, AddedEvent)
        assert as_addition(read) == addition


def as_addition(event: AddedEvent) -> Addition:
    def joined(kind: str) -> bytes:
        return b"".join(
            bytes.fromhex(signal.value) + (bytes([signal.quality]) if signal.type == "pdq" else b"")
            for signal in event.signals
            if signal.type == kind
        )

    kinds = {"pdq": 1, "sha256": 2, "md5": 3}
    counts = {kind: sum(one.type == kind for one in event.signals) for kind in kinds}
    heads = [bytes((kinds[kind], count)) for kind, count in counts.items() if count]
    return (
        event.entry,
        event.lane.value,
        canonical_json(event.provenance).decode(),
        write_hour(event.time),
        bytes([len(heads)]) + b"".join(heads) + b"".join(map(joined, kinds)),
    )


@pytest.mark.parametrize(
    ("hour", "right"),
    [
        ("2028-02-29T00:00:00Z", True),
        ("2100-02-29T00:00:00Z", False),
        ("2000-02-29T23:00:00Z", True),
        ("2026-02-29T00:00:00Z", False),
        ("2026-04-31T00:00:00Z", False),
        ("2026-13-01T00:00:00Z", False),
        ("2026-00-01T00:00:00Z", False),
        ("2026-01-00T00:00:00Z", False),
        ("0000-01-01T00:00:00Z", False),
        ("0001-01-01T00:00:00Z", True),
        ("2026-01-01T24:00:00Z", False),
        ("2026-01-01T10:01:00Z", False),
    ],
)
def test_an_addition_is_read_in_passing_on_days_that_there_are(hour: str, right: bool) -> None:
    body = canonical_json(added(new_entry_id())).replace(b"2026-03-01T14:00:00Z", hour.encode())
    opening = commit_event(body)
    data = encode_openings([Record(opening.commitment(), opening)])
    assert (decode_openings_in_bulk(data, 1).additions != [None]) == right
    with contextlib.nullcontext() if right else pytest.raises(MalformedLogError):
        parse_event(body)
