"""Fuzzes the reader of headers: whatever comes, it promises something sensible or nothing."""

import argparse
from collections.abc import Iterator

from tests.fuzz.instrumented import instrumented

with instrumented("takeback.media"):
    from takeback.media.admission.grants import grant_for
    from takeback.media.admission.prediction import predict
    from takeback.media.limits import Limits
    from takeback.media.sniffing import MEDIA_TYPES, sniff

from tests.fuzz.seeds import pictures
from tests.fuzz.session import fuzz

_LIMITS = Limits()


def entry(data: bytes) -> None:
    """Take any file; where it lies must not matter."""
    media_type = sniff(data)
    if media_type is None:
        return
    found = predict(data, media_type)
    assert predict(memoryview(data), media_type) == found
    if found is None:
        return
    assert min(found) > 0
    grant = grant_for(found, _LIMITS)
    assert 0 < grant.pixels <= _LIMITS.max_pixels
    assert 0 < grant.cpu_seconds <= _LIMITS.max_cpu_seconds
    assert grant.whole or 0 < (grant.memory or 0) < _LIMITS.max_memory


def seeds(chosen: argparse.Namespace) -> Iterator[bytes]:
    """Yield pictures of every kind."""
    for media_type in MEDIA_TYPES:
        yield from pictures(media_type, chosen.torture)


if __name__ == "__main__":
    fuzz(entry, seeds, __doc__ or "")
