"""View policies: what is shipped holds together, and what is odd is refused by name and place."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.fingerprints.luma import Box
from takeback.fingerprints.views import (
    MAX_LISTED_CROPS,
    WHOLE,
    WHOLE_VIEW,
    ListedCrop,
    UploadView,
    ViewPolicyError,
    load_policy,
    read_policies,
    shipped_policies,
)
from takeback.hotline.intake.domain.pictures import MAX_CROPS

_VECTORS = Path(__file__).parents[1] / "vectors/listed_crops.json"
SIDES = st.integers(5, 20_000)


def test_the_shipped_policies_are_three() -> None:
    assert list(shipped_policies()) == ["plain", "standard", "thorough"]
    assert load_policy().name == "standard"


def test_plain_lists_nothing_beside_the_whole() -> None:
    assert load_policy("plain").listed == ()


@pytest.mark.parametrize("name", ["standard", "thorough"])
def test_a_report_has_room_for_what_is_listed(name: str) -> None:
    assert 8 <= len(load_policy(name).listed) <= min(MAX_LISTED_CROPS, MAX_CROPS)


def test_thorough_finds_all_that_standard_finds() -> None:
    standard, thorough = load_policy("standard"), load_policy("thorough")
    assert thorough.listed == standard.listed
    wider = {(view.part, view.box, view.degrees): view for view in thorough.upload}
    for view in standard.upload:
        places = wider[view.part, view.box, view.degrees].orientations.places
        assert set(view.orientations.places) <= set(places)


@pytest.mark.parametrize("name", ["plain", "standard", "thorough"])
def test_every_policy_begins_with_the_whole(name: str) -> None:
    assert load_policy(name).upload[0] == WHOLE_VIEW


@given(width=SIDES, height=SIDES)
def test_crops_lie_in_the_picture_and_differ(width: int, height: int) -> None:
    boxes = list(load_policy().listed_boxes(width, height).values())
    for box in boxes:
        assert 0 <= box.left < box.right <= 1
        assert 0 <= box.top < box.bottom <= 1
    for place, box in enumerate(boxes):
        for other in [WHOLE, *boxes[:place]]:
            assert max(abs(a - b) for a, b in zip(box, other, strict=True)) >= 0.02


def test_an_aspect_is_cut_from_the_middle() -> None:
    square = ListedCrop("square", aspect=(1, 1))
    assert square.box_in(300, 200) == pytest.approx((1 / 6, 0, 5 / 6, 1))
    assert square.box_in(200, 300) == pytest.approx((0, 1 / 6, 1, 5 / 6))


def test_a_square_picture_has_no_square_crop() -> None:
    assert "square" in load_policy().listed_boxes(1600, 900)
    assert "square" not in load_policy().listed_boxes(1000, 1001)


@pytest.mark.parametrize("vector", json.loads(_VECTORS.read_text()))
def test_crops_are_those_of_the_vectors(vector: dict[str, Any]) -> None:
    boxes = load_policy().listed_boxes(vector["width"], vector["height"])
    assert np.array(list(boxes.values())) == pytest.approx(np.array(vector["boxes"]), abs=1e-9)


def test_a_view_is_placed_within_its_part() -> None:
    view = UploadView("left half", box=Box(0, 0, 0.5, 1))
    assert view.box_in(Box(0.2, 0.1, 0.6, 0.9)) == pytest.approx((0.2, 0.1, 0.4, 0.9))


def test_an_unknown_policy_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ViewPolicyError, match="plain, standard, thorough"):
        load_policy("quick")


_GOOD_CROP = '{ name = "a", box = [0, 0, 1, 0.9] }'
_GOOD_VIEW = '{ name = "v", degrees = 2, orientations = "all" }'


def _text(listed: str = _GOOD_CROP, upload: str = _GOOD_VIEW) -> str:
    return f"[p]\nlisted = [{listed}]\nupload = [{upload}]\n"


def test_a_policy_is_read_as_written() -> None:
    policy = read_policies(_text())["p"]
    assert policy.listed == (ListedCrop("a", Box(0.0, 0.0, 1.0, 0.9)),)
    whole, view = policy.upload
    assert whole == WHOLE_VIEW
    assert (view.degrees, len(view.orientations.places)) == (2.0, 8)


def test_a_policy_adds_to_another_and_takes_its_views_over_by_name() -> None:
    own = '{ name = "v", degrees = 3 }, { name = "w", degrees = 4 }'
    policy = read_policies(_text() + f'[q]\nbeyond = "p"\nupload = [{own}]')["q"]
    assert [crop.name for crop in policy.listed] == ["a"]
    assert [(view.name, view.degrees) for view in policy.upload[1:]] == [("v", 3.0), ("w", 4.0)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[p", "not valid TOML"),
        ("p = 1", "p must be a table"),
        ('[p]\nbeyond = "q"\n[q]', "p.beyond must be the name of a policy above it"),
        ("[p]\nbeyond = []", "p.beyond must be the name of a policy above it"),
        ("[p]\nlisted = 1\nupload = []", "p.listed must be a list"),
        ("[p]\nlisted = []\nupload = []\nother = 1", "unknown field 'other'"),
        (_text(listed='{ name = "a" }'), r"p.listed\[0\] must have either a box or an aspect"),
        (_text(listed='{ name = "", box = [0, 0, 1, 0.9] }'), "name must be text"),
        (_text(listed='{ name = "a", aspect = [0, 1] }'), "two whole numbers"),
        (_text(listed='{ name = "a", box = [0, 0, 0, 1] }'), "left before right"),
        (_text(listed='{ name = "a", box = [0, 0, 1.1, 1] }'), "left before right"),
        (_text(listed='{ name = "a", box = [0, 0, 1] }'), "left before right"),
        (_text(listed=f"{_GOOD_CROP}, {_GOOD_CROP}"), "one name twice"),
        (_text(listed=", ".join(f'{{ name = "{n}", aspect = [1, 1] }}' for n in range(17))), "16"),
        (_text(upload='{ name = "v", part = "corner" }'), "must be one of: whole, trimmed"),
        (_text(upload='{ name = "v", part = 3 }'), "must be one of: whole, trimmed"),
        (_text(upload='{ name = "v", orientations = "some" }'), "upright, mirrored, all"),
        (_text(upload='{ name = "v", degrees = 45 }'), "degrees"),
        (_text(upload='{ name = "v", degrees = nan }'), "degrees"),
        (_text(upload='{ name = "whole" }'), "one name twice"),
    ],
)
def test_what_is_odd_is_refused_by_its_place(text: str, named: str) -> None:
    with pytest.raises(ViewPolicyError, match=named):
        read_policies(text)
