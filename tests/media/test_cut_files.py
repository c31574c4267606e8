"""A file cut short anywhere: as far as it goes, and no picture of which hardly a part was read."""

import re
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from takeback.media import DamagedMedia, Decoder
from takeback.media.formats.share import LEAST_SHARE
from tests.media import readers
from tests.support.encodings import encode
from tests.support.odd_pictures.bmp_tables import in_runs
from tests.support.odd_pictures.case import scene
from tests.support.odd_pictures.jpegs import GROUNDS, first_pass, has_tools, lines, lines_as, run

_LUMA: Final = f"{readers.__name__}:luma"
_GREY, _WHITE, _BLACK = 128, 255, 0
_KINDS: Final[dict[str, tuple[int, Callable[[Image.Image], bytes]]]] = {
    "JPEG": (_GREY, lambda picture: encode(picture, "image/jpeg")),
    "progressive JPEG": (_GREY, lambda picture: encode(picture, "image/jpeg", progressive=True)),
    "JPEG in grey": (_GREY, lambda picture: encode(picture.convert("L"), "image/jpeg")),
    "JPEG with restarts": (
        _GREY,
        lambda picture: encode(picture, "image/jpeg", restart_marker_rows=1),
    ),
    "PNG": (_WHITE, encode),
    "GIF": (_WHITE, lambda picture: encode(picture.quantize(128), "image/gif", interlace=0)),
    "BMP": (_BLACK, lambda picture: encode(picture, "image/bmp")),
    "BMP in colours of a table": (
        _BLACK,
        lambda picture: encode(picture.quantize(128), "image/bmp"),
    ),
    "BMP in runs": (_BLACK, in_runs),
    "TIFF": (_BLACK, lambda picture: encode(picture, "image/tiff", compression=None)),
}
"""What a file is, with what a decoder fills what is not there, and how to make it."""

_CUTS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 33, 50, 67, 75, 90, 95, 99)
_SURELY_ENOUGH: Final = 15
"""Per cent of any of these files; tables and headers take a few."""


@pytest.fixture(scope="module")
def reading() -> Iterator[Decoder]:
    with Decoder(readers=[_LUMA]) as decoder:
        yield decoder


def _share_read(pixels: NDArray[np.uint8], fill: int) -> float:
    """Return the share that is not of the colour that what is missing is filled with."""
    return float((np.abs(pixels.astype(int) - fill) > 1).any(axis=-1).mean())


def _pixels(decoder: Decoder, data: bytes) -> NDArray[np.uint8] | None:
    """Return the picture; None if it is damaged."""
    try:
        return decoder.decode(data).pixels
    except DamagedMedia:
        return None


def _is_read_by_the_fast_way(decoder: Decoder, data: bytes) -> bool:
    try:
        decoder.read(data, _LUMA, b"8")
    except DamagedMedia:
        return False
    return True


