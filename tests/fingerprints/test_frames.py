"""Frames are found where people put them, on photographs; nothing odd stops the search."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from takeback.fingerprints.frames import Span, find_frames, paint_over
from takeback.fingerprints.luma import GRID_SIDE, Box, Grid, Luma

NEAR = 0.012
"""Of the side: what PDQ bears to be off on each edge."""


@pytest.fixture(scope="module")
def photograph(photographs: list[Path]) -> Image.Image:
    """One with detail up to all its edges, 960 by 640."""
    path = next(path for path in photographs if path.name.startswith("ColorfulCups"))
    return Image.open(path).convert("RGB").resize((960, 640), Image.Resampling.LANCZOS)


@pytest.fixture(scope="module")
def other(photographs: list[Path]) -> Image.Image:
    path = next(path for path in photographs if path.name.startswith("Path"))
    return Image.open(path).convert("RGB").resize((960, 640), Image.Resampling.LANCZOS)


def _grid(picture: Image.Image) -> tuple[Grid, int, int]:
    return Luma.from_pixels(np.asarray(picture)).grid(), picture.width, picture.height


def _pasted(
    picture: Image.Image, size: tuple[int, int], at: tuple[int, int], colour: tuple[int, int, int]
) -> tuple[Image.Image, Box]:
    ground = Image.new("RGB", size, colour)
    ground.paste(picture, at)
    (width, height), (left, top) = size, at
    return ground, Box(
        left / width,
        top / height,
        (left + picture.width) / width,
        (top + picture.height) / height,
    )


def _nearer_than_a_line(found: Box | None, wanted: Box) -> bool:
    return found is not None and all(
        abs(a - b) * GRID_SIDE < 0.6 for a, b in zip(found, wanted, strict=True)
    )


def _near(found: Box | None, wanted: Box) -> bool:
    return found is not None and all(abs(a - b) < NEAR for a, b in zip(found, wanted, strict=True))


@settings(max_examples=10)
@given(top=st.integers(320, 1200))
def test_edges_are_placed_between_the_lines_of_the_grid(photograph: Image.Image, top: int) -> None:
    screen, box = _pasted(photograph.resize((1080, 540)), (1080, 2400), (0, top), (255, 255, 255))
    assert _nearer_than_a_line(find_frames(*_grid(screen)).shown, box)


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (250, 120, 160)])
@settings(max_examples=10)
@given(left=st.integers(20, 150), top=st.integers(20, 150), right=st.integers(20, 150))
def test_a_border_of_any_widths_is_trimmed(
    photograph: Image.Image, colour: tuple[int, int, int], left: int, top: int, right: int
) -> None:
    framed, box = _pasted(photograph, (960 + left + right, 640 + top + 40), (left, top), colour)
    assert _near(find_frames(*_grid(framed)).trimmed, box)


@pytest.mark.parametrize("width", [20, 64])
def test_a_blurred_border_of_one_width_is_found(photograph: Image.Image, width: int) -> None:
    size = (960 + 2 * width, 640 + 2 * width)
    framed = photograph.resize(size).filter(ImageFilter.GaussianBlur(25))
    framed.paste(photograph, (width, width))
    box = Box(width / size[0], width / size[1], 1 - width / size[0], 1 - width / size[1])
    assert _near(find_frames(*_grid(framed)).bordered, box)


def test_a_caption_is_left_out(photograph: Image.Image) -> None:
    framed, box = _pasted(photograph, (960, 760), (0, 120), (255, 255, 255))
    draw = ImageDraw.Draw(framed)
    draw.text((480, 60), "when you hear about it", "black", font_size=44, anchor="mm")
    frames = find_frames(*_grid(framed))
    assert any(_near(found, box) for found in (frames.uncaptioned, frames.shown, frames.edged))


@pytest.mark.parametrize("ground", [(255, 255, 255), (18, 18, 18)])
@pytest.mark.parametrize("shown", [(1080, 720), (900, 1350)])
def test_the_picture_in_a_screenshot_is_found(
    photograph: Image.Image, ground: tuple[int, int, int], shown: tuple[int, int]
) -> None:
    at = ((1080 - shown[0]) // 2, 480)
    screen, box = _pasted(photograph.resize(shown), (1080, 2400), at, ground)
    draw = ImageDraw.Draw(screen)
    draw.ellipse((40, 130, 130, 220), fill=(120, 120, 120))
    draw.text((300, 170), "somebody_01", (120, 120, 120), font_size=42, anchor="mm")
    draw.text((300, 1950), "1,204 people like this", (120, 120, 120), font_size=42, anchor="mm")
    frames = find_frames(*_grid(screen))
    found = (frames.shown, frames.edged, frames.letterboxed, frames.uncaptioned)
    assert any(_near(box_found, box) for box_found in found)


@pytest.mark.parametrize("gap", [0, 24])
@pytest.mark.parametrize("share", [0.35, 0.5, 0.6])
def test_both_pieces_of_a_collage_are_found(
    photograph: Image.Image, other: Image.Image, gap: int, share: float
) -> None:
    width = round(1500 * share)
    collage = Image.new("RGB", (1500 + gap, 640), (255, 255, 255))
    collage.paste(photograph.resize((width, 640)), (0, 0))
    collage.paste(other.resize((1500 - width, 640)), (width + gap, 0))
    seam, after = width / collage.width, (width + gap) / collage.width
    for upright in (True, False):
        turned = collage if upright else collage.transpose(Image.Transpose.TRANSPOSE)
        pieces = find_frames(*_grid(turned)).pieces
        for box in (Box(0, 0, seam, 1), Box(after, 0, 1, 1)):
            wanted = box if upright else Box(box.top, box.left, box.bottom, box.right)
            assert any(_near(piece, wanted) for piece in pieces)


@pytest.mark.parametrize("place", [0.25, 0.5, 0.75])
def test_a_bar_is_found_and_painted_over(photograph: Image.Image, place: float) -> None:
    barred = photograph.copy()
    draw = ImageDraw.Draw(barred)
    top = round(576 * place)
    draw.rectangle((0, top, 960, top + 63), fill="black")
    draw.text((480, top + 32), "LOOK WHAT I FOUND", "white", font_size=36, anchor="mm")
    grid, width, height = _grid(barred)
    bar = find_frames(grid, width, height).bar
    assert bar is not None
    assert abs(bar.first / GRID_SIDE - top / 640) < NEAR
    assert abs(bar.end / GRID_SIDE - (top + 64) / 640) < NEAR
    whole = Luma.from_pixels(np.asarray(photograph)).grid()
    painted = paint_over(grid, bar)
    rows = slice(bar.first, bar.end)
    assert np.abs(painted[rows] - whole[rows]).mean() < np.abs(grid[rows] - whole[rows]).mean()
    assert np.array_equal(painted[: bar.first], grid[: bar.first])
    assert np.array_equal(painted[bar.end :], grid[bar.end :])


def test_painting_goes_evenly_from_above_to_below() -> None:
    grid = np.zeros((GRID_SIDE, GRID_SIDE), np.float32)
    grid[14:] = 50
    painted = paint_over(grid, Span(10, 14))
    assert painted[9:15, 0] == pytest.approx([0, 10, 20, 30, 40, 50])


GREYS = st.sampled_from([0, 1, 127, 128, 254, 255])


@st.composite
def _odd_grids(draw: st.DrawFn) -> NDArray[np.float32]:
    """Flat pictures with a few flat boxes: where each loop has nothing, or everything, to find."""
    grid = np.full((GRID_SIDE, GRID_SIDE), draw(GREYS), np.float32)
    for _ in range(draw(st.integers(0, 4))):
        places = st.integers(0, GRID_SIDE)
        top, bottom = sorted((draw(places), draw(places)))
        left, right = sorted((draw(places), draw(places)))
        grid[top:bottom, left:right] = draw(GREYS)
    return grid


@given(grid=_odd_grids(), width=st.integers(1, 20_000), height=st.integers(1, 20_000))
@settings(max_examples=200)
def test_whatever_the_picture_boxes_are_boxes(
    grid: NDArray[np.float32], width: int, height: int
) -> None:
    frames = find_frames(grid, width, height)
    boxes = [frames.trimmed, frames.uncaptioned, frames.shown, frames.letterboxed, frames.edged]
    for box in [*boxes, frames.bordered, *frames.pieces]:
        if box is not None:
            assert 0 <= box.left < box.right <= 1
            assert 0 <= box.top < box.bottom <= 1
    if frames.bar is not None:
        assert 1 <= frames.bar.first < frames.bar.end <= GRID_SIDE - 1
        paint_over(grid, frames.bar)
