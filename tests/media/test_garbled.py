"""Garbled files: whatever bytes are changed, there is a picture or a typed error, then business."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takeback.media import Decoder, MediaError, ReaderFailed
from tests.support.encodings import WAYS, encode, landscape, pixels

_SMALL = {media_type: encode(landscape(48, 32), media_type) for media_type in WAYS}
_FINE = encode(landscape())

_LARGE = [
    encode(landscape(1100, 1060), "image/jpeg", progressive=progressive)
    for progressive in (False, True)
]
_LUMA = "tests.media.readers:luma"

_change = st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8))


@pytest.fixture(scope="module")
def reading() -> Iterator[Decoder]:
    """A decoder whose children answer with brightness."""
    with Decoder(readers=[_LUMA]) as decoder:
        yield decoder


def _changed(data: bytes, changes: list[tuple[float, bytes]], kept: float) -> bytes:
    changed = bytearray(data)
    for where, new in changes:
        at = int(where * len(changed))
        changed[at : at + len(new)] = new
    return bytes(changed[: int(kept * len(changed))])


@pytest.mark.parametrize("media_type", WAYS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(_change, min_size=1, max_size=6), kept=st.floats(0.3, 1.0))
def test_a_file_with_changed_bytes_gives_a_picture_or_a_clear_error(
    media_type: str,
    decoder: Decoder,
    changes: list[tuple[float, bytes]],
    kept: float,
) -> None:
    try:
        picture = decoder.decode(_changed(_SMALL[media_type], changes, kept))
    except MediaError as error:
        assert str(error).endswith(".")
    else:
        assert picture.pixels.ndim == 3
        assert picture.pixels.size == picture.width * picture.height * 3
    assert np.array_equal(decoder.decode(_FINE).pixels, pixels(landscape()))


@pytest.mark.parametrize("progressive", [False, True])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(_change, max_size=6), kept=st.floats(0.1, 1.0))
def test_a_changed_jpeg_that_is_scaled_gives_an_answer_or_a_clear_error(
    progressive: bool,
    reading: Decoder,
    changes: list[tuple[float, bytes]],
    kept: float,
) -> None:
    try:
        answer = reading.read(_changed(_LARGE[progressive], changes, kept), _LUMA, b"32")
    except MediaError as error:
        assert not isinstance(error, ReaderFailed)
        assert str(error).endswith(".")
    else:
        head, _, body = answer.partition(b"\n")
        ((height, width),) = json.loads(head)
        assert len(body) == -(-height // 32) * -(-width // 32)
    assert reading.read(_FINE, _LUMA, b"1").startswith(b"[[64, 96]]")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.sampled_from(sorted(_SMALL)), noise=st.binary(max_size=300))
def test_noise_behind_a_good_beginning_gives_a_picture_or_a_clear_error(
    decoder: Decoder, start: str, noise: bytes
) -> None:
    try:
        decoder.decode(_SMALL[start][:32] + noise)
    except MediaError as error:
        assert str(error).endswith(".")
    assert np.array_equal(decoder.decode(_FINE).pixels, pixels(landscape()))
