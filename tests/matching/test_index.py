"""The exact scan against counting bit by bit, at every distance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.matching.index import ExactScan, columns_of
from tests.matching.lists import codes, distance, flipped, near_codes


@given(st.data(), codes(), st.integers(0, 256))
def test_finds_exactly_what_counting_finds(data, query, threshold):
    listed = data.draw(st.lists(near_codes(query) | codes(), max_size=20))
    hits = ExactScan(columns_of(b"".join(listed))).search(query, threshold)
    expected = [
        (row, distance(query, code))
        for row, code in enumerate(listed)
        if distance(query, code) <= threshold
    ]
    assert list(zip(hits.rows.tolist(), hits.distances.tolist(), strict=True)) == expected


@given(codes())
def test_every_distance_is_told_apart_from_its_neighbours(query):
    listed = [flipped(query, range(far)) for far in range(257)]
    scan = ExactScan(columns_of(b"".join(listed)))
    for threshold in range(257):
        assert scan.search(query, threshold).rows.tolist() == list(range(threshold + 1))


@pytest.mark.parametrize("size", [0, 1, 2, 3])
@pytest.mark.parametrize("threshold", [0, 31, 256])
def test_lists_of_equal_codes(size, threshold):
    code = bytes(range(32))
    scan = ExactScan(columns_of(code * size))
    assert scan.search(code, threshold).rows.tolist() == list(range(size))
    complement = flipped(code, range(256))
    far = scan.search(complement, threshold)
    assert far.distances.tolist() == ([256] * size if threshold == 256 else [])


def test_a_list_longer_than_a_block_is_searched_to_its_last_row():
    random = np.random.default_rng(1)
    listed = bytearray(random.bytes(32 * 70_001))
    query = random.bytes(32)
    planted = {0: 0, 32_767: 3, 32_768: 30, 65_535: 31, 65_536: 32, 70_000: 24}
    for row, far in planted.items():
        listed[32 * row : 32 * row + 32] = flipped(query, range(far))
    hits = ExactScan(columns_of(bytes(listed))).search(query, 31)
    assert dict(zip(hits.rows.tolist(), hits.distances.tolist(), strict=True)) == {
        row: far for row, far in planted.items() if far <= 31
    }


@given(st.lists(codes(), max_size=5), st.lists(codes(), max_size=5), st.integers(0, 256))
def test_a_batch_answers_as_single_searches_do(listed, queries, threshold):
    scan = ExactScan(columns_of(b"".join(listed)))
    batch = scan.search_batch(queries, threshold)
    assert [hits.rows.tolist() for hits in batch] == [
        scan.search(query, threshold).rows.tolist() for query in queries
    ]


@pytest.mark.parametrize(("query", "far"), [(bytes(31), 0), (bytes(32), -1), (bytes(32), 257)])
def test_questions_that_have_no_answer_are_refused(query, far):
    with pytest.raises(ValueError, match=r"must be from 0 to 256|has 32 bytes"):
        ExactScan(columns_of(b"")).search(query, far)
