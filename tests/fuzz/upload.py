"""Fuzzes the fast way: what the child makes of an upload, from bytes to the PDQs of its views."""

import argparse
from collections.abc import Iterator

from tests.fuzz.instrumented import instrumented

with instrumented(
    "takeback.media", "takeback.fingerprints", without=("takeback.fingerprints.frames",)
):
    from takeback.fingerprints.reading import parse_upload, read_upload
    from takeback.fingerprints.views import shipped_policies
    from takeback.media import luma
    from takeback.media.picture import OpenedPicture
    from takeback.media.pixels import load_codecs
    from takeback.media.refused import Refused

from takeback.media.limits import Limits
from takeback.media.protocol import MAX_ANSWER
from takeback.media.sniffing import HEAD_LENGTH, MEDIA_TYPES, sniff
from tests.fuzz.seeds import pictures
from tests.fuzz.session import fuzz
from tests.support.encodings import encode, landscape

LIMITS = Limits(max_pixels=1 << 18, max_scans=20, max_memory=512 << 20)
POLICIES = sorted(shipped_policies().items())


def entry(data: bytes) -> None:
    """Read an upload under each policy; its size must be that of the exact pixels."""
    media_type = sniff(data[:HEAD_LENGTH])
    if media_type is None:
        return
    picture = OpenedPicture(data, media_type, LIMITS)
    try:
        answers = [read_upload(picture, name.encode()) for name, _ in POLICIES]
    except (Refused, MemoryError):
        return
    for answer, (_, policy) in zip(answers, POLICIES, strict=True):
        assert len(answer) <= MAX_ANSWER
        width, height, found = parse_upload(answer, policy)
        assert (width, height) == (picture.width, picture.height)
        assert found
    try:
        exact = picture.pixels()
    except (Refused, MemoryError):  # what is stored in scans is read further than Pillow does
        return
    assert exact.shape == (picture.height, picture.width, 3)


def prepare(_: argparse.Namespace) -> None:
    """Do what the child does, and let small pictures be decoded at all scales.

    Sides of 72 pixels, which are scaled to 9, are the smallest that tell their scale for sure.
    """
    luma.SHORTEST_SIDE = 9  # type: ignore[misc] # final for all but this search
    load_codecs(LIMITS)


def seeds(chosen: argparse.Namespace) -> Iterator[bytes]:
    """Yield small pictures, most of them JPEG: the others come here as they come to `decode`."""
    for side in (18, 36, 73):
        for way in ({"subsampling": 2}, {"progressive": True}):
            yield encode(landscape(side + 5, side), "image/jpeg", quality=60, **way)
    for media_type in MEDIA_TYPES:
        for number, data in enumerate(pictures(media_type, chosen.torture)):
            if media_type == "image/jpeg" or number < 3:
                yield data


if __name__ == "__main__":
    fuzz(entry, seeds, __doc__ or "", prepare=prepare, memory=LIMITS.max_memory)
