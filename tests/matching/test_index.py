"""The index, in every shape and on every instruction set, against counting each code's bits."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback import _native
from takeback.fingerprints.pdq import dihedral_pdqs
from takeback.matching.index import Codes, PdqIndex, TableShape, preferred_order, shape_for
from takeback.media import Decoder
from tests.support.match_lists import codes, flipped, near_codes

SHAPES = [
    None,
    TableShape(bands=16, slot_bits=16),
    TableShape(bands=11, slot_bits=12),
    TableShape(bands=8, slot_bits=14, block_bits=3),
    TableShape(bands=7, slot_bits=18, block_bits=4),
    TableShape(bands=25, slot_bits=10),
]

# Shapes of long lists, and to which distance the tables serve a million codes.
LONG_SHAPES = {
    TableShape(bands=11, slot_bits=23): 54,
    TableShape(bands=10, slot_bits=25): 49,
    TableShape(bands=8, slot_bits=27, block_bits=3): 39,
}


Million = tuple[
    TableShape, PdqIndex, Codes, list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]
]


@pytest.fixture(params=_native.hamming_instruction_sets(), autouse=True)
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    """Every test runs on each of those that this machine has."""
    _native.use_hamming_instruction_set(request.param)
    yield request.param
    _native.use_hamming_instruction_set(_native.hamming_instruction_sets()[0])


def array_of(listed: Sequence[bytes]) -> Codes:
    return np.frombuffer(b"".join(listed), np.uint8).reshape(-1, 32)


def distances(listed: Codes, query: bytes) -> npt.NDArray[np.int64]:
    differing = np.bitwise_count(listed ^ np.frombuffer(query, np.uint8))
    counted: npt.NDArray[np.int64] = differing.sum(axis=1, dtype=np.int64)
    return counted


def check(index: PdqIndex, listed: Codes, queries: Sequence[bytes], threshold: int) -> None:
    """A batch finds what counting finds, and so does each single search."""
    for query, hits in zip(queries, index.search_batch(queries, threshold), strict=True):
        far = distances(listed, query)
        expected = np.flatnonzero(far <= threshold)
        assert hits.rows.tolist() == expected.tolist()
        assert hits.distances.tolist() == far[expected].tolist()
    if queries:
        single = index.search(queries[-1], threshold)
        assert single.rows.tolist() == hits.rows.tolist()
        assert single.distances.tolist() == hits.distances.tolist()


def built(listed: Codes, shape: TableShape | None) -> PdqIndex:
    """The index, taken up again from its tables."""
    index = PdqIndex.build(listed, shape=shape, threads=2)
    return PdqIndex.attach(listed, index.tables)


def in_order(listed: Codes, shape: TableShape) -> Codes:
    """The codes in the order in which the first band needs no entries."""
    slots = _native.hamming_slots(listed, shape.bands, shape.slot_bits)
    return listed[np.argsort(slots, kind="stable")]


def neighbours(random: np.random.Generator, listed: Codes, most: int) -> list[bytes]:
    """Copies of listed codes, each with up to `most` bits turned over."""
    turned = [random.choice(256, random.integers(most + 1), replace=False) for _ in listed]
    return [
        flipped(bytes(code), positions.tolist())
        for code, positions in zip(listed, turned, strict=True)
    ]


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data(), query=codes(), threshold=st.integers(0, 63) | st.integers(0, 256))
@settings(max_examples=10)
def test_the_index_finds_exactly_what_counting_finds(
    shape: TableShape | None, data: st.DataObject, query: bytes, threshold: int
) -> None:
    listed = array_of(data.draw(st.lists(near_codes(query) | codes(), max_size=20)))
    check(built(listed, shape), listed, [query], threshold)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_distance_is_told_apart_from_its_neighbours(shape: TableShape | None) -> None:
    query = bytes(range(7, 39))
    random = np.random.default_rng(3)
    listed = array_of(
        [flipped(query, random.permutation(256)[:far].tolist()) for far in range(257)]
    )
    index = built(listed, shape)
    for threshold in range(257):
        assert index.search(query, threshold).rows.tolist() == list(range(threshold + 1))


# Long enough that tables are really used at the thresholds of the policy.
@pytest.fixture(scope="module", params=["any", "even", "odd"])
def long_list(request: pytest.FixtureRequest) -> Codes:
    """20,000 codes: spread evenly, whose numbers of set bits are even, odd, or either."""
    listed = np.random.default_rng(5).integers(0, 256, (20_000, 32), np.uint8)
    if request.param != "any":
        odd = np.bitwise_count(listed).sum(axis=1) % 2
        listed[:, 0] ^= (odd ^ (request.param == "odd")).astype(np.uint8)
    return listed


@pytest.mark.parametrize("shape", SHAPES[1:])
@pytest.mark.parametrize("ordered", [False, True])
def test_copies_are_found_at_every_threshold_among_many(
    long_list: Codes, shape: TableShape, ordered: bool
) -> None:
    listed = in_order(long_list, shape) if ordered else long_list
    index = built(listed, shape)
    random = np.random.default_rng(6)
    for threshold in range(64):
        near = listed[random.integers(len(listed), size=3)]
        check(index, listed, neighbours(random, near, threshold + 2), threshold)
        if index.scans(threshold):  # and so it does at every further one
            break
    assert threshold > 17


def dealt_to_bands(
    random: np.random.Generator, shape: TableShape, most: int
) -> npt.NDArray[np.int64]:
    """`most` of the bits that the tables tell apart, as many in each band as in every other.

    A code that differs in these lies within the radius of hardly any band.
    """
    starts = 256 * np.arange(shape.bands) // shape.bands
    bits = np.tile(np.arange(shape.slot_bits), (shape.bands, 1)) + starts[:, np.newaxis]
    return random.permutation(random.permuted(bits, axis=1)).T.ravel()[:most]


@pytest.fixture(scope="module", params=LONG_SHAPES, ids=str)
def million(request: pytest.FixtureRequest) -> Million:
    """A million codes in a shape of long lists, four queries, and what counting finds for them.

    Of each query there are copies at every distance to 63. Counted is all that is nearer
    than 64: a pair (rows, distances) for each query.
    """
    shape = request.param
    random = np.random.default_rng(13)
    listed = random.integers(0, 256, (1_000_000, 32), np.uint8)
    queries = random.integers(0, 256, (4, 32), np.uint8)
    turned = np.zeros((4, 64, 2, 256), np.uint8)
    for query, most, kind in np.ndindex(turned.shape[:3]):
        bits = random.permutation(256)[:most] if kind else dealt_to_bands(random, shape, most)
        turned[query, most, kind, bits] = 1
    copies = queries[:, np.newaxis, np.newaxis] ^ np.packbits(turned, axis=-1, bitorder="little")
    listed[random.choice(len(listed), 4 * 64 * 2, replace=False)] = copies.reshape(-1, 32)
    if shape.block_bits:
        listed = in_order(listed, shape)
    counted = []
    for query in queries:
        far = distances(listed, query)
        near = np.flatnonzero(far < 64)
        counted.append((near, far[near]))
    return shape, built(listed, shape), queries, counted


def test_copies_are_found_at_every_threshold_among_a_million(million: Million) -> None:
    shape, index, queries, counted = million
    for threshold in range(64):
        assert index.scans(threshold) == (threshold > LONG_SHAPES[shape])
        found = index.search_batch(queries, threshold)
        for hits, (rows, far) in zip(found, counted, strict=True):
            assert hits.rows.tolist() == rows[far <= threshold].tolist()
            assert hits.distances.tolist() == far[far <= threshold].tolist()


@pytest.mark.parametrize("shape", SHAPES)
def test_near_duplicates_are_all_found(shape: TableShape | None) -> None:
    random = np.random.default_rng(7)
    pictures = random.integers(0, 256, (20, 32), np.uint8)
    copies = neighbours(random, np.repeat(pictures, 600, axis=0), 20)
    listed = array_of(copies)
    index = built(listed, shape)
    for threshold in (0, 12, 31, 40):
        check(index, listed, [bytes(code) for code in pictures[:4]], threshold)


@pytest.mark.parametrize("shape", SHAPES)
def test_copies_are_found_where_bands_hold_few_values(shape: TableShape | None) -> None:
    random = np.random.default_rng(8)
    pieces = random.integers(0, 256, (3, 8, 4), np.uint8)
    picks = random.integers(0, 3, (12_000, 8))
    listed = np.ascontiguousarray(pieces[picks, np.arange(8)].reshape(-1, 32))
    index = built(listed, shape)
    for threshold in (0, 10, 31, 50):
        check(index, listed, neighbours(random, listed[:4], 12), threshold)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 5000])
@pytest.mark.parametrize("threshold", [0, 31, 256])
def test_equal_codes_are_all_found(shape: TableShape | None, size: int, threshold: int) -> None:
    code = bytes(range(32))
    index = built(array_of([code] * size), shape)
    assert index.search(code, threshold).rows.tolist() == list(range(size))
    complement = flipped(code, range(256))
    far = index.search(complement, threshold)
    assert far.distances.tolist() == ([256] * size if threshold == 256 else [])


def test_real_pictures_find_their_copies(photographs: list[Path], decoder: Decoder) -> None:
    pdqs = [
        pdq.bits
        for path in photographs[:6]
        for pdq in dihedral_pdqs(decoder.decode(path.read_bytes()).pixels)
    ]
    random = np.random.default_rng(9)
    noise = random.integers(0, 256, (20_000, 32), np.uint8)
    listed = np.concatenate([noise, array_of(pdqs)])
    for shape in SHAPES:
        check(built(listed, shape), listed, neighbours(random, listed[-40:], 33), 31)


@given(st.lists(codes(), max_size=5), st.lists(codes(), max_size=5), st.integers(0, 256))
def test_a_batch_in_any_form_answers_as_single_searches_do(
    listed: list[bytes], queries: list[bytes], threshold: int
) -> None:
    index = PdqIndex.build(array_of(listed))
    single = [index.search(query, threshold).rows.tolist() for query in queries]
    for form in (queries, array_of(queries)):
        assert [hits.rows.tolist() for hits in index.search_batch(form, threshold)] == single
        limits, rows, _ = index.search_flat(form, threshold)
        assert [part.tolist() for part in np.split(rows, limits[1:-1])][: len(queries)] == single
        assert len(limits) == len(queries) + 1


def test_a_batch_of_more_queries_than_are_worked_on_together(long_list: Codes) -> None:
    random = np.random.default_rng(10)
    index = built(long_list, SHAPES[2])
    queries = array_of(neighbours(random, long_list[:2500], 40))
    limits, rows, _ = index.search_flat(queries, 31)
    assert limits[-1] == len(rows) > 1000
    for query in range(0, 2500, 250):
        far = distances(long_list, bytes(queries[query]))
        found = rows[limits[query] : limits[query + 1]].tolist()
        assert found == np.flatnonzero(far <= 31).tolist()


@pytest.mark.parametrize("shape", SHAPES[1:])
@given(data=st.data())
@settings(max_examples=10)
def test_damaged_tables_never_find_what_is_not_there(
    shape: TableShape | None, data: st.DataObject
) -> None:
    listed = np.random.default_rng(11).integers(0, 256, (3000, 32), np.uint8)
    tables = {
        name: table.copy() for name, table in PdqIndex.build(listed, shape=shape).tables.items()
    }
    name = data.draw(st.sampled_from(["occupied", "before", "last", "entries"]))
    table = tables[name].reshape(-1).view(np.uint8)
    if data.draw(st.booleans()):
        table[:] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]))
    else:
        table[:] = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, 256, len(table))
    index = PdqIndex.attach(listed, tables)
    queries = listed[data.draw(st.lists(st.integers(0, 2999), min_size=1, max_size=4))]
    assert not index.scans(12)
    for query, hits in zip(queries, index.search_batch(queries, 12), strict=True):
        far = distances(listed, bytes(query))
        assert far[hits.rows].tolist() == hits.distances.tolist()
        assert np.all(hits.distances <= 12)


@pytest.mark.parametrize("name", ["layout", "occupied", "before", "last", "entries"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda table: table[:-1],
        lambda table: table.astype(np.float32),
        lambda table: np.concatenate([table, table]),
        lambda table: table[..., ::-1],
        lambda _: None,
    ],
    ids=["shorter", "of another type", "longer", "backwards", "gone"],
)
def test_tables_of_other_shapes_are_refused(
    name: str, damage: Callable[[npt.NDArray[Any]], npt.NDArray[Any] | None]
) -> None:
    listed = np.random.default_rng(12).integers(0, 256, (300, 32), np.uint8)
    tables = PdqIndex.build(listed, shape=SHAPES[1]).tables
    damaged = damage(tables[name])
    if damaged is None:
        del tables[name]
    else:
        tables[name] = damaged
    with pytest.raises(ValueError, match=r"must|no such tables|other codes"):
        PdqIndex.attach(listed, tables)


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-1, 40), min_size=7, max_size=7))
@settings(max_examples=40)
def test_layouts_that_can_not_be_are_refused(numbers: list[int]) -> None:
    listed = np.random.default_rng(12).integers(0, 256, (300, 32), np.uint8)
    tables = PdqIndex.build(listed, shape=SHAPES[1]).tables
    layout = np.array([1, 300, *numbers[2:]], np.int64)
    if layout[2:6].tolist() == tables["layout"][2:6].tolist():
        return
    with pytest.raises(ValueError, match=r"must|shape|can't be"):
        PdqIndex.attach(listed, tables | {"layout": layout})
    with pytest.raises(ValueError, match="other codes"):
        PdqIndex.attach(listed[:-1], tables)


def test_tables_mapped_read_only_are_searched(tmp_path: Path, long_list: Codes) -> None:
    np.save(tmp_path / "codes.npy", long_list)
    for name, table in PdqIndex.build(long_list, shape=SHAPES[3]).tables.items():
        np.save(tmp_path / f"{name}.npy", table)
    mapped = {path.stem: np.load(path, mmap_mode="r") for path in tmp_path.glob("*.npy")}
    listed = mapped.pop("codes")
    check(PdqIndex.attach(listed, mapped), listed, [bytes(listed[77])], 31)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_codes_give_the_same_tables(long_list: Codes, threads: int) -> None:
    tables = PdqIndex.build(long_list, shape=SHAPES[2], threads=threads).tables
    for name, table in PdqIndex.build(long_list, shape=SHAPES[2]).tables.items():
        assert np.array_equal(table, tables[name])


def test_the_length_of_a_list_chooses_the_shape_of_its_tables() -> None:
    assert shape_for(100) is None
    assert PdqIndex.build(np.zeros((100, 32), np.uint8)).tables == {}
    assert preferred_order(np.zeros((100, 32), np.uint8)) is None
    for rows in (10**5, 10**6, 10**7, 10**8):
        shape = shape_for(rows)
        assert shape is not None
        shape.check()


@pytest.mark.parametrize(("query", "far"), [(bytes(31), 0), (bytes(32), -1), (bytes(32), 257)])
def test_questions_that_have_no_answer_are_refused(query: bytes, far: int) -> None:
    with pytest.raises(ValueError, match=r"must be from 0 to 256|has 32 bytes"):
        PdqIndex.build(np.zeros((0, 32), np.uint8)).search(query, far)


def test_codes_and_queries_of_other_shapes_are_refused() -> None:
    listed = np.zeros((4, 32), np.uint8)
    wrongs: list[npt.NDArray[Any]] = [listed[:, :31], listed.astype(np.int8), listed[:, ::-1]]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="codes must"):
            PdqIndex.build(wrong)
        with pytest.raises(ValueError, match="queries must"):
            PdqIndex.build(listed).search_flat(wrong, 31)
    for shape in (TableShape(26, 9), TableShape(11, 24), TableShape(8, 27, 5), TableShape(0, 16)):
        with pytest.raises(ValueError, match="can't have tables"):
            PdqIndex.build(listed, shape=shape)
