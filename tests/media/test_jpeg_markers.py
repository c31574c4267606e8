"""The walk over a JPEG's markers, against a plain one written from the standard."""

import io

import numpy as np
import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from takeback._native import jpeg_markers
from tests.support.encodings import encode, landscape, scan_bomb

_MOST_SCANS = 1000
_BARE = {0x00, 0x01, *range(0xD0, 0xD9)}  # stuffing, TEM, restarts, start of image: no length
_SEQUENTIAL = {0xC0, 0xC1, 0xC9}
_PROGRESSIVE = {0xC2, 0xCA}

_segment = st.builds(
    lambda marker, body: bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body,
    st.sampled_from([0xC0, 0xC2, 0xC4, 0xC9, 0xCA, 0xDA, 0xDB, 0xE0, 0xE1, 0xFE]),
    st.one_of(
        st.binary(max_size=12),
        st.builds(lambda count: bytes(5) + bytes((count,)), st.integers(0, 4)),
        st.builds(lambda count: bytes((count,)), st.integers(0, 4)),
        st.builds(
            lambda fill, rest: b"Exif\0" + fill + rest, st.binary(max_size=1), st.binary(max_size=9)
        ),
    ),
)
_piece = st.one_of(
    _segment,
    st.binary(max_size=6),
    st.sampled_from([b"\xff", b"\xff\xff", b"\xff\x00", b"\xff\xd3", b"\xff\xd8", b"\xff\xd9"]),
)


def _walk(jpeg: bytes) -> tuple[int, bytes]:
    """Return the number of scans and the Exif, byte by byte."""
    scans, exif, whole_in_one, at = 0, b"", 0, 2
    while at < len(jpeg):
        if jpeg[at] != 0xFF:
            at += 1
            continue
        while at < len(jpeg) and jpeg[at] == 0xFF:
            at += 1
        if at == len(jpeg) or jpeg[at] == 0xD9:
            break
        marker = jpeg[at]
        at += 1
        if marker in _BARE:
            continue
        length = int.from_bytes(jpeg[at : at + 2], "big") if at + 2 <= len(jpeg) else None
        fits = length is not None and at + length <= len(jpeg)
        body = jpeg[at + 2 : at + length] if fits and length else b""
        if marker in _SEQUENTIAL:
            whole_in_one = body[5] if len(body) > 5 else 0
        elif marker in _PROGRESSIVE:
            whole_in_one = 0
        elif marker == 0xDA:
            scans += 1
            if whole_in_one and body and body[0] >= whole_in_one:
                break
        elif marker == 0xE1 and scans == 0 and body.startswith(b"Exif\0"):
            exif = exif or body[6:]
        if not fits:
            break
        at += length or 0
    return scans, exif


_Ranges = tuple[tuple[int, int], ...]
_Frame = tuple[int, int, int, int, bool]


def _markers(data: bytes | memoryview) -> tuple[int, _Ranges, _Ranges, _Frame]:
    return jpeg_markers(data, _MOST_SCANS)


@given(st.lists(_piece, max_size=12).map(b"".join))
def test_markers_of_any_bytes_are_those_of_a_plain_walk(rest: bytes) -> None:
    jpeg = b"\xff\xd8" + rest
    scans, exif, *_ = _markers(jpeg)
    assert (scans, b"".join(jpeg[start:end] for start, end in exif)) == _walk(jpeg)


@given(st.binary(max_size=40))
def test_markers_of_no_jpeg_lie_within_it(data: bytes) -> None:
    scans, exif, refinements, _ = _markers(memoryview(data))
    assert 0 <= scans <= len(data)
    assert all(0 <= start <= end <= len(data) for start, end in (*exif, *refinements))


