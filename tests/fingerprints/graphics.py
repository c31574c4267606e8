"""Pictures that are no photographs: blanks, gradients, pages of text, chats, logos."""

import random

import numpy as np
from PIL import Image, ImageDraw

from tests.fingerprints.kernels import Pixels

_WORDS = (
    "when",
    "you",
    "hear",
    "about",
    "it",
    "the",
    "day",
    "after",
    "tomorrow",
    "is",
    "no",
    "way",
)


def blank(level: int) -> Image.Image:
    """One grey all over."""
    return Image.new("RGB", (800, 600), (level, level, level))


def gradient(seed: int) -> Image.Image:
    """Brightness that rises evenly in some direction."""
    across, down = np.random.default_rng(seed).uniform(-1, 1, 2)
    y, x = np.mgrid[0:1:600j, 0:1:800j]
    slope = across * x + down * y
    levels = (slope - slope.min()) / max(1e-9, float(np.ptp(slope))) * 255
    return Image.fromarray(levels.astype(np.uint8)).convert("RGB")


def page(seed: int) -> Image.Image:
    """A page of text."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (900, 1200), "white")
    draw = ImageDraw.Draw(picture)
    y = 60
    while y < 1150:
        draw.text((60, y), _words(chance, 9)[:70], "black", font_size=22)
        y += 34 if chance.random() < 0.85 else 60
    return picture


def chat(seed: int) -> Image.Image:
    """A screenshot of a conversation."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (1080, 2400), (236, 229, 221))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 1080, 220), (7, 94, 84))
    draw.ellipse((40, 110, 130, 200), "grey")
    draw.text((160, 130), _words(chance, 2), "white", font_size=40)
    y = 280
    while y < 2150:
        lines, width = chance.randint(1, 3), chance.randint(250, 800)
        left = 30 if chance.random() < 0.5 else 1050 - width
        bottom = y + 60 + 50 * lines
        colour = (220, 248, 198) if left > 30 else (255, 255, 255)
        draw.rounded_rectangle((left, y, left + width, bottom), 24, colour)
        for line in range(lines):
            words = _words(chance, 6)[: width // 22]
            draw.text((left + 24, y + 24 + 50 * line), words, "black", font_size=40)
        y = bottom + chance.randint(14, 50)
    return picture


def disc(radius: int) -> Image.Image:
    """A red disc on white, as logos are."""
    picture = Image.new("RGB", (600, 600), "white")
    box = (300 - radius, 300 - radius, 300 + radius, 300 + radius)
    ImageDraw.Draw(picture).ellipse(box, (200, 30, 40))
    return picture


def square(radius: int) -> Image.Image:
    """A blue square on white, as logos are."""
    picture = Image.new("RGB", (600, 600), "white")
    box = (300 - radius, 300 - radius, 300 + radius, 300 + radius)
    ImageDraw.Draw(picture).rectangle(box, (20, 40, 160))
    return picture


def _words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(count))


def picture(height: int, width: int, seed: int, levels: int = 256) -> Pixels:
    """A random picture of blocks; few levels make it nearly flat."""
    random = np.random.default_rng(seed)
    block = int(random.integers(1, 40))
    coarse = random.integers(0, levels, (height // block + 1, width // block + 1, 3))
    fine = np.repeat(np.repeat(coarse, block, axis=0), block, axis=1)[:height, :width]
    return (fine + random.integers(0, 2, fine.shape)).clip(0, 255).astype(np.uint8)
