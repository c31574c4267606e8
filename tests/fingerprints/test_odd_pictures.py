"""Odd files get the fingerprint of what people see, or an error that says what is wrong."""

from collections import Counter

import pytest

from takeback.media import DamagedMedia, UnsupportedMedia
from tests.support.odd_pictures import all_cases
from tests.support.odd_pictures.judging import Judged, Verdict, described, judged_by_both


@pytest.fixture(scope="module")
def judged() -> list[tuple[Judged, Judged]]:
    return list(judged_by_both(all_cases()))


def test_all_pixels_give_the_fingerprint_of_what_people_see(
    judged: list[tuple[Judged, Judged]],
) -> None:
    assert described(exact for exact, _ in judged if exact.verdict is not Verdict.RIGHT) == {}


def test_the_gate_sees_the_same(judged: list[tuple[Judged, Judged]]) -> None:
    assert described(upload for _, upload in judged if upload.verdict is not Verdict.RIGHT) == {}


def test_the_cases_are_many_and_of_every_kind() -> None:
    cases = all_cases()
    kinds = Counter(case.name.rpartition(".")[2] for case in cases)
    assert set(kinds) == {"avif", "bmp", "gif", "heic", "jpg", "png", "tif", "webp"}
    assert len(cases) >= 500
    errors = Counter(case.error for case in cases)
    assert errors[DamagedMedia] >= 60
    assert errors[UnsupportedMedia] >= 30
    assert sum(case.shows is not None for case in cases) >= 350
