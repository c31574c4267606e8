"""The altered copies that people make of a photograph, as files; the same ones in every run."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Picture = Image.Image
Side = Literal["left", "top", "right", "bottom"]

LONGEST_SIDE: Final = 1280
"""Photographs are brought to this first: about what messengers send on."""

_WHITE: Final = (255, 255, 255)
_BLACK: Final = (0, 0, 0)
_SCREEN: Final = (1080, 2400)


@dataclass(frozen=True)
class Alteration:
    """One thing that people do to a picture.

    `make` takes the picture and another one (for collages) and gives the copy; it is kept as
    `encoding` with `quality`. `goal` is the share of copies that must be
    found, None for what is only watched.
    """

    name: str
    group: str
    goal: float | None
    make: Callable[[Picture, Picture], Picture]
    encoding: str = "JPEG"
    quality: int = 80

    def file(self, picture: Picture, other: Picture) -> bytes:
        """Return the copy's bytes."""
        kept = io.BytesIO()
        copy = self.make(picture, other)
        copy.save(kept, self.encoding, quality=self.quality)
        return kept.getvalue()


def _alone(change: Callable[[Picture], Picture]) -> Callable[[Picture, Picture], Picture]:
    return lambda picture, _: change(picture)


def _resized(picture: Picture, across: float, down: float) -> Picture:
    size = (max(8, round(picture.width * across)), max(8, round(picture.height * down)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _gamma(picture: Picture, exponent: float) -> Picture:
    table = [round(255 * (level / 255) ** exponent) for level in range(256)]
    return picture.point(table * 3)


def _noise(picture: Picture, deviation: float) -> Picture:
    pixels = np.asarray(picture, dtype=np.float32)
    random = np.random.default_rng(picture.width * 31 + picture.height)
    noisy = pixels + random.standard_normal(pixels.shape, dtype=np.float32) * deviation
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def _filtered(picture: Picture) -> Picture:
    """A warm tint and darker corners, as photo apps offer them."""
    pixels = np.asarray(picture, dtype=np.float32) * np.array([1.08, 1.0, 0.82], dtype=np.float32)
    y, x = np.ogrid[-1 : 1 : picture.height * 1j, -1 : 1 : picture.width * 1j]
    return Image.fromarray(
        (pixels * (1 - 0.25 * (x * x + y * y) / 2)[..., None] + 8).clip(0, 255).astype(np.uint8)
    )


def _cropped(picture: Picture, left: float, top: float, right: float, bottom: float) -> Picture:
    width, height = picture.size
    return picture.crop(
        (
            round(width * left),
            round(height * top),
            round(width * (1 - right)),
            round(height * (1 - bottom)),
        )
    )


def _cropped_around(picture: Picture, share: float) -> Picture:
    return _cropped(picture, *[share / 2] * 4)


def _cropped_beside(picture: Picture, share: float, side: Side) -> Picture:
    shares = {"left": 0.0, "top": 0.0, "right": 0.0, "bottom": 0.0} | {side: share}
    return _cropped(picture, **shares)


def _cropped_anywhere(picture: Picture, share: float) -> Picture:
    """Cut the share off each direction, split between its two sides by chance."""
    random = np.random.default_rng(picture.width * 17 + picture.height + int(share * 1000))
    x, y = random.random(2)
    return _cropped(picture, share * x, share * y, share * (1 - x), share * (1 - y))


def _to_aspect(picture: Picture, across: int, down: int) -> Picture:
    """Cut the middle out of a picture, as apps do that show one shape only."""
    width = min(picture.width, round(picture.height * across / down))
    height = min(picture.height, round(picture.width * down / across))
    return ImageOps.fit(picture, (width, height))


def _rotated(picture: Picture, degrees: float) -> Picture:
    return picture.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=_BLACK)


def _straightened(picture: Picture, degrees: float) -> Picture:
    """Turn a picture and cut the empty corners away, as a phone's editor does."""
    turned = _rotated(picture, degrees)
    longer, shorter = max(picture.size), min(picture.size)
    angle = math.radians(abs(degrees))
    scale = 1 / (math.cos(angle) + math.sin(angle) * longer / shorter)
    return _cropped_around(turned, 1 - scale)


def _bordered(picture: Picture, share: float, colour: tuple[int, int, int] | str) -> Picture:
    edge = round(min(picture.size) * share)
    size = (picture.width + 2 * edge, picture.height + 2 * edge)
    if isinstance(colour, str):
        ground = picture.resize(size).filter(ImageFilter.GaussianBlur(25))
    else:
        ground = Image.new("RGB", size, colour)
    ground.paste(picture, (edge, edge))
    return ground


def _text(
    picture: Picture,
    box: tuple[int, int, int, int],
    words: str,
    colour: tuple[int, int, int],
    size: float,
) -> None:
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=max(6, size))
    left, top, right, bottom = box
    draw.text(((left + right) / 2, (top + bottom) / 2), words, colour, font, anchor="mm")


