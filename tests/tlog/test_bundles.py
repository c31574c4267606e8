"""Bundles and tile paths: they round-trip, and every cut, surplus and other spelling is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
