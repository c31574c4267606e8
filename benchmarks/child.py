"""What the child costs: a picture's brightness through it and in this process, in turns.

`.venv/bin/python -m benchmarks.child PHOTOGRAPH` writes a photograph anew at 12, 1 and 0.1
megapixels and prints the fastest round of each side: the bare decoder here (simplejpeg at the same
scale for JPEG, Pillow for PNG and WebP), `Decoder.read`, and `Decoder.read` of a reader that does
not even decode; then the median of the rounds' own ratios of the first two.
"""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import simplejpeg
from PIL import Image

from benchmarks.timing import in_turns, times_faster
from takeback.media import Decoder
from takeback.media.luma import scale_for
from takeback.media.picture import OpenedPicture

_FILES = (
    ("12 MP JPEG", (4000, 3000), "JPEG", 90, 120),
    ("12 MP JPEG, quality 98", (4000, 3000), "JPEG", 98, 80),
    ("1 MP JPEG", (1152, 864), "JPEG", 90, 400),
    ("0.1 MP JPEG", (400, 300), "JPEG", 90, 400),
    ("1 MP PNG", (1152, 864), "PNG", 90, 100),
    ("1 MP WebP", (1152, 864), "WEBP", 85, 100),
)
"""Name, width and height, Pillow's format, quality, rounds."""


def brightness(picture: OpenedPicture, argument: bytes) -> bytes:
    """Decode and answer with a few bytes; runs in the child."""
    del argument
    grey, _, _ = picture.luma_scaled()
    return bytes(grey[:1, :8])


def nothing(picture: OpenedPicture, argument: bytes) -> bytes:
    """Don't even decode; runs in the child."""
    del picture, argument
    return b"nothing"


_READERS = tuple(f"benchmarks.child:{reader.__name__}" for reader in (brightness, nothing))


def _written(picture: Image.Image, size: tuple[int, int], how: str, quality: int) -> bytes:
    file = io.BytesIO()
    picture.resize(size).save(file, how, quality=quality)
    return file.getvalue()


def _decode_here(data: bytes, how: str) -> None:
    if how != "JPEG":
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
        return
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    k = scale_for(width, height)
    simplejpeg.decode_jpeg(data, "GRAY", min_height=-(-height // k), min_width=-(-width // k))


def _sides(decoder: Decoder, data: bytes, how: str) -> dict[str, Callable[[], object]]:
    return {
        "here": lambda: _decode_here(data, how),
        "child": lambda: decoder.read(data, _READERS[0]),
        "child, not decoding": lambda: decoder.read(data, _READERS[1]),
    }


def main() -> None:
    """Measure and print a table."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and one photograph
        sys.exit("Name one photograph: python -m benchmarks.child PHOTOGRAPH")
    with Image.open(io.BytesIO(Path(sys.argv[1]).read_bytes())) as opened:
        photograph = opened.convert("RGB")
    print("| file | bytes | here | child | child, not decoding | child / here |")
    print("|---|---|---|---|---|---|")
    with Decoder(readers=_READERS) as decoder:
        for name, size, how, quality, rounds in _FILES:
            data = _written(photograph, size, how, quality)
            timed = in_turns(_sides(decoder, data, how), rounds=rounds)
            fastest = " | ".join(f"{side.fastest * 1e3:.2f} ms" for side in timed.values())
            ratio = times_faster(timed["child"], timed["here"])
            print(f"| {name} | {len(data):,} | {fastest} | {ratio:.3f} |")


if __name__ == "__main__":
    main()
