"""What a header promises, for every format that is read; odd headers promise nothing."""

import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from takeback.media import MEDIA_TYPES, sniff
from takeback.media.admission.prediction import Prediction, predict
from tests.support.costly_pictures import COSTLY, SIDE, deep_png, empty_bmp, flat_gif, flat_webp
from tests.support.encodings import WAYS, encode, landscape, png_chunk, scan_bomb

_MAGIC = (
    *(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    *(b"RIFF\0\0\0\0WEBP", b"BM" + bytes(12) + b"\x28\0\0\0", b"\0\0\0\x14ftypavif" + bytes(8)),
)


_OTHERWISE = {"bmp-runs", "no-header", "avif-lying", "jpeg-arithmetic"}


def _predicted(data: bytes) -> Prediction:
    media_type = sniff(data)
    assert media_type is not None
    found = predict(data, media_type)
    assert found is not None
    return found


@pytest.mark.parametrize("media_type", WAYS)
@pytest.mark.parametrize("size", [(96, 64), (301, 17)])
def test_a_header_promises_the_pixels_of_the_picture(
    media_type: str, size: tuple[int, int]
) -> None:
    data = encode(landscape(*size), media_type)
    found = _predicted(data)
    if media_type == "image/heic":  # it is coded in blocks, and cut down at the end
        assert found.pixels >= size[0] * size[1]
    else:
        assert found.pixels == size[0] * size[1]
    assert found.memory > 3 * found.pixels
    assert found.work >= found.pixels * 0.05


@pytest.mark.parametrize(
    ("media_type", "how"),
    [
        ("image/webp", {"lossless": False}),
        ("image/jpeg", {"progressive": True}),
        ("image/tiff", {"big_tiff": True}),
        ("image/png", {"exif": Image.Exif()}),
        ("image/webp", {"exif": b"Exif\0\0"}),
    ],
)
def test_other_ways_to_write_a_picture_promise_the_same(
    media_type: str, how: dict[str, object]
) -> None:
    assert _predicted(encode(landscape(), media_type, **how)).pixels == 96 * 64


@pytest.mark.parametrize("kind", sorted(set(COSTLY) - _OTHERWISE))
def test_a_costly_file_is_known_by_its_header(kind: str) -> None:
    data = COSTLY[kind]()
    expected = 2000 * 1600 if kind == "webp-just-quick" else SIDE * SIDE
    assert _predicted(data).pixels == expected


def test_what_costs_more_is_predicted_to_cost_more() -> None:
    size = (1000, 1000)
    plain = Image.new("RGB", size)
    jpeg = _predicted(encode(plain, "image/jpeg"))
    passes = _predicted(encode(plain, "image/jpeg", progressive=True))
    four_colours = _predicted(encode(plain.convert("CMYK"), "image/jpeg"))
    assert jpeg.work < passes.work < four_colours.work
    assert _predicted(scan_bomb(100)).work > 4 * _predicted(scan_bomb(10)).work
    flat = encode(plain)
    assert _predicted(flat).memory < _predicted(encode(plain.convert("RGBA"))).memory
    assert _predicted(deep_png(100, 100)).work > _predicted(encode(landscape(100, 100))).work
    floats = encode(Image.new("F", size), "image/tiff", compression=None)
    assert _predicted(floats).memory > _predicted(encode(plain, "image/tiff")).memory


@pytest.mark.parametrize(("plain", "arithmetic"), [(0xC0, 0xC9), (0xC2, 0xCA)])
def test_arithmetic_coding_is_predicted_to_cost_for_every_byte(plain: int, arithmetic: int) -> None:
    noise = Image.effect_noise((300, 200), 100)
    jpeg = encode(noise, "image/jpeg", quality=100, progressive=plain == 0xC2)
    frame = jpeg.index(bytes((0xFF, plain)))
    coded = jpeg[: frame + 1] + bytes((arithmetic,)) + jpeg[frame + 2 :]
    assert _predicted(coded).pixels == 300 * 200
    # One decoding takes about four times 25 ns a byte, and part of the file is decoded thrice.
    assert _predicted(coded).work > 12 * len(coded)
    assert _predicted(jpeg).work < 12 * len(jpeg)


def test_of_two_sizes_in_a_header_the_larger_counts() -> None:
    png = encode(landscape())
    second = png_chunk(b"IHDR", struct.pack("!IIBBBBB", 9000, 9000, 8, 2, 0, 0, 0))
    assert _predicted(png[:33] + second + png[33:]).pixels == 9000 * 9000
    gif = bytearray(flat_gif(20, 10))
    frame = gif.index(b",")
    gif[frame + 1 : frame + 9] = struct.pack("<HHHH", 5, 0, 1000, 2000)
    assert _predicted(bytes(gif)).pixels == 1005 * 2000
    small = flat_webp(20, 10)
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (4999).to_bytes(3, "little") * 2
    assert _predicted(small[:12] + canvas + small[12:]).pixels == 5000 * 5000
    heic = encode(landscape(), "image/heic")
    at = heic.index(b"ispe") + 8
    assert _predicted(heic[:at] + struct.pack(">II", 8000, 1) + heic[at + 8 :]).pixels >= 8000


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a" + bytes(28),
        empty_bmp(compression=1),  # runs
        empty_bmp(0, 5),
        b"\xff\xd8\xff\xe0\0\x04ab" * 2,
        b"\xff\xd8" + b"\xff\xfe\0\x02" * 5000,  # more segments than anybody writes
        flat_gif()[:19] + b"!\xfe" + b"\1x" * 5000,
        encode(landscape(), "image/avif").replace(b"ipco", b"ipxx"),
        encode(landscape(), "image/tiff", compression=None)[:8],
    ],
)
def test_a_header_that_says_nothing_promises_nothing(data: bytes) -> None:
    assert predict(data, sniff(data) or "image/jpeg") is None


def test_a_header_without_end_takes_no_memory() -> None:
    frame = b"\xff\xc2\0\x11\x08\0\x40\0\x40\3\1\x11\0\2\x11\0\3\x11\0"
    scan_of_colour = b"\xff\xda\0\x08\1\2\0\1\x3f\0"
    many = b"\xff\xd8" + frame + scan_of_colour * 100_000 + b"\xff\xd9"
    tracemalloc.start()
    try:
        assert predict(many, "image/jpeg") is None
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@given(st.sampled_from(MEDIA_TYPES), st.sampled_from(_MAGIC), st.binary(max_size=200))
def test_any_bytes_promise_something_sensible_or_nothing(
    media_type: str, magic: bytes, rest: bytes
) -> None:
    found = predict(magic + rest, media_type)
    assert found is None or min(found) > 0


@given(st.sampled_from(sorted(WAYS)), st.data())
def test_changed_headers_promise_something_sensible_or_nothing(
    media_type: str, data: st.DataObject
) -> None:
    file = bytearray(encode(landscape(8, 6), media_type))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(file) - 1))
        file[at] = data.draw(st.integers(0, 255))
    found = predict(bytes(file), media_type)
    assert found is None or min(found) > 0
    assert predict(memoryview(bytes(file)), media_type) == found