@pytest.mark.parametrize("kind", _KINDS)
def test_at_least_the_least_share_of_a_picture_was_read(kind: str, reading: Decoder) -> None:
    fill, made = _KINDS[kind]
    whole = made(Image.fromarray(scene(800, 600)))
    readable = False
    for percent in _CUTS:
        data = whole[: len(whole) * percent // 100]
        pixels = _pixels(reading, data)
        # What could be read of a shorter file can be read of a longer one.
        assert not (readable and pixels is None), percent
        readable = pixels is not None
        assert readable or percent < _SURELY_ENOUGH, percent
        assert _is_read_by_the_fast_way(reading, data) == readable, percent
        if pixels is not None:
            assert _share_read(pixels, fill) >= LEAST_SHARE * 0.9, percent


@pytest.mark.parametrize("media_type", ["image/webp", "image/avif", "image/heic"])
def test_of_a_part_of_other_files_nothing_is_read(media_type: str, reading: Decoder) -> None:
    whole = encode(Image.fromarray(scene(800, 600)), media_type)
    for percent in _CUTS:
        data = whole[: len(whole) * percent // 100]
        assert _pixels(reading, data) is None, percent
        assert not _is_read_by_the_fast_way(reading, data), percent


@pytest.mark.parametrize("kind", _KINDS)
def test_a_plain_picture_that_is_whole_is_read(kind: str, reading: Decoder) -> None:
    for shade in (_GREY, _WHITE, _BLACK):
        data = _KINDS[kind][1](Image.new("RGB", (160, 120), (shade,) * 3))
        pixels = _pixels(reading, data)
        assert pixels is not None, shade
        assert np.abs(pixels.astype(int) - shade).max() <= 1


@pytest.mark.skipif(not has_tools(), reason="writes arithmetic JPEG with libjpeg-turbo's tools")
@pytest.mark.parametrize("ground", ["scene", "white"])
def test_an_end_behind_a_cut_arithmetic_jpeg_does_not_make_it_whole(
    ground: str, reading: Decoder
) -> None:
    pixels = scene(800, 600)
    if ground == "white":  # below a narrow part of the scene
        pixels = np.full((600, 800, 3), 255, np.uint8)
        pixels[20:126, 100:700] = scene(600, 106)
    whole = run("jpegtran", "-arithmetic", data=encode(Image.fromarray(pixels), "image/jpeg"))
    begins = whole.index(b"\xff\xda") + 14
    assert _pixels(reading, whole) is not None
    for thousandth in (1, 3, 10, 30):
        data = whole[: begins + (len(whole) - begins) * thousandth // 1000] + b"\xff\xd9"
        assert _pixels(reading, data) is None, thousandth
        assert not _is_read_by_the_fast_way(reading, data), thousandth


_OF_THE_FIRST_PASS: Final = (1, 5, 7, 20, 50, 95, 100)
_OF_ARITHMETIC: Final = (1, 5, 10, 20, 50, 95, 100)
"""Per cent of the data. Arithmetic codes adapt: the first of them hold less than their share."""


@pytest.mark.parametrize("ending", [b"", b"\xff\xd9"], ids=["no end", "end"])
@pytest.mark.parametrize("kind", lines_as(Image.new("RGB", (8, 8))))
@pytest.mark.parametrize("ground", GROUNDS)
def test_what_there_is_data_for_is_read_whatever_its_colour(
    ground: str, kind: str, ending: bytes, reading: Decoder
) -> None:
    # As many lines on every row: a share of the data is the same share of the picture.
    whole = lines_as(lines(ground))[kind]
    begin, end = first_pass(whole)
    for percent in _OF_ARITHMETIC if kind.startswith("arithmetic") else _OF_THE_FIRST_PASS:
        data = whole[: begin + (end - begin) * percent // 100] + ending
        is_there = percent / 100 >= LEAST_SHARE
        assert (_pixels(reading, data) is not None) == is_there, percent
        assert _is_read_by_the_fast_way(reading, data) == is_there, percent


@pytest.mark.parametrize("kind", lines_as(Image.new("RGB", (8, 8))))
@pytest.mark.parametrize("ground", GROUNDS)
def test_a_jpeg_that_lacks_its_end_alone_is_the_same_picture(
    ground: str, kind: str, reading: Decoder
) -> None:
    whole = lines_as(lines(ground))[kind]
    assert whole.endswith(b"\xff\xd9")
    assert (reading.decode(whole).pixels == reading.decode(whole[:-2]).pixels).all()
    assert _is_read_by_the_fast_way(reading, whole[:-2])


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_jpeg_that_breaks_off_at_a_restart_is_there_as_far_as_that(
    ground: str, reading: Decoder
) -> None:
    whole = lines_as(lines(ground))["restarts"]
    begin, _ = first_pass(whole)
    restarts = [found.start() for found in re.finditer(rb"\xff[\xd0-\xd7]", whole[begin:])]
    rows = len(restarts) + 1  # of units; each ends with a restart but the last
    for row, at in enumerate(restarts[:12], 1):
        is_there = row / rows >= LEAST_SHARE
        for data in (
            whole[: begin + at],
            whole[: begin + at + 2],
            whole[: begin + at] + b"\xff\xd9",
        ):
            assert (_pixels(reading, data) is not None) == is_there, row


def test_restarts_without_data_between_them_make_no_picture(reading: Decoder) -> None:
    whole = lines_as(lines("grey"))["restarts"]
    begin, _ = first_pass(whole)
    data = whole[:begin] + b"".join(re.findall(rb"\xff[\xd0-\xd7]", whole[begin:])) + whole[-2:]
    assert _pixels(reading, data) is None
    assert not _is_read_by_the_fast_way(reading, data)


@pytest.mark.parametrize("kind", ["sequential", "progressive", "cmyk"])
def test_a_picture_behind_very_many_segments_is_read_and_none_is_not(
    kind: str, reading: Decoder
) -> None:
    whole = lines_as(lines("grey"))[kind]
    begin, _ = first_pass(whole)
    many = b"\xff\xef\0\2" * 100_000  # more than are walked
    assert _pixels(reading, whole[:2] + many + whole[2:]) is not None
    assert _pixels(reading, whole[:2] + many + whole[2 : begin + 20] + whole[-2:]) is None


@pytest.mark.skipif(not has_tools(), reason="samples with libjpeg-turbo's tools")
@pytest.mark.parametrize("how", ["-baseline", "-progressive", "-arithmetic"])
@pytest.mark.parametrize("sampling", ["3x1,1x1,1x1", "2x1,1x2,1x1", "1x1,2x2,2x2"])
@pytest.mark.parametrize("ground", ["black", "grey"])
def test_an_oddly_sampled_jpeg_is_read_as_far_as_its_data_goes(
    ground: str, sampling: str, how: str, reading: Decoder
) -> None:
    portable = b"P6\n800 600\n255\n" + lines(ground).tobytes()
    whole = run("cjpeg", "-quality", "95", how, "-sample", sampling, data=portable)
    begin, end = first_pass(whole)
    for data in (whole, whole[:-2], whole[: begin + (end - begin) // 5]):
        assert _pixels(reading, data) is not None
        assert _is_read_by_the_fast_way(reading, data)
    if how == "-arithmetic":
        return  # that decoder may leave grey what is missing, and does not say so
    few = whole[: begin + (end - begin) // 50]
    assert _pixels(reading, few) is None
    assert not _is_read_by_the_fast_way(reading, few)
