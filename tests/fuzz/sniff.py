"""Fuzzes `takeback.media.sniff`: any bytes have a known media type or none."""

import argparse
from collections.abc import Iterator

from tests.fuzz.instrumented import instrumented

with instrumented("takeback.media"):
    from takeback.media.sniffing import HEAD_LENGTH, MEDIA_TYPES, sniff

from tests.fuzz.seeds import pictures
from tests.fuzz.session import fuzz


def entry(data: bytes) -> None:
    """Take any bytes; what stands behind the head must not matter."""
    found = sniff(data)
    assert found is None or found in MEDIA_TYPES
    assert sniff(data[:HEAD_LENGTH]) == found


def seeds(chosen: argparse.Namespace) -> Iterator[bytes]:
    """Yield the heads of pictures of every kind."""
    for media_type in MEDIA_TYPES:
        for data in pictures(media_type, chosen.torture):
            yield data[:HEAD_LENGTH]


if __name__ == "__main__":
    fuzz(entry, seeds, __doc__ or "")
