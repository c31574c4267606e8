"""What would match too much is neither listed nor looked up; photographs are."""

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from PIL import Image

from takeback.fingerprints.listable import is_listable, looks_drawn
from takeback.fingerprints.luma import Luma
from takeback.fingerprints.pdq import Pdq
from takeback.fingerprints.reading import view_pdqs_of
from takeback.fingerprints.views import load_policy
from tests.fingerprints.graphics import blank, chat, disc, gradient, page, square
from tests.fingerprints.kernels import Pixels

STANDARD = load_policy()
HALF = bytes.fromhex("a5" * 32)


def _luma(picture: Image.Image) -> Luma:
    return Luma.from_pixels(np.asarray(picture))


def _listed(luma: Luma) -> list[Pdq]:
    whole = luma.dihedral_pdqs()[0]
    crops = luma.crop_pdqs(list(STANDARD.listed_boxes(luma.width, luma.height).values()))
    return [
        *([whole] if is_listable(whole) else []),
        *(pdq for pdq in crops if is_listable(pdq, crop=True)),
    ]


@pytest.mark.parametrize("level", [0, 128, 255])
def test_nothing_of_a_blank_is_listed(level: int) -> None:
    assert _listed(_luma(blank(level))) == []


def test_nothing_of_a_gradient_is_listed() -> None:
    for seed in range(20):
        assert _listed(_luma(gradient(seed))) == []


def test_the_whole_needs_less_than_a_crop() -> None:
    assert not is_listable(Pdq(HALF, 49))
    assert is_listable(Pdq(HALF, 50))
    assert not is_listable(Pdq(HALF, 79), crop=True)
    assert is_listable(Pdq(HALF, 80), crop=True)


@pytest.mark.parametrize(("set_bits", "listable"), [(111, False), (112, True), (144, True)])
def test_codes_of_no_picture_are_not_listed(set_bits: int, listable: bool) -> None:
    bits = ((1 << set_bits) - 1).to_bytes(32)
    assert is_listable(Pdq(bits, 100)) == listable


@pytest.mark.parametrize("draw", [page, chat])
def test_pages_and_conversations_do_not_match_one_another(
    draw: Callable[[int], Image.Image],
) -> None:
    pictures = [_luma(draw(seed)) for seed in range(8)]
    listed = [_listed(luma) for luma in pictures]
    views = [view_pdqs_of(luma, STANDARD) for luma in pictures]
    for upload, other in permutations(range(len(pictures)), 2):
        nearest = min(e.distance(row.pdq) for row in views[upload] for e in listed[other])
        assert nearest > 31


@pytest.mark.parametrize("shape", [disc, square])
def test_a_shape_matches_no_other_size_of_it(shape: Callable[[int], Image.Image]) -> None:
    small, large = _luma(shape(120)), _luma(shape(240))
    views = view_pdqs_of(small, STANDARD)
    assert all(e.distance(row.pdq) > 31 for row in views for e in _listed(large))


def test_shapes_look_drawn_and_photographs_do_not(photograph_pixels: list[Pixels]) -> None:
    for picture in (disc(120), disc(260), square(200), blank(7)):
        assert looks_drawn(_luma(picture).grid())
    for pixels in photograph_pixels[:40]:
        assert not looks_drawn(Luma.from_pixels(pixels).grid())