def test_scans_and_exif_of_real_files_are_found() -> None:
    sequential = encode(landscape(), "image/jpeg")
    baseline = (0xC0, 8, 64, 96, True)
    assert _markers(sequential) == (1, (), (), baseline)
    assert _markers(sequential + b"\xff\xda\0\2" * 9) == (1, (), (), baseline)
    assert _markers(scan_bomb(77, 64))[0] == 77
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encode(landscape(), "image/jpeg", exif=exif)
    ((start, end),) = _markers(turned)[1]
    with Image.open(io.BytesIO(turned)) as picture:
        assert b"Exif\0\0" + turned[start:end] == picture.info["exif"]


def test_more_scans_than_are_wanted_end_the_walk() -> None:
    jpeg = encode(landscape(), "image/jpeg", progressive=True)
    scans, _, refinements, _ = _markers(jpeg)
    assert refinements
    assert jpeg_markers(jpeg, scans)[:3:2] == (scans, refinements)
    assert jpeg_markers(jpeg, scans - 1)[:3:2] == (scans, ())
    assert jpeg_markers(scan_bomb(77, 64), 5)[0] == 6


def test_the_frame_is_the_first_that_is_there() -> None:
    progressive = encode(landscape(), "image/jpeg", progressive=True)
    assert _markers(progressive)[3] == (0xC2, 8, 64, 96, True)
    frame = progressive.index(b"\xff\xc2")
    assert _markers(progressive[:frame])[3] == (0, 0, 0, 0, False)
    assert _markers(progressive[: frame + 6])[3] == (0xC2, 0, 0, 0, False)
    second = b"\xff\xc3\0\x08\x0c\0\1\0\1\1"
    assert _markers(progressive[:-2] + second + b"\xff\xd9")[3] == (0xC2, 8, 64, 96, True)


@pytest.mark.parametrize("jfif", [False, True])
@pytest.mark.parametrize("adobe", [None, 0, 1, 2])
@pytest.mark.parametrize("names", [b"\1\2\3", b"RGB", b"abc"])
def test_brightness_comes_first_where_the_decoder_says_so(
    *, jfif: bool, adobe: int | None, names: bytes
) -> None:
    written = encode(landscape(), "image/jpeg")
    frame, scan = written.index(b"\xff\xc0"), written.index(b"\xff\xda")
    named = bytearray(written)
    for component, name in enumerate(names):
        named[frame + 10 + 3 * component] = named[scan + 5 + 2 * component] = name
    behind_jfif = 4 + int.from_bytes(named[4:6])
    jpeg = bytes(named[: behind_jfif if jfif else 2])
    if adobe is not None:
        jpeg += b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes((adobe,))
    jpeg += named[behind_jfif:]
    space = simplejpeg.decode_jpeg_header(jpeg, strict=False)[2]
    assert _markers(jpeg)[3][4] == (space == "YCbCr")


@pytest.mark.parametrize("quality", [50, 75, 92, 100])
def test_brightness_is_the_same_without_the_scans_that_refine_colour(quality: int) -> None:
    jpeg = encode(landscape(), "image/jpeg", progressive=True, quality=quality)
    _, _, refinements, _ = _markers(jpeg)
    assert refinements
    kept, at = b"", 0
    for start, end in refinements:
        assert jpeg[start : start + 2] == b"\xff\xda"
        kept, at = kept + jpeg[at:start], end
    kept += jpeg[at:]
    assert len(kept) < len(jpeg)
    for part in (1, 2, 4):
        side = -(-landscape().height // part)
        expected, found = (
            simplejpeg.decode_jpeg(data, "GRAY", min_height=side) for data in (jpeg, kept)
        )
        assert np.array_equal(expected, found)
    assert _markers(jpeg[: len(jpeg) * 9 // 10])[2] == ()


def test_of_other_jpegs_nothing_can_be_left_out() -> None:
    for picture, progressive in ((landscape(), False), (landscape().convert("L"), True)):
        file = io.BytesIO()
        picture.save(file, "JPEG", progressive=progressive)
        assert _markers(file.getvalue())[2] == ()
