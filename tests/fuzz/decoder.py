"""Fuzzes the decoder as a whole: parent, child and what they share stay of use, whatever comes."""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.instrumented import instrumented

with instrumented("takeback.media"):
    from takeback.media import Decoder, Limits, MediaError, ReaderFailed

import numpy as np

from takeback.fingerprints.reading import READ_UPLOAD
from takeback.media.sniffing import MEDIA_TYPES
from tests.fuzz.seeds import pictures
from tests.fuzz.session import fuzz
from tests.support.encodings import encode, landscape, pixels

LIMITS = Limits(max_pixels=1 << 20, max_cpu_seconds=2, max_wall_seconds=10)
_SLOWER_THAN_ANY = 15.0  # seconds
_FINE = encode(landscape())
_EXPECTED = pixels(landscape())
_decoder = Decoder(LIMITS, readers=[READ_UPLOAD])


def entry(data: bytes) -> None:
    """Decode the file and read it as an upload; then decode a good one."""
    start = time.monotonic()
    for ask in (
        lambda: _decoder.decode(data).pixels,
        lambda: _decoder.read(data, READ_UPLOAD, b"standard"),
    ):
        try:
            answer = ask()
        except ReaderFailed:
            raise
        except MediaError as error:
            assert str(error).endswith(".")
        else:
            assert len(answer)
    assert time.monotonic() - start < _SLOWER_THAN_ANY
    assert np.array_equal(_decoder.decode(_FINE).pixels, _EXPECTED)


def seeds(chosen: argparse.Namespace) -> Iterator[bytes]:
    """Yield small pictures of every kind, and what the other targets came by."""
    for media_type in MEDIA_TYPES:
        yield from pictures(media_type, chosen.torture)
    for folder in sorted(chosen.corpus.parent.glob("decode-*[!s]")):
        for path in sorted(folder.iterdir(), key=lambda path: path.name)[:200]:
            yield Path(path).read_bytes()


if __name__ == "__main__":
    fuzz(entry, seeds, __doc__ or "", keep_seeds=True)  # what decodes is in another process
