"""What goes past a limit is refused with a reason, and the next picture is decoded as ever."""

import dataclasses
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from takeback.media import (
    DamagedMedia,
    Decoder,
    DecoderBusy,
    DecodingTimedOut,
    Limits,
    MediaError,
    MediaTooLarge,
    UnsupportedMedia,
)
from tests.conftest import REPOSITORY
from tests.support.encodings import encode, landscape, pixels, png_bomb, scan_bomb

_FINE = encode(landscape())


def _still_works(decoder: Decoder) -> None:
    assert (decoder.decode(_FINE).pixels == pixels(landscape())).all()


def test_a_file_of_too_many_bytes_is_refused() -> None:
    with Decoder(Limits(max_bytes=len(_FINE))) as decoder:
        _still_works(decoder)
        with pytest.raises(MediaTooLarge, match="Make the picture smaller"):
            decoder.decode(_FINE + b"\0")
        _still_works(decoder)


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    with Decoder(Limits(max_pixels=96 * 64)) as decoder:
        _still_works(decoder)
        for media_type in ("image/png", "image/jpeg", "image/webp", "image/heic", "image/gif"):
            with pytest.raises(MediaTooLarge, match="6,144 pixels"):
                decoder.decode(encode(landscape(98, 64), media_type))
        _still_works(decoder)


def test_a_small_file_of_billions_of_pixels_is_refused(decoder: Decoder) -> None:
    bomb = png_bomb(100_000, 30_000)
    assert len(bomb) < 500_000
    with pytest.raises(MediaTooLarge, match="100,000,000 pixels"):
        decoder.decode(bomb)
    _still_works(decoder)


def test_a_side_longer_than_the_kernels_take_is_refused(decoder: Decoder) -> None:
    longest = 1 << 24
    assert decoder.decode(png_bomb(longest, 1)).width == longest
    for size in ((longest + 1, 1), (1, longest + 1)):
        with pytest.raises(MediaTooLarge, match="side of more than 16,777,216 pixels"):
            decoder.decode(png_bomb(*size))
    _still_works(decoder)


def test_the_largest_picture_fits_the_memory(decoder: Decoder) -> None:
    picture = decoder.decode(png_bomb(10_000, 10_000))
    assert picture.pixels.shape == (10_000, 10_000, 3)
    del picture
    _still_works(decoder)


def test_a_picture_that_needs_too_much_memory_is_refused() -> None:
    with Decoder(Limits(max_memory=32 << 20)) as decoder:
        for media_type in ("image/png", "image/jpeg", "image/tiff"):
            with pytest.raises(MediaTooLarge, match="32 MiB of memory"):
                decoder.decode(encode(Image.new("RGB", (4000, 4000)), media_type))
            _still_works(decoder)
        for media_type in ("image/webp", "image/avif", "image/heic"):  # these don't say why
            with pytest.raises(MediaError):
                decoder.decode(encode(Image.new("RGB", (4000, 4000)), media_type))
            _still_works(decoder)


def test_a_jpeg_of_too_many_passes_is_refused(decoder: Decoder) -> None:
    bomb = scan_bomb(2000)
    assert len(bomb) < 200_000
    with pytest.raises(MediaTooLarge, match="more than 100 passes"):
        decoder.decode(bomb)
    assert decoder.decode(scan_bomb(100)).width == 2048
    _still_works(decoder)


def test_previews_and_films_inside_a_jpeg_are_no_passes(decoder: Decoder) -> None:
    inside = b"\xff\xda\0\2" * 200
    comment = b"\xff\xfe" + (len(inside) + 2).to_bytes(2, "big") + inside
    jpeg = encode(landscape(), "image/jpeg")
    assert decoder.decode(jpeg[:2] + comment + jpeg[2:] + inside).width == 96


def test_decoding_that_takes_too_much_processor_time_ends() -> None:
    with Decoder(Limits(max_cpu_seconds=1, max_scans=1_000_000)) as decoder:
        with pytest.raises(DecodingTimedOut, match="took too long"):
            decoder.decode(scan_bomb(20_000))
        _still_works(decoder)


def test_each_picture_has_processor_time_of_its_own() -> None:
    labour = "tests.media.readers:labour"
    with Decoder(Limits(max_cpu_seconds=1), readers=[labour]) as decoder:
        for _ in range(4):
            assert decoder.read(_FINE, labour, b"0.7") == b"tired"
        with pytest.raises(DecodingTimedOut, match="took too long"):
            decoder.read(_FINE, labour, b"60")


def test_a_lower_bound_on_processor_time_from_outside_holds() -> None:
    program = """
import resource
from takeback.media import Decoder
from tests.support.encodings import encode, landscape
resource.setrlimit(resource.RLIMIT_CPU, (9, 9))
with Decoder() as decoder:
    print(decoder.decode(encode(landscape())).width)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "96\n", done.stderr


def test_decoding_that_takes_too_long_on_the_clock_ends() -> None:
    with Decoder(Limits(max_wall_seconds=0.5, max_scans=1_000_000)) as decoder:
        _still_works(decoder)
        with pytest.raises(DecodingTimedOut, match="took too long"):
            decoder.decode(scan_bomb(20_000))
    with Decoder(Limits(max_wall_seconds=30)) as decoder:
        _still_works(decoder)


def test_files_beyond_the_bytes_in_flight_are_told_to_try_again() -> None:
    slow = scan_bomb(200)
    limits = Limits(max_bytes=len(slow) + len(_FINE) - 1, max_scans=1_000_000)
    with (
        Decoder(limits, max_bytes_in_flight=limits.max_bytes) as decoder,
        ThreadPoolExecutor(1) as thread,
    ):
        _still_works(decoder)
        under_way = thread.submit(decoder.decode, slow)
        refused = 0
        while not under_way.done():
            try:
                _still_works(decoder)
            except DecoderBusy as error:
                assert "Try again" in str(error)
                refused += 1
        assert refused
        assert under_way.result().width == 2048
        _still_works(decoder)
        with pytest.raises(MediaError):
            decoder.decode(_FINE[:40])
        assert decoder.decode(slow).width == 2048  # what was refused or damaged is not counted
    with pytest.raises(ValueError, match=r"at least Limits\.max_bytes, 1,000"):
        Decoder(Limits(max_bytes=1000), max_bytes_in_flight=999)


def test_each_kind_of_refusal_says_what_to_do(decoder: Decoder) -> None:
    with pytest.raises(UnsupportedMedia, match="Use a JPEG"):
        decoder.decode(b"")
    with pytest.raises(UnsupportedMedia, match="Save it as JPEG or PNG"):
        lab = Image.new("LAB", (8, 8))
        decoder.decode(encode(lab, "image/tiff"))
    with pytest.raises(DamagedMedia, match="save it again"):
        decoder.decode(_FINE[:40])
    _still_works(decoder)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Limits)])
def test_a_limit_that_would_refuse_everything_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: 0})
