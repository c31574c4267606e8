"""The format is told from the first bytes alone."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.media import MEDIA_TYPES, sniff
from tests.support.encodings import WAYS, encode, landscape

_VECTORS = Path(__file__).parents[1] / "vectors/file_kinds.json"


@pytest.mark.parametrize(
    "vector", json.loads(_VECTORS.read_text())["files"], ids=lambda vector: vector["why"]
)
def test_the_browser_takes_for_a_picture_what_is_read_here(vector: dict[str, str | None]) -> None:
    assert vector["starts"] is not None
    media_type = sniff(bytes.fromhex(vector["starts"]))
    assert media_type == vector["media_type"]
    assert media_type is None or vector["kind"] == "picture"


@pytest.mark.parametrize("media_type", WAYS)
def test_each_format_is_told(media_type: str) -> None:
    assert sniff(encode(landscape(), media_type)) == media_type


@pytest.mark.parametrize(
    ("brands", "media_type"),
    [
        (b"avif\0\0\0\0mif1", "image/avif"),
        (b"avis\0\0\0\0msf1", "image/avif"),
        (b"mif1\0\0\0\0avifmiaf", "image/avif"),
        (b"mif1\0\0\0\0heic", "image/heic"),
        (b"heix\0\0\0\0mif1", "image/heic"),
        (b"heic\0\0\0\0avif", "image/heic"),
        (b"mif1\0\0\0\0miaf", "image/heif"),
        (b"isom\0\0\0\0mp41", None),  # a film
    ],
)
def test_the_file_type_box_tells_the_format(brands: bytes, media_type: str | None) -> None:
    box = (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands
    assert sniff(box) == media_type
    # What stands behind the box says nothing.
    assert sniff(box + b"avifheic") == media_type


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\xff\xd8", b"BM", b"RIFF\0\0\0\0WAVE", b"%PDF-1.7", b"<svg/>"),
        *(b"BM on a page of text that is no picture", b"\x00\x00\x01\x00\x01\x00", b"MZ"),
    ],
)
def test_anything_else_is_not_a_picture(data: bytes) -> None:
    assert sniff(data) is None


@given(st.binary(max_size=64), st.sampled_from([b"", b"\0\0\xff\xffftyp", b"RIFF", b"BM"]))
def test_any_bytes_have_an_answer(data: bytes, start: bytes) -> None:
    assert sniff(start + data) in {None, *MEDIA_TYPES}