def _captioned(picture: Picture, share: float, side: Literal["top", "bottom"]) -> Picture:
    """Add a white strip with two lines of text."""
    strip = round(picture.height * share)
    copy = Image.new("RGB", (picture.width, picture.height + strip), _WHITE)
    copy.paste(picture, (0, strip if side == "top" else 0))
    first = 0 if side == "top" else picture.height
    size = min(strip / 3, picture.width / 18)
    for line, words in enumerate(("when you hear about it", "the day after tomorrow")):
        top = first + strip * (1 + 4 * line) // 10
        _text(copy, (0, top, picture.width, top + strip * 4 // 10), words, (20, 20, 20), size)
    return copy


def _barred(picture: Picture, place: float, share: float = 0.1) -> Picture:
    """Lay an opaque black bar with text over a share of the height, `place` of the way down."""
    copy = picture.copy()
    height = round(picture.height * share)
    top = round((picture.height - height) * place)
    ImageDraw.Draw(copy).rectangle((0, top, copy.width, top + height - 1), _BLACK)
    size = min(height * 0.55, copy.width / 16)
    _text(copy, (0, top, copy.width, top + height), "LOOK WHAT I FOUND", _WHITE, size)
    return copy


def _screenshot(picture: Picture, dark: bool) -> Picture:
    """Show the picture in a phone's app: status bar, header, the picture, buttons, text."""
    ground, ink, dim = (
        ((18, 18, 18), (240, 240, 240), (120, 120, 120))
        if dark
        else (_WHITE, (20, 20, 20), (140, 140, 140))
    )
    width, height = _SCREEN
    screen = Image.new("RGB", _SCREEN, ground)
    draw = ImageDraw.Draw(screen)
    shown = ImageOps.contain(picture, (width, 1640), Image.Resampling.LANCZOS)
    top = max(300, (height - shown.height) // 2 - 120)
    screen.paste(shown, ((width - shown.width) // 2, top))
    _text(screen, (40, 20, 200, 80), "21:47", ink, 40)
    for place in (880, 930, 980):
        draw.rectangle((place, 35, place + 32, 65), ink)
    draw.ellipse((40, 130, 130, 220), dim)
    _text(screen, (150, 140, 460, 210), "somebody_01", ink, 42)
    draw.line((960, 160, 1020, 190), ink, 6)
    bottom = top + shown.height
    for place in (50, 170, 290):
        draw.ellipse((place, bottom + 40, place + 70, bottom + 110), outline=ink, width=6)
    draw.rectangle((960, bottom + 40, 1015, bottom + 110), outline=ink, width=6)
    if bottom + 260 < height - 130:
        _text(screen, (40, bottom + 150, 560, bottom + 210), "1,204 people like this", ink, 40)
        _text(screen, (40, bottom + 210, 760, bottom + 270), "no way this is real, look", dim, 40)
    for place in range(5):
        left = 80 + 216 * place
        draw.rounded_rectangle(
            (left, height - 110, left + 60, height - 50), 14, outline=ink, width=6
        )
    return screen


def _beside(first: Picture, second: Picture) -> Picture:
    """Put two pictures side by side, both scaled to one height."""
    height = 900
    pair = [_resized(p, height / p.height, height / p.height) for p in (first, second)]
    copy = Image.new("RGB", (pair[0].width + pair[1].width, height))
    copy.paste(pair[0], (0, 0))
    copy.paste(pair[1], (pair[0].width, 0))
    return copy


def _stacked(first: Picture, second: Picture) -> Picture:
    """Put one picture above the other, both scaled to one width."""
    width = 900
    pair = [_resized(p, width / p.width, width / p.width) for p in (first, second)]
    copy = Image.new("RGB", (width, pair[0].height + pair[1].height))
    copy.paste(pair[0], (0, 0))
    copy.paste(pair[1], (0, pair[0].height))
    return copy


def _tiled(first: Picture, second: Picture, gap: int, *, above: bool = False) -> Picture:
    """Cut both pictures to squares and put them together with a white gap."""
    side = 800
    size = (side, 2 * side + gap) if above else (2 * side + gap, side)
    copy = Image.new("RGB", size, _WHITE)
    copy.paste(ImageOps.fit(first, (side, side)), (0, 0))
    copy.paste(ImageOps.fit(second, (side, side)), (0, side + gap) if above else (side + gap, 0))
    return copy


def _other_half(
    make: Callable[[Picture, Picture], Picture],
) -> Callable[[Picture, Picture], Picture]:
    return lambda picture, other: make(other, picture)


def _turned(picture: Picture, quarters: int) -> Picture:
    return picture.transpose(
        (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)[
            quarters - 1
        ]
    )


def _all() -> list[Alteration]:  # noqa: PLR0915 - a list, one line a copy
    found: list[Alteration] = []

    def add(
        name: str,
        group: str,
        goal: float | None,
        change: Callable[[Picture], Picture],
        **kept: Any,
    ) -> None:
        found.append(Alteration(name, group, goal, _alone(change), **kept))

    def add_pair(
        name: str, group: str, goal: float | None, make: Callable[[Picture, Picture], Picture]
    ) -> None:
        found.append(Alteration(name, group, goal, make))

    same = "saved, sent, recoloured"
    add("JPEG, quality 80", same, 0.99, lambda p: p)
    add("JPEG, quality 10", same, 0.99, lambda p: p, quality=10)
    add("WebP, quality 50", same, 0.99, lambda p: p, encoding="WEBP", quality=50)
    add("grey", same, 0.99, lambda p: p.convert("L"))
    add("gamma 1.5", same, 0.99, partial(_gamma, exponent=1.5))
    add("gamma 0.67", same, 0.99, partial(_gamma, exponent=0.67))
    add("brightness +30 %", same, 0.99, lambda p: ImageEnhance.Brightness(p).enhance(1.3))
    add("brightness -30 %", same, 0.99, lambda p: ImageEnhance.Brightness(p).enhance(0.7))
    add("blur", same, 0.99, lambda p: p.filter(ImageFilter.GaussianBlur(p.width / 400)))
    add("noise", same, 0.99, partial(_noise, deviation=15))
    add("colour filter", same, 0.99, _filtered)
    add("aspect 80 %", same, 0.99, partial(_resized, across=0.8, down=1))
    add("resized to 25 %", same, 0.99, partial(_resized, across=0.25, down=0.25))
    add("resized to 10 %", same, 0.99, partial(_resized, across=0.1, down=0.1))
    turned = "mirrored, turned"
    add("mirrored", turned, 0.99, ImageOps.mirror)
    for quarters in (1, 2, 3):
        add(f"turned {90 * quarters}°", turned, 0.99, partial(_turned, quarters=quarters))
    framed = "framed"
    for share in (0.03, 0.1):
        for colour_name, colour in (
            ("white", _WHITE),
            ("black", _BLACK),
            ("pink", (250, 120, 160)),
            ("blurred self", "blurred"),
        ):
            add(
                f"border {share:.0%}, {colour_name}",
                framed,
                0.95,
                partial(_bordered, share=share, colour=colour),
            )
    add("caption strip above", framed, 0.95, partial(_captioned, share=0.18, side="top"))
    add("caption strip below", framed, 0.95, partial(_captioned, share=0.15, side="bottom"))
    add("screenshot, light", framed, 0.95, partial(_screenshot, dark=False))
    add("screenshot, dark", framed, 0.95, partial(_screenshot, dark=True))
    collage = "collage of two"
    for name, make in (
        ("beside", _beside),
        ("stacked", _stacked),
        ("squares", partial(_tiled, gap=0)),
        ("squares, gap", partial(_tiled, gap=20)),
        ("squares above", partial(_tiled, gap=0, above=True)),
    ):
        add_pair(f"collage, {name}, first", collage, 0.9, make)
        add_pair(f"collage, {name}, second", collage, 0.9, _other_half(make))
    cropped = "cropped"
    for share, goal in ((0.02, 0.95), (0.05, 0.95), (0.1, 0.95), (0.2, 0.85)):
        add(f"crop {share:.0%}, centred", cropped, goal, partial(_cropped_around, share=share))
        sides: tuple[Side, ...] = ("left", "top", "right", "bottom")
        for side in sides:
            add(
                f"crop {share:.0%}, {side}",
                cropped,
                goal,
                partial(_cropped_beside, share=share, side=side),
            )
    rotated = "rotated"
    for degrees, goal in ((1.0, 0.95), (-1.0, 0.95), (3.0, 0.85), (-3.0, 0.85)):
        add(
            f"rotated {degrees:+.0f}°, black corners",
            rotated,
            goal,
            partial(_rotated, degrees=degrees),
        )
        add(
            f"rotated {degrees:+.0f}°, corners cut",
            rotated,
            goal,
            partial(_straightened, degrees=degrees),
        )
    barred = "text bar over a tenth"
    for name, place in (
        ("top", 0.0),
        ("upper third", 0.3),
        ("middle", 0.5),
        ("lower third", 0.75),
        ("bottom", 1.0),
    ):
        add(f"text bar, {name}", barred, 0.85, partial(_barred, place=place))
    combined = "combined"
    add("mirrored screenshot", combined, None, lambda p: ImageOps.mirror(_screenshot(p, dark=True)))
    add(
        "screenshot of mirrored",
        combined,
        None,
        lambda p: _screenshot(ImageOps.mirror(p), dark=False),
    )
    add(
        "crop 10 %, resized to 25 %",
        combined,
        None,
        lambda p: _resized(_cropped_around(p, 0.1), 0.25, 0.25),
    )
    add(
        "mirrored, crop 10 % left",
        combined,
        None,
        lambda p: ImageOps.mirror(_cropped_beside(p, 0.1, "left")),
    )
    add(
        "screenshot of crop 10 %",
        combined,
        None,
        lambda p: _screenshot(_cropped_around(p, 0.1), dark=True),
    )
    between = "between the goals"
    for share in (0.035, 0.075, 0.15):
        add(f"crop {share:.1%}, centred", between, None, partial(_cropped_around, share=share))
        add(
            f"crop {share:.1%}, top",
            between,
            None,
            partial(_cropped_beside, share=share, side="top"),
        )
    for share in (0.05, 0.1):
        add(f"crop {share:.0%}, anywhere", between, None, partial(_cropped_anywhere, share=share))
    add("cut to a square", between, None, partial(_to_aspect, across=1, down=1))
    add("cut to 4:5", between, None, partial(_to_aspect, across=4, down=5))
    for degrees in (0.5, 2.0):
        add(
            f"rotated {degrees:+.1f}°, corners cut",
            between,
            None,
            partial(_straightened, degrees=degrees),
        )
    return found


ALTERATIONS: Final = tuple(_all())
