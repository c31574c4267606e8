import numpy as np
from benchmarks.codes import THRESHOLD, crowded_codes, queries_for, random_codes
from benchmarks.recall import compared, found_by_brute_force


def test_brute_force_counts_bits() -> None:
    codes = crowded_codes(300)
    queries = queries_for(codes, 200)
    found = found_by_brute_force(codes, queries)
    for query, rows in zip(queries, found, strict=True):
        near = [
            row
            for row, code in enumerate(codes)
            if (int.from_bytes(code) ^ int.from_bytes(query)).bit_count() <= THRESHOLD
        ]
        assert rows.tolist() == near
    assert sum(map(len, found)) > 50  # else it is no test of matches


def test_what_is_missed_and_what_is_too_much_is_told() -> None:
    truth = [np.array([1, 5, 9]), np.array([4]), np.array([], np.int64)]
    assert compared(truth, truth) == (4, 1.0, 0)
    found = [np.array([1, 9]), np.array([], np.int64), np.array([7])]
    assert compared(found, truth) == (4, 0.5, 1)
    nothing = [np.array([], np.int64)] * 3
    assert compared(nothing, nothing) == (0, 1.0, 0)


def test_queries_are_the_same_every_time_and_about_a_quarter_match() -> None:
    codes = random_codes(5_000)
    queries = queries_for(codes, 400)
    assert np.array_equal(queries, queries_for(random_codes(5_000), 400))
    matching = sum(len(rows) > 0 for rows in found_by_brute_force(codes, queries))
    assert 60 <= matching <= 150
