"""What the child costs: a JPEG's brightness through the child and in this process, side by side.

`.venv/bin/python -m benchmarks.child [PHOTOGRAPH]` takes a photograph, or makes a picture, and
writes it at 12 megapixels (also as a large file), 1 and 0.1.
"""

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import simplejpeg
from PIL import Image

from takeback.media import Decoder
from takeback.media.luma import scale_for
from takeback.media.picture import OpenedPicture

_ROUNDS = 60


def brightness(picture: OpenedPicture, argument: bytes) -> bytes:
    """Decode and answer with a few bytes; runs in the child."""
    del argument
    grey, _, _ = picture.luma_scaled()
    return bytes(grey[:1, :8])


def nothing(picture: OpenedPicture, argument: bytes) -> bytes:
    """Don't even decode; runs in the child."""
    del picture, argument
    return b"nothing"


def _here(data: bytes) -> None:
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    k = scale_for(width, height)
    simplejpeg.decode_jpeg(data, "GRAY", min_height=-(-height // k), min_width=-(-width // k))


def _files(photograph: str | None) -> dict[str, bytes]:
    if photograph is None:
        noise = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
        picture = Image.fromarray(noise)
    else:
        with Image.open(io.BytesIO(Path(photograph).read_bytes())) as opened:
            picture = opened.convert("RGB")
    return {
        "12 MP": _jpeg(picture.resize((4000, 3000)), 90),
        "12 MP, quality 98": _jpeg(picture.resize((4000, 3000)), 98),
        "1 MP": _jpeg(picture.resize((1152, 864)), 90),
        "0.1 MP": _jpeg(picture.resize((400, 300)), 90),
    }


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    """Print medians and minima of many rounds, the three ways taking turns."""
    readers = tuple(f"benchmarks.child:{reader.__name__}" for reader in (brightness, nothing))
    photograph = sys.argv[1] if len(sys.argv) > 1 else None
    with Decoder(readers=readers) as decoder:
        for name, data in _files(photograph).items():
            ways: dict[str, Callable[[], object]] = {
                "in process": lambda data=data: _here(data),
                "child": lambda data=data: decoder.read(data, readers[0]),
                "child, not decoding": lambda data=data: decoder.read(data, readers[1]),
            }
            times = {way: [] for way in ways}
            for _ in range(_ROUNDS):
                for way, work in ways.items():
                    times[way].append(_milliseconds(work))
            print(f"{name}, {len(data):,} bytes")
            for way, each in times.items():
                print(f"  {way:20} median {median(each):8.3f} ms, least {min(each):8.3f} ms")


if __name__ == "__main__":
    main()
