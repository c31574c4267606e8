"""Fuzzes the exact decoder: a file gives an upright RGB picture or is refused, within bounds."""

import argparse
from collections.abc import Iterator

from tests.fuzz.instrumented import instrumented

with instrumented("takeback.media", "PIL"):
    from takeback.media.pixels import decode_rgb, load_codecs
    from takeback.media.refused import Refused

from takeback.media.limits import Limits
from takeback.media.sniffing import HEAD_LENGTH, MEDIA_TYPES, sniff
from tests.fuzz.seeds import pictures
from tests.fuzz.session import fuzz

# As small as the seeds allow: it is the ways through the code that count, not the sizes.
LIMITS = Limits(max_pixels=1 << 18, max_scans=20, max_memory=512 << 20)
_wanted: set[str] = set()


def entry(data: bytes) -> None:
    """Decode what is sniffed as one of the kinds wanted."""
    media_type = sniff(data[:HEAD_LENGTH])
    if media_type is None or media_type not in _wanted:
        return
    try:
        picture = decode_rgb(data, media_type, LIMITS)
    except (Refused, MemoryError):
        return
    assert picture.mode == "RGB"
    assert 0 < picture.width * picture.height <= LIMITS.max_pixels
    assert len(picture.tobytes()) == picture.width * picture.height * 3


def options(parser: argparse.ArgumentParser) -> None:
    """Let the kinds be chosen."""
    parser.add_argument(
        "kinds",
        nargs="*",
        metavar="KIND",
        default=[],
        help=f"of {', '.join(MEDIA_TYPES)}; all of them by default",
    )


def prepare(chosen: argparse.Namespace) -> None:
    """Do what the child does before it reads its first file."""
    _wanted.update(chosen.kinds or MEDIA_TYPES)
    if unknown := _wanted - set(MEDIA_TYPES):
        raise SystemExit(f"Not a kind of picture that is decoded: {', '.join(sorted(unknown))}")
    load_codecs(LIMITS)


def seeds(chosen: argparse.Namespace) -> Iterator[bytes]:
    """Yield small pictures of the kinds wanted."""
    for media_type in sorted(_wanted):
        yield from pictures(media_type, chosen.torture)


if __name__ == "__main__":
    fuzz(entry, seeds, __doc__ or "", options, prepare, memory=LIMITS.max_memory)
