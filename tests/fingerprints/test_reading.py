"""What the child makes of an upload: copies are found, others not, and its answer is mistrusted."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter, ImageOps

from takeback.fingerprints.listable import is_listable
from takeback.fingerprints.luma import Luma
from takeback.fingerprints.pdq import Pdq
from takeback.fingerprints.reading import READ_UPLOAD, ViewPdq, parse_upload, view_pdqs_of
from takeback.fingerprints.upload import UploadViews, fingerprint_upload
from takeback.fingerprints.views import load_policy
from takeback.media import Decoder
from tests.fingerprints.graphics import blank, disc

STANDARD = load_policy()
THRESHOLD = 31


@pytest.fixture(scope="module")
def reading() -> Iterator[Decoder]:
    with Decoder(readers=[READ_UPLOAD]) as decoder:
        yield decoder


@pytest.fixture(scope="module")
def pictures(photographs: list[Path]) -> list[Image.Image]:
    """Eight different photographs, 900 by 600."""
    chosen = []
    for path in photographs[:32:4]:
        with Image.open(path) as stored:
            chosen.append(ImageOps.fit(stored.convert("RGB"), (900, 600)))
    return chosen


def _listed(picture: Image.Image) -> list[Pdq]:
    luma = Luma.from_pixels(np.asarray(picture))
    crops = luma.crop_pdqs(list(STANDARD.listed_boxes(luma.width, luma.height).values()))
    return [luma.dihedral_pdqs()[0], *(pdq for pdq in crops if is_listable(pdq, crop=True))]


def _uploaded(picture: Image.Image, decoder: Decoder) -> UploadViews:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return fingerprint_upload(file.getvalue(), decoder, STANDARD)


def _nearest(upload: UploadViews, listed: list[Pdq]) -> tuple[int, ViewPdq]:
    return min(
        ((entry.distance(found.pdq), found) for found in upload.pdqs for entry in listed),
        key=lambda pair: pair[0],
    )


def _framed(picture: Image.Image) -> Image.Image:
    return ImageOps.expand(picture, 60, (250, 120, 160))


def _screenshot(picture: Image.Image) -> Image.Image:
    screen = Image.new("RGB", (1080, 2400), "white")
    screen.paste(picture.resize((1080, 720)), (0, 600))
    return screen


def _without_left_tenth(picture: Image.Image) -> Image.Image:
    return picture.crop((90, 0, 900, 600))


def _without_edges(picture: Image.Image) -> Image.Image:
    return picture.crop((45, 30, 855, 570))


def _thumbnail_on_a_page(picture: Image.Image) -> Image.Image:
    page = Image.new("RGB", (1600, 1200), "white")
    page.paste(picture.resize((480, 320), Image.Resampling.LANCZOS), (700, 500))
    return page


def _mirrored_screenshot(picture: Image.Image) -> Image.Image:
    return _screenshot(ImageOps.mirror(picture))


def _straightened(picture: Image.Image) -> Image.Image:
    return picture.rotate(3, Image.Resampling.BICUBIC).crop((33, 22, 867, 578))


def _tiny(picture: Image.Image) -> Image.Image:
    return picture.resize((135, 90), Image.Resampling.LANCZOS)


@pytest.mark.parametrize(
    "alter",
    [
        *(ImageOps.mirror, ImageOps.flip, _framed, _screenshot, _mirrored_screenshot),
        *(_without_left_tenth, _without_edges, _straightened, _tiny),
    ],
)
def test_a_copy_is_found_and_no_other_picture(
    alter: Callable[[Image.Image], Image.Image], pictures: list[Image.Image], reading: Decoder
) -> None:
    listed = [_listed(picture) for picture in pictures]
    found = 0
    for place, picture in enumerate(pictures):
        upload = _uploaded(alter(picture), reading)
        nearest = [_nearest(upload, entry)[0] for entry in listed]
        found += nearest.pop(place) <= THRESHOLD
        assert min(nearest) > THRESHOLD
    assert found >= len(pictures) - 1


def test_most_thumbnails_on_a_white_page_are_found(
    pictures: list[Image.Image], reading: Decoder
) -> None:
    listed = [_listed(picture) for picture in pictures]
    found = 0
    for place, picture in enumerate(pictures):
        upload = _uploaded(_thumbnail_on_a_page(picture), reading)
        nearest = [_nearest(upload, entry)[0] for entry in listed]
        found += nearest.pop(place) <= THRESHOLD
        assert min(nearest) > THRESHOLD
    assert found > len(pictures) / 2


def test_both_halves_of_a_collage_are_found(pictures: list[Image.Image], reading: Decoder) -> None:
    collage = Image.new("RGB", (1800, 600))
    collage.paste(pictures[0], (0, 0))
    collage.paste(pictures[1], (900, 0))
    upload = _uploaded(collage, reading)
    for picture in pictures[:2]:
        assert _nearest(upload, _listed(picture))[0] <= THRESHOLD


def test_a_match_says_by_which_view(pictures: list[Image.Image], reading: Decoder) -> None:
    upload = _uploaded(ImageOps.mirror(pictures[0]), reading)
    distance, found = _nearest(upload, _listed(pictures[0])[:1])
    assert distance <= THRESHOLD
    assert "mirrored" in upload.name_of(found)


def test_the_whole_comes_first_as_the_reference_sees_it(
    pictures: list[Image.Image], reading: Decoder
) -> None:
    upload = _uploaded(pictures[0], reading)
    assert upload.pdqs[0][:2] == (0, 0)
    assert (upload.width, upload.height, upload.media_type) == (900, 600, "image/jpeg")
    assert upload.name_of(upload.pdqs[0]) == "whole"
    assert upload.pdqs[0].pdq.distance(_listed(pictures[0])[0]) <= 8


def test_plain_looks_at_the_whole_only(pictures: list[Image.Image]) -> None:
    luma = Luma.from_pixels(np.asarray(pictures[0]))
    found = view_pdqs_of(luma, load_policy("plain"))
    assert (found[0].view, found[0].orientation) == (0, 0)
    assert sorted(row[:2] for row in found) == [(view, n) for view in (0, 1) for n in range(8)]


def test_a_small_whole_is_seen_in_each_orientation_as_the_reference_sees_it(
    pictures: list[Image.Image],
) -> None:
    for picture in pictures:
        pixels = np.asarray(picture.resize((97, 61)))
        upside_down, mirrored = pixels[::-1], pixels[:, ::-1]
        in_order = (
            *(np.rot90(pixels, quarters) for quarters in range(4)),
            *(upside_down, mirrored, pixels.swapaxes(0, 1), np.rot90(pixels, 2).swapaxes(0, 1)),
        )
        found = view_pdqs_of(Luma.from_pixels(pixels), load_policy("plain"))
        for row in found:
            if row.view == 0:
                turned = Luma.from_pixels(in_order[row.orientation])
                assert row.pdq.distance(turned.dihedral_pdqs()[0]) <= 2


def test_a_large_whole_is_seen_as_it_is() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (800, 900), np.uint8)
    found = view_pdqs_of(Luma.from_pixels(noise), load_policy("plain"))
    assert [row.orientation for row in found if row.view == 0] == [0]


def test_a_blurred_upload_is_still_looked_up_as_a_whole(pictures: list[Image.Image]) -> None:
    blurred = pictures[0].filter(ImageFilter.GaussianBlur(60))
    found = view_pdqs_of(Luma.from_pixels(np.asarray(blurred)), STANDARD)
    assert found[0].pdq.quality < 50
    assert {row.view for row in found} == {0, 1}


@pytest.mark.parametrize("picture", [blank(128), blank(255), disc(180), disc(260)])
def test_of_what_is_nearly_nothing_the_whole_alone_is_looked_up(picture: Image.Image) -> None:
    found = view_pdqs_of(Luma.from_pixels(np.asarray(picture)), STANDARD)
    assert {row.view for row in found} == {0, 1}


@given(st.binary(max_size=120))
def test_any_answer_is_read_or_refused(answer: bytes) -> None:
    try:
        _, _, found = parse_upload(answer, STANDARD)
    except ValueError:
        return
    assert all(row.view < len(STANDARD.upload) for row in found)


_WHOLE_ROW = bytes([0, 0, 100]) + bytes(32)


@pytest.mark.parametrize(("view", "orientation"), [(200, 0), (0, 8), (2, 3), (0, 0), (2, 5)])
def test_an_answer_with_a_view_that_was_not_asked_for_is_refused(
    view: int, orientation: int
) -> None:
    row = bytes([view, orientation, 100]) + bytes(32)
    rows = _WHOLE_ROW + row
    if (view, orientation) == (2, 5):  # there is such a view, once
        assert len(parse_upload(bytes(8) + rows, STANDARD)[2]) == 2
        rows += row
    with pytest.raises(ValueError):
        parse_upload(bytes(8) + rows, STANDARD)


def test_an_answer_without_the_whole_is_refused() -> None:
    for rows in (b"", bytes([1, 0, 100]) + bytes(32)):
        with pytest.raises(ValueError):
            parse_upload(bytes(8) + rows, STANDARD)


def test_an_answer_with_an_odd_quality_is_refused() -> None:
    with pytest.raises(ValueError):
        parse_upload(bytes(8) + bytes([0, 0, 101]) + bytes(32), STANDARD)


def test_a_policy_of_ones_own_is_refused(reading: Decoder) -> None:
    own = replace(STANDARD, upload=STANDARD.upload[:3])
    with pytest.raises(ValueError, match="shipped"):
        fingerprint_upload(b"", reading, own)
