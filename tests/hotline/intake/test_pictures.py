"""The picture records of the browser are read strictly."""

import contextlib
import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.hotline.intake.domain.pictures import (
    LOWEST_QUALITY,
    MAX_CROPS,
    MAX_PICTURES,
    BadPicturesError,
    Kind,
    Picture,
    TooManyPicturesError,
    read_pictures,
)
from takeback.hotline.intake.listing import signals_of


def record(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "kind": "picture",
        "pdq": "0f" * 32,
        "quality": 100,
        "crops": [],
        "sha256": uuid4().hex * 2,
        "md5": "ab" * 16,
    } | changes


def crop(**changes: Any) -> dict[str, Any]:
    return {"pdq": uuid4().hex * 2, "quality": 100} | changes


def test_records_come_back_as_they_were_sent() -> None:
    sent = [
        record(crops=[crop(), crop(quality=0)]),
        record(pdq=None, quality=None),
        record(kind="video", pdq=None, quality=None),
    ]
    assert [picture.to_json() for picture in read_pictures(json.dumps(sent))] == sent


def test_the_same_file_counts_once() -> None:
    first, twin = record(sha256="12" * 32), record(sha256="12" * 32)
    read = read_pictures(json.dumps([first, twin, record()]))
    assert len(read) == 2
    assert str(read[0].id) == first["id"]


@pytest.mark.parametrize(
    ("quality", "exact_only"),
    [(0, True), (LOWEST_QUALITY - 1, True), (LOWEST_QUALITY, False), (100, False)],
)
def test_a_plain_picture_is_known_for_one(quality: int, exact_only: bool) -> None:
    assert Picture.from_json(record(quality=quality)).exact_only is exact_only


def test_a_file_that_the_browser_could_not_decode_is_taken() -> None:
    assert Picture.from_json(record(pdq=None, quality=None)).exact_only


def test_a_video_is_taken_openly_and_for_exact_copies_only() -> None:
    # Fault A6: a video went onto the list while the page said that videos don't work.
    [video] = read_pictures(json.dumps([record(kind="video", pdq=None, quality=None)]))
    assert video.kind is Kind.VIDEO
    assert video.exact_only
    assert [signal.type for signal in signals_of(video)] == ["sha256", "md5"]


@pytest.mark.parametrize(
    "changes",
    [
        {"pdq": "0F" * 32},
        {"pdq": "0f" * 31},
        {"pdq": "0f" * 32 + "\n"},
        {"pdq": None},
        {"quality": None},
        {"quality": 101},
        {"quality": -1},
        {"quality": 50.0},
        {"quality": True},
        {"sha256": None},
        {"sha256": "zz" * 32},
        {"md5": "ab" * 32},
        {"id": "1"},
        {"id": 7},
        {"name": "holiday.jpg"},
        {"kind": "other"},
        {"kind": None},
        {"kind": ["video"]},
        {"kind": "video"},  # with a PDQ
        {"kind": "video", "pdq": None},
        {"crops": None},
        {"crops": [{"pdq": "0f" * 32}]},
        {"crops": [{"pdq": "0f" * 31, "quality": 100}]},
        {"crops": [{"pdq": "0f" * 32, "quality": 101}]},
        {"crops": [{"pdq": "0f" * 32, "quality": 100, "box": "left"}]},
        {"crops": [{"pdq": "0f" * 32, "quality": 100}], "pdq": None, "quality": None},
        {"crops": [{"pdq": "0f" * 32, "quality": 100}] * (MAX_CROPS + 1)},
    ],
    ids=str,
)
def test_an_odd_record_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadPicturesError):
        read_pictures(json.dumps([record(**changes)]))


def test_two_pictures_of_one_id_are_refused() -> None:
    with pytest.raises(BadPicturesError):
        read_pictures(json.dumps([record(id=str(uuid4())) | {"id": "0" * 32} for _ in range(2)]))


def test_too_many_pictures_are_refused() -> None:
    read_pictures(json.dumps([record() for _ in range(MAX_PICTURES)]))
    with pytest.raises(TooManyPicturesError):
        read_pictures(json.dumps([record() for _ in range(MAX_PICTURES + 1)]))


@given(st.one_of(st.text(), st.recursive(st.none() | st.text(), st.lists).map(json.dumps)))
def test_anything_but_picture_records_gives_the_typed_error(text: str) -> None:
    with contextlib.suppress(BadPicturesError):
        assert read_pictures(text) == ()


def test_a_deeply_nested_text_is_refused_calmly() -> None:
    with pytest.raises(BadPicturesError):
        read_pictures("[" * 100_000)
