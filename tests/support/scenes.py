"""Made-up landscapes for tests that need pictures as busy as photographs, and no photograph."""

import io
from typing import Any

import numpy as np
from PIL import Image


def scene(seed: int) -> Image.Image:
    """A smooth made-up landscape of colours: as busy as a photograph, of nobody."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (12, 16, 3), np.uint8).astype(np.uint8))
    return coarse.resize((960, 720), Image.Resampling.BICUBIC)


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
