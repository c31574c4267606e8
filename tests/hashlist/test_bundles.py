"""Bundles and tile paths: they round-trip, and every cut, surplus and other spelling is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.hashlist.bundles import Record, decode_openings, encode_entries, encode_openings
from takeback.hashlist.commitments import Opening, seal_event
from takeback.hashlist.errors import MalformedLogError, OpeningMismatchError
from takeback.hashlist.events import MAX_EVENT_BYTES
from takeback.hashlist.tiles import BundleRef, TileRef, bundles_between


def records() -> st.SearchStrategy[list[Record]]:
    digest = st.binary(min_size=32, max_size=32)
    opening = st.builds(Opening, digest, st.binary(min_size=1, max_size=80))
    return st.lists(st.builds(Record, digest, st.none() | opening), max_size=6)


@given(records())
def test_openings_bundle_survives_the_wire(some: list[Record]) -> None:
    assert decode_openings(encode_openings(some), len(some)) == some


@given(records())
def test_every_cut_and_surplus_of_an_openings_bundle_is_refused(some: list[Record]) -> None:
    whole = encode_openings(some)
    for length in range(len(whole)):
        with pytest.raises(MalformedLogError):
            decode_openings(whole[:length], len(some))
    with pytest.raises(MalformedLogError):
        decode_openings(whole + b"\0", len(some))
    with pytest.raises(MalformedLogError):
        decode_openings(whole, len(some) + 1)


@pytest.mark.parametrize("length", [1, 32, 33 + MAX_EVENT_BYTES, 2**32 - 1])
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
    opening = seal_event(event)
    commitment = opening.commitment()
    opening.check(commitment, index)
    place = data.draw(st.integers(0, len(event) - 1))
    other = event[:place] + bytes([event[place] ^ 1]) + event[place + 1 :]
    for wrong in (Opening(opening.nonce, other), Opening(bytes(32), event)):
        with pytest.raises(OpeningMismatchError, match=str(index)):
            wrong.check(commitment, index)


def test_same_event_sealed_twice_has_nothing_in_common() -> None:
    assert seal_event(b"event").commitment() != seal_event(b"event").commitment()


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


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_bundles_between_two_sizes_hold_all_that_is_new(verified: int, size: int) -> None:
    held = [index for ref in bundles_between(verified, size) for index in range(ref.start, ref.end)]
    if size <= verified:
        assert held == []
    else:
        assert held == list(range(verified // 256 * 256, size))
