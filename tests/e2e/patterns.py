"""Harmless patterns as files on a phone, for tests that need pictures of their own."""

import io

import numpy as np
from PIL import Image
from playwright.sync_api import FilePayload


def a_pattern(name: str, seed: int) -> FilePayload:
    """A file with a harmless pattern of soft colours; each seed gives another."""
    colours = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(colours).resize((640, 480), Image.Resampling.BICUBIC).save(file, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": file.getvalue()}
