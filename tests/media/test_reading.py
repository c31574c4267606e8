"""Reading in the child: what a reader is given, what it may answer, and who hears of mistakes."""

import io
import json
from collections.abc import Iterator

import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from takeback.media import (
    DamagedMedia,
    Decoder,
    DecodingTimedOut,
    Limits,
    MediaError,
    MediaTooLarge,
    ReaderFailed,
    UnsupportedMedia,
)
from tests.support.encodings import WAYS, encode, landscape, pixels, png_bomb, scan_bomb

_SIZE, _EXACT, _LUMA, _FAIL, _CHATTER, _MUMBLE, _DAWDLE = READERS = tuple(
    f"tests.media.readers:{name}"
    for name in ("size", "exact", "luma", "fail", "chatter", "mumble", "dawdle")
)
_FINE = encode(landscape())
_TRANSPOSES = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.fixture(scope="module")
def reading() -> Iterator[Decoder]:
    """A decoder whose children know the readers of these tests."""
    with Decoder(readers=READERS) as decoder:
        yield decoder


_Seen = tuple[tuple[int, ...], NDArray[np.uint8]]


def _array(answer: bytes, step: int) -> _Seen:
    """Return the shape of the array that a reader had, and the part of it that it answered."""
    head, _, body = answer.partition(b"\n")
    (shape,) = json.loads(head)
    rows, columns = (-(-side // step) for side in shape[:2])
    return tuple(shape), np.frombuffer(body, np.uint8).reshape(rows, columns, *shape[2:])


def _luma(
    reading: Decoder, data: bytes, step: int = 1
) -> tuple[tuple[int, ...], NDArray[np.uint8]]:
    return _array(reading.read(data, _LUMA, str(step).encode()), step)


def _photograph(width: int, height: int) -> Image.Image:
    """A smooth picture, so that the ways to scale it down hardly differ."""
    noise = np.random.default_rng(5).integers(0, 256, (13, 17, 3), np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def _grey(picture: Image.Image) -> NDArray[np.int16]:
    return np.asarray(picture.convert("RGB").convert("L")).astype(np.int16)


@pytest.mark.parametrize("media_type", WAYS)
def test_a_reader_is_given_the_picture_and_the_argument(media_type: str, reading: Decoder) -> None:
    answer = reading.read(encode(landscape(), media_type), _SIZE, b"as asked: ")
    assert answer == b"as asked: " + json.dumps([media_type, 96, 64]).encode()


@pytest.mark.parametrize("media_type", WAYS)
def test_exact_pixels_are_those_of_decode(media_type: str, reading: Decoder) -> None:
    data = encode(landscape(), media_type)
    shape, seen = _array(reading.read(data, _EXACT, b"1"), 1)
    assert shape == (64, 96, 3)
    assert np.array_equal(seen, reading.decode(data).pixels)


@pytest.mark.parametrize("media_type", WAYS)
def test_brightness_is_that_of_the_exact_pixels(media_type: str, reading: Decoder) -> None:
    data = encode(landscape(), media_type)
    shape, seen = _luma(reading, data)
    assert shape == (64, 96)
    exact = _grey(Image.fromarray(reading.decode(data).pixels))
    # A JPEG keeps brightness and colour apart, and each is rounded.
    assert np.abs(seen - exact).max() <= (3 if media_type == "image/jpeg" else 0)


@pytest.mark.parametrize(
    ("size", "k"),
    [
        ((1400, 511), 1),
        ((1400, 1023), 1),
        ((1031, 1024), 2),
        ((2049, 2047), 2),
        ((2048, 2053), 4),
        ((4096, 4101), 8),
    ],
)
def test_a_jpeg_is_scaled_as_far_as_512_pixels_are_left(
    size: tuple[int, int], k: int, reading: Decoder
) -> None:
    picture = _photograph(*size)
    shape, seen = _luma(reading, encode(picture, "image/jpeg"), 8)
    assert shape == (-(-size[1] // k), -(-size[0] // k))
    scaled = picture.convert("L").resize(shape[::-1], Image.Resampling.BOX)
    assert np.abs(seen - np.asarray(scaled).astype(np.int16)[::8, ::8]).max() <= 6


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png"])
@pytest.mark.parametrize("orientation", _TRANSPOSES)
def test_brightness_and_pixels_are_upright(
    media_type: str, orientation: int, reading: Decoder
) -> None:
    upright = _photograph(1120, 1040)
    turn = _TRANSPOSES[orientation]
    stored = upright if turn is None else upright.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(stored, media_type, exif=exif)
    answer = reading.read(data, _SIZE)
    assert json.loads(answer) == [media_type, 1120, 1040]
    shape, seen = _luma(reading, data, 8)
    k = 2 if media_type == "image/jpeg" else 1
    assert shape == (1040 // k, 1120 // k)
    scaled = upright.convert("L").resize(shape[::-1], Image.Resampling.BOX)
    assert np.abs(seen - np.asarray(scaled).astype(np.int16)[::8, ::8]).max() <= 6
    shape, colours = _array(reading.read(data, _EXACT, b"16"), 16)
    assert shape == (1040, 1120, 3)
    assert np.array_equal(colours, reading.decode(data).pixels[::16, ::16])


@pytest.mark.parametrize(
    ("orientation", "shape"),
    [
        # Stored 2050 wide, 2052 high: 1/4 unless it starts at an edge that 4 does not divide.
        (1, (513, 513)),
        (2, (1026, 1025)),
        (3, (1026, 1025)),
        (4, (513, 513)),
        (5, (513, 513)),
        (6, (513, 513)),
        (7, (1025, 1026)),
        (8, (1025, 1026)),
    ],
)
def test_no_turned_picture_starts_with_half_a_cell(
    orientation: int, shape: tuple[int, int], reading: Decoder
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.new("RGB", (2050, 2052)), "image/jpeg", exif=exif)
    assert _luma(reading, data, 16)[0] == shape


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
def test_the_brightness_of_usual_kinds_of_jpeg_is_read(
    subsampling: str, progressive: bool, reading: Decoder
) -> None:
    picture = _photograph(333, 222)
    data = encode(picture, "image/jpeg", subsampling=subsampling, progressive=progressive)
    shape, seen = _luma(reading, data, 2)
    assert shape == (222, 333)
    assert np.abs(seen - _grey(picture)[::2, ::2]).max() <= 8


@pytest.mark.parametrize("subsampling", ["440", "411"])
def test_the_brightness_of_rare_kinds_of_jpeg_is_read(subsampling: str, reading: Decoder) -> None:
    picture = _photograph(333, 222)
    data = simplejpeg.encode_jpeg(np.asarray(picture), 95, colorsubsampling=subsampling)
    shape, seen = _luma(reading, data, 2)
    assert shape == (222, 333)
    assert np.abs(seen - _grey(picture)[::2, ::2]).max() <= 8


@pytest.mark.parametrize("mode", ["CMYK", "L", "RGB"])
def test_the_brightness_of_a_jpeg_of_other_colours_is_that_of_its_pixels(
    mode: str, reading: Decoder
) -> None:
    picture = _photograph(333, 222).convert(mode)
    keep_rgb = {"keep_rgb": True} if mode == "RGB" else {}
    data = encode(picture, "image/jpeg", **keep_rgb)
    shape, seen = _luma(reading, data, 2)
    assert shape == (222, 333)
    assert np.array_equal(seen, _grey(Image.fromarray(reading.decode(data).pixels))[::2, ::2])


def test_a_jpeg_cut_short_is_read_as_far_as_it_goes(reading: Decoder) -> None:
    whole = encode(_photograph(1120, 1040), "image/jpeg")
    _, expected = _luma(reading, whole, 8)
    assert np.array_equal(_luma(reading, whole[:-2], 8)[1][:60], expected[:60])
    shape, half = _luma(reading, whole[: len(whole) // 2], 8)
    assert shape == (520, 560)
    assert np.array_equal(half[:25], expected[:25])
    assert not np.array_equal(half, expected)
    with pytest.raises(DamagedMedia):
        reading.read(whole[:24], _LUMA, b"1")


def test_exif_that_goes_on_in_a_second_segment_is_read_no_further(reading: Decoder) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    plain = encode(landscape(), "image/jpeg")
    body = exif.tobytes()
    segments = b"".join(
        b"\xff\xe1" + (len(part) + 2).to_bytes(2, "big") + part
        for part in (body[:16], b"Exif\0\0" + body[16:])
    )
    data = plain[:2] + segments + plain[2:]
    assert json.loads(reading.read(data, _SIZE)) == ["image/jpeg", 96, 64]
    assert reading.decode(data).pixels.shape == (64, 96, 3)


def test_limits_are_those_of_decode() -> None:
    jpeg = encode(Image.new("RGB", (400, 300)), "image/jpeg")
    with Decoder(Limits(max_pixels=119_999, max_bytes=100_000), readers=READERS) as decoder:
        with pytest.raises(MediaTooLarge, match="119,999 pixels"):
            decoder.read(jpeg, _SIZE)
        with pytest.raises(MediaTooLarge, match="Make the picture smaller"):
            decoder.read(_FINE + bytes(100_000), _SIZE)
        with pytest.raises(UnsupportedMedia):
            decoder.read(b"no picture", _SIZE)
        assert decoder.read(_FINE, _SIZE)
    with Decoder(Limits(max_scans=10), readers=READERS) as decoder:
        with pytest.raises(MediaTooLarge, match="more than 10 passes"):
            decoder.read(scan_bomb(11), _LUMA, b"64")
        assert decoder.read(scan_bomb(10), _LUMA, b"64")
    with Decoder(Limits(max_memory=32 << 20), readers=READERS) as decoder:
        with pytest.raises(MediaTooLarge, match="32 MiB of memory"):
            decoder.read(encode(Image.new("RGB", (4000, 4000)), "image/jpeg"), _EXACT, b"64")
        with pytest.raises(MediaTooLarge, match="32 MiB of memory"):
            decoder.read(png_bomb(9_000, 9_000), _LUMA, b"64")
        assert decoder.read(_FINE, _SIZE)


def test_a_reader_that_takes_too_long_ends(reading: Decoder) -> None:
    limits = Limits(max_wall_seconds=0.5, max_cpu_seconds=1, max_scans=1_000_000)
    with Decoder(limits, readers=READERS) as decoder:
        assert decoder.read(_FINE, _SIZE)
        with pytest.raises(DecodingTimedOut, match="took too long"):
            decoder.read(scan_bomb(20_000), _LUMA, b"64")
        with pytest.raises(DecodingTimedOut, match="took too long"):
            decoder.read(_FINE, _DAWDLE, b"60")
    assert reading.read(_FINE, _DAWDLE, b"0.01") == b"late"


def test_answers_are_bytes_and_few(reading: Decoder) -> None:
    assert reading.read(_FINE, _CHATTER, b"0") == b""
    assert reading.read(_FINE, _CHATTER, b"65536") == bytes(65536)
    with pytest.raises(ReaderFailed, match="a reader must"):
        reading.read(_FINE, _CHATTER, b"65537")
    with pytest.raises(ReaderFailed, match="a reader must"):
        reading.read(_FINE, _MUMBLE)
    assert reading.read(_FINE, _CHATTER, b"3") == bytes(3)


def test_a_reader_that_fails_is_named_and_nothing_is_quoted(
    reading: Decoder, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ReaderFailed, match=r"tests\.media\.readers:fail") as caught:
        reading.read(_FINE, _FAIL)
    assert isinstance(caught.value, MediaError)  # who handles those handles this
    assert str(caught.value).endswith(".")
    assert "tests.media.readers:fail" in caplog.text
    assert "secret" not in str(caught.value) + caplog.text
    assert reading.read(_FINE, _SIZE)


def test_a_reader_that_is_not_there_is_refused(reading: Decoder) -> None:
    with pytest.raises(ValueError, match="Name it in `readers`"):
        reading.read(_FINE, "tests.media.readers:nothing")
    with pytest.raises(ValueError, match=r"package\.module:function"):
        Decoder(readers=["os.system"])
    with (
        Decoder(readers=["tests.media.readers:nothing"]) as decoder,
        pytest.raises(RuntimeError, match="could not start"),
    ):
        decoder.decode(_FINE)


def test_a_short_file_after_a_long_one_is_read_alone(reading: Decoder) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (2600, 2600, 3), np.uint8)
    long = encode(Image.fromarray(noise), "image/bmp")
    assert len(long) > 20_000_000
    for _ in range(2):
        shape, seen = _array(reading.read(long, _EXACT, b"64"), 64)
        assert shape == noise.shape
        assert np.array_equal(seen, noise[::64, ::64])
        assert json.loads(reading.read(_FINE, _SIZE)) == ["image/png", 96, 64]


def test_nothing_of_a_file_stays_for_the_next(reading: Decoder) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), np.uint8)
    large, cut = encode(Image.fromarray(noise)), encode(landscape())[:40]
    assert json.loads(reading.read(large, _SIZE)) == ["image/png", 300, 300]
    with pytest.raises(DamagedMedia):
        reading.read(cut, _SIZE)
    assert np.array_equal(reading.decode(_FINE).pixels, pixels(landscape()))
    with Image.open(io.BytesIO(large)) as expected:
        assert np.array_equal(reading.decode(large).pixels, np.asarray(expected))
