"""PDQs from reduced pictures: near the reference, the same on every machine, whatever is asked."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from takeback import _native
from takeback.fingerprints import Pdq, pdq_of_pixels
from takeback.fingerprints.luma import Box, Luma, View, pixels_of_box, view_pdqs
from tests.fingerprints.kernels import Pixels, WasmKernel, by_reference

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
PARTS = (
    WHOLE,
    Box(0.05, 0.05, 0.95, 0.95),
    Box(0.0, 0.1, 1.0, 1.0),
    Box(0.5, 0.0, 1.0, 1.0),
    Box(0.21, 0.13, 0.77, 0.9),
)
sides = st.integers(1, 700)
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(params=_native.instruction_sets())
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    _native.use_instruction_set(request.param)
    yield request.param
    _native.use_instruction_set(_native.instruction_sets()[0])


def scaled(pixels: Pixels, scale: int) -> NDArray[np.uint8]:
    """Reduce as a decoder does: the mean of whole squares, what is missing at the edge repeated."""
    grey = np.asarray(Image.fromarray(pixels).convert("L"), np.float64)
    height, width = (-(-side // scale) for side in grey.shape)
    edges = [(0, height * scale - grey.shape[0]), (0, width * scale - grey.shape[1])]
    squares = np.pad(grey, edges, "edge").reshape(height, scale, width, scale)
    reduced: NDArray[np.uint8] = np.rint(squares.mean(axis=(1, 3))).astype(np.uint8)
    return reduced


def cropped(pixels: Pixels, box: Box) -> Pixels:
    left, top, right, bottom = pixels_of_box(box, pixels.shape[1], pixels.shape[0])
    return pixels[top:bottom, left:right]


def first_of_views(luma: Luma, views: list[View]) -> list[Pdq]:
    codes, qualities = view_pdqs(luma.grid(), luma.width, luma.height, views)
    return [
        Pdq(eight[0].tobytes(), int(quality))
        for eight, quality in zip(codes, qualities, strict=True)
    ]


def test_photographs_stay_near_the_reference(photograph_pixels: list[Pixels]) -> None:
    whole, halved, parts, views = [], [], [], []
    for pixels in photograph_pixels:
        expected = pdq_of_pixels(pixels)
        luma = Luma.from_pixels(pixels)
        whole.append(luma.dihedral_pdqs()[0].distance(expected))
        reduced = Luma.from_scaled(scaled(pixels, 2), pixels.shape[1], pixels.shape[0])
        halved.append(reduced.dihedral_pdqs()[0].distance(expected))
        exact = [pdq_of_pixels(cropped(pixels, part)) for part in PARTS]
        pairs = zip(luma.crop_pdqs(PARTS), exact, strict=True)
        parts += [pdq.distance(other) for pdq, other in pairs]
        seen = zip(first_of_views(luma, [View(part) for part in PARTS]), exact, strict=True)
        views += [pdq.distance(other) for pdq, other in seen]
    assert len(whole) > 50
    for distances, near in ((whole, 0.99), (halved, 0.99), (parts, 0.97)):
        assert np.mean(np.array(distances) == 0) >= 0.6
        assert np.mean(np.array(distances) <= 4) >= near
        assert max(distances) <= 8
    # Between the samples of a grid, single stars are softer than in the picture.
    assert np.mean(views) <= 10
    assert np.mean(np.array(views) <= 24) >= 0.97


def test_all_eight_are_near_the_reference(photograph_pixels: list[Pixels]) -> None:
    for pixels in photograph_pixels[:20]:
        reference = by_reference(pixels)
        for ours, theirs in zip(
            Luma.from_pixels(pixels).dihedral_pdqs(), reference.eight, strict=True
        ):
            assert ours.distance(Pdq(theirs, ours.quality)) <= 8
            assert abs(ours.quality - reference.quality) <= 1


def test_a_small_copy_stays_near_its_picture(photograph_pixels: list[Pixels]) -> None:
    steady, plain = [], []
    for pixels in photograph_pixels:
        height, width = pixels.shape[:2]
        small = np.asarray(
            Image.fromarray(pixels).resize((width // 10, height // 10), Image.Resampling.LANCZOS)
        )
        original = pdq_of_pixels(pixels)
        steady += [first_of_views(Luma.from_pixels(small), [View(WHOLE)])[0].distance(original)]
        plain += [pdq_of_pixels(small).distance(original)]
    assert np.mean(np.array(steady) <= 31) >= 0.99
    assert np.mean(steady) < np.mean(plain) / 2


@pytest.mark.parametrize("degrees", [-3.0, -1.0, 1.0, 3.0])
def test_a_turn_is_anticlockwise(photograph_pixels: list[Pixels], degrees: float) -> None:
    part = Box(0.1, 0.1, 0.9, 0.9)
    for pixels in photograph_pixels[:20]:
        turned = Image.fromarray(pixels).rotate(degrees, Image.Resampling.BICUBIC)
        expected = pdq_of_pixels(cropped(np.asarray(turned), part))
        (ours,) = first_of_views(Luma.from_pixels(pixels), [View(part, degrees)])
        assert ours.distance(expected) <= 20


@given(height=sides, width=sides, seed=seeds, scale=st.sampled_from((1, 2, 3, 8)))
@example(height=1, width=1, seed=0, scale=1)
@example(height=4, width=4000, seed=0, scale=1)
@example(height=3000, width=70, seed=0, scale=8)
def test_every_instruction_set_gives_the_same_bits(
    height: int, width: int, seed: int, scale: int
) -> None:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    left, right = sorted(random.random(2))
    part = Box(left * 0.9, 0.0, min(right + 0.1, 1.0), 0.5 + random.random() / 2)
    views = [View(part), View(WHOLE, random.random() * 6 - 3)]
    # The scale of a picture that is hardly larger than it can't be told from the sizes.
    scale = scale if max(height, width) > scale * scale else 1
    edges = pixels_of_box(part, width, height)
    empty = edges[0] >= edges[2] or edges[1] >= edges[3]
    answers = []
    for name in _native.instruction_sets():
        _native.use_instruction_set(name)
        luma = Luma.from_pixels(pixels)
        reduced = Luma.from_scaled(scaled(pixels, scale), width, height)
        codes, qualities = view_pdqs(luma.grid(), width, height, views)
        answers.append(
            (
                pdq_of_pixels(pixels),
                luma.dihedral_pdqs(),
                reduced.dihedral_pdqs(),
                [] if empty else reduced.crop_pdqs([part]),
                luma.grid().tobytes(),
                codes.tobytes(),
                qualities.tobytes(),
            )
        )
    _native.use_instruction_set(_native.instruction_sets()[0])
    assert all(answer == answers[0] for answer in answers)


@given(height=sides, width=sides, seed=seeds)
def test_crops_in_the_browser_are_the_same(
    wasm_kernel: WasmKernel, height: int, width: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    blocks = random.integers(0, 256, (height // 9 + 1, width // 9 + 1, 3), dtype=np.uint8)
    pixels = np.repeat(np.repeat(blocks, 9, axis=0), 9, axis=1)[:height, :width]
    boxes = [pixels_of_box(part, width, height) for part in PARTS]
    boxes = [box for box in boxes if box[0] < box[2] and box[1] < box[3]]
    shares = [Box(b[0] / width, b[1] / height, b[2] / width, b[3] / height) for b in boxes]
    ours = Luma.from_pixels(pixels).crop_pdqs(shares)
    whole, *theirs = wasm_kernel.with_crops(pixels, boxes)
    assert whole.eight[0] == pdq_of_pixels(pixels).bits
    assert [(pdq.bits, pdq.quality) for pdq in ours] == [
        (hashed.eight[0], hashed.quality) for hashed in theirs
    ]


@given(height=st.integers(64, 400), width=st.integers(64, 400), seed=seeds)
def test_every_view_of_an_array_will_do(height: int, width: int, seed: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    for view in (grey, grey[::-1, ::-1], grey.T, grey[1:, 3:], np.rot90(grey)):
        luma = Luma.from_scaled(view, view.shape[1] * 4 - 3, view.shape[0] * 4)
        copied = Luma.from_scaled(view.copy(), view.shape[1] * 4 - 3, view.shape[0] * 4)
        assert luma.dihedral_pdqs() == copied.dihedral_pdqs()
        assert np.array_equal(luma.grid(), copied.grid())


@given(height=sides, width=sides, seed=seeds)
def test_a_flipped_picture_is_one_whose_pixels_were_swapped(
    height: int, width: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    luma = Luma.from_scaled(pixels, width, height)
    for across, down in ((True, False), (False, True), (True, True)):
        swapped = pixels[:: -1 if down else 1, :: -1 if across else 1]
        expected = Luma.from_scaled(np.ascontiguousarray(swapped), width, height)
        found = luma.flipped(across=across, down=down)
        assert found.dihedral_pdqs() == expected.dihedral_pdqs()
        assert np.array_equal(found.grid(), expected.grid())


def test_a_reduced_picture_cannot_be_flipped() -> None:
    luma = Luma.from_scaled(np.zeros((600, 600), np.uint8), 1200, 1200)
    with pytest.raises(ValueError, match="full size"):
        luma.flipped(across=True)


def test_a_flat_picture_has_a_flat_grid_and_no_quality(instruction_set: str) -> None:
    assert instruction_set
    luma = Luma.from_pixels(np.full((700, 900, 3), 77, np.uint8))
    assert np.allclose(luma.grid(), 77, atol=0.01)
    assert luma.dihedral_pdqs()[0].quality == 0
    assert luma.crop_pdqs([PARTS[4]])[0].quality == 0


def test_a_picture_outlives_its_array() -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (600, 800), dtype=np.uint8)
    luma = Luma.from_scaled(pixels, 3200, 2400)
    expected = luma.dihedral_pdqs()
    del pixels
    assert luma.dihedral_pdqs() == expected


def test_a_part_beyond_the_picture_is_refused() -> None:
    luma = Luma.from_pixels(np.zeros((90, 90), np.uint8))
    with pytest.raises(ValueError, match="inside"):
        luma.crop_pdqs([Box(0.0, 0.0, 1.2, 1.0)])
    for box in (Box(0.0, 0.0, 1.2, 1.0), Box(0.5, 0.0, 0.5, 1.0)):
        with pytest.raises(ValueError, match="shares of the sides"):
            view_pdqs(luma.grid(), 90, 90, [View(box)])


@pytest.mark.parametrize(
    ("shape", "width", "height", "says"),
    [
        ((10, 10, 3), 40, 40, "grey"),
        ((10, 10), 40, 99, "whole part"),
        ((0, 10), 40, 0, "one pixel"),
        ((10, 10), 2**25, 40, "16,777,216"),
    ],
)
def test_a_reduced_picture_that_does_not_fit_is_refused(
    shape: tuple[int, ...], width: int, height: int, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Luma.from_scaled(np.zeros(shape, np.uint8), width, height)


def test_an_unknown_instruction_set_is_refused() -> None:
    with pytest.raises(ValueError, match="no kernels"):
        _native.use_instruction_set("abacus")
