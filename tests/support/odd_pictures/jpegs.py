"""JPEG: rare ways to sample, to code and to frame, what is cut short, and what stands behind it."""

import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import simplejpeg
from PIL import Image, ImageDraw

from takeback.media import DamagedMedia, UnsupportedMedia
from tests.support.odd_pictures.case import Case, Pixels, other_scene, saved, scene, three

TOOLS: Final = ("cjpeg", "jpegtran")
"""Of libjpeg-turbo (Debian: `libjpeg-turbo-progs`): they write what Pillow does not."""

GROUNDS: Final = {"black": (0, 255), "grey": (128, 0), "white": (255, 0)}
"""Brightness of a ground, and of the lines on it. Two of them look like what was not read."""

_END: Final = b"\xff\xd9"


def cases() -> Iterator[Case]:
    """Yield them all; without the tools, fewer."""
    yield from _sampled()
    yield from _kinds()
    yield from _cut()
    yield from _cut_lines()
    yield from _slightly_broken()
    yield from _colours()
    if has_tools():
        yield from _by_tools()


def has_tools() -> bool:
    """Tell whether the tools are installed."""
    return all(shutil.which(tool) for tool in TOOLS)


def _jpeg() -> bytes:
    return saved("JPEG", quality=92)


def _large() -> Pixels:
    return scene(1403, 1101)


def _sampled() -> Iterator[Case]:
    for sampling in ("444", "422", "420", "440", "411"):
        data = simplejpeg.encode_jpeg(np.ascontiguousarray(_large()), 92, "RGB", sampling)
        yield Case(f"jpeg-{sampling}.jpg", data, _large())
    grey = Image.fromarray(_large()).convert("L")
    jpeg = bytearray(saved("JPEG", grey, quality=92))
    for factors in (0x22, 0x41, 0x14, 0x44):
        jpeg[jpeg.index(b"\xff\xc0") + 11] = factors
        yield Case(f"jpeg-grey-{factors:02x}.jpg", bytes(jpeg), three(np.asarray(grey)))


def _patched(at: int, new: bytes, marker: bytes = b"\xff\xc0") -> bytes:
    """Return the scene's JPEG with other bytes at a place after a marker."""
    jpeg = bytearray(_jpeg())
    at += jpeg.index(marker)
    jpeg[at : at + len(new)] = new
    return bytes(jpeg)


def _refused(name: str, data: bytes) -> Case:
    return Case(f"jpeg-{name}.jpg", data, error=UnsupportedMedia, in_chromium=False)


def _kinds() -> Iterator[Case]:
    yield Case("jpeg-progressive.jpg", saved("JPEG", quality=92, progressive=True), scene())
    yield Case("jpeg-restarts.jpg", saved("JPEG", quality=92, restart_marker_rows=1), scene())
    yield _refused("12-bits", _patched(4, b"\x0c"))
    for marker in (0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF):
        yield _refused(f"frame-{marker:02x}", _patched(1, bytes((marker,))))
    lines = b"\xff\xdc\0\4\1\x2c"
    yield _refused("lines-behind", _patched(5, b"\0\0")[:-2] + lines + _END)
    taller = _patched(5, struct.pack(">H", 1200))
    yield Case("jpeg-four-times-taller.jpg", taller)
    yield Case("jpeg-half-as-tall.jpg", _patched(5, struct.pack(">H", 150)), scene()[:150])
    far_taller = _patched(5, struct.pack(">H", 60_000))
    yield Case("jpeg-60000-rows.jpg", far_taller, error=DamagedMedia, in_chromium=False)


def _cut() -> Iterator[Case]:
    jpeg, progressive = _jpeg(), saved("JPEG", quality=92, progressive=True)
    scan = jpeg.index(b"\xff\xda")
    behind = scan + 2 + int.from_bytes(jpeg[scan + 2 : scan + 4])
    for name, data in (
        ("no-scan", jpeg[:scan] + _END),
        ("empty-scan", jpeg[:behind]),
        ("empty-scan-end", jpeg[:behind] + _END),
        ("cut-at-a-fortieth", jpeg[: behind + (len(jpeg) - behind) // 40]),
        ("start-twice", b"\xff\xd8" + jpeg),
    ):
        yield Case(f"jpeg-{name}.jpg", data, error=DamagedMedia, in_chromium=False)
    for percent in (15, 30, 60, 90):
        yield Case(f"jpeg-cut-{percent}.jpg", jpeg[: len(jpeg) * percent // 100])
        cut = progressive[: len(progressive) * percent // 100]
        yield Case(f"jpeg-progressive-cut-{percent}.jpg", cut)
        yield Case(f"jpeg-progressive-cut-{percent}-end.jpg", cut + _END)
    restarts = saved("JPEG", quality=92, restart_marker_rows=1)
    begins = restarts.index(b"\xff\xda") + 14
    hole = restarts[:begins] + restarts[restarts.index(b"\xff\xd4") :]
    yield Case("jpeg-hole-between-restarts.jpg", hole)
    grey = saved("JPEG", np.full((300, 400, 3), 128, np.uint8))
    # Whole, but of the very grey that a decoder leaves where it has nothing.
    plain = np.full((300, 400, 3), 128, np.uint8)
    yield Case("jpeg-plain-grey.jpg", grey, plain)
    yield Case("jpeg-plain-grey-cut.jpg", grey[:-20], plain)
    few = grey[: first_pass(grey)[0] + 20]
    yield Case("jpeg-plain-grey-hardly.jpg", few, error=DamagedMedia, in_chromium=False)


def lines(ground: str) -> Image.Image:
    """Draw thin lines, as many on each row, on a plain ground."""
    colour, line = GROUNDS[ground]
    picture = Image.new("RGB", (800, 600), (colour,) * 3)
    draw = ImageDraw.Draw(picture)
    for top, bottom in ((80, 350), (130, 90), (420, 170), (640, 700), (760, 430)):
        draw.line((top, 0, bottom, 600), fill=(line,) * 3, width=1)
    return picture


def lines_as(picture: Image.Image) -> dict[str, bytes]:
    """Return a picture as JPEGs of many kinds; without the tools, fewer."""
    kinds = {
        "sequential": saved("JPEG", picture, quality=95),
        "progressive": saved("JPEG", picture, quality=95, progressive=True),
        "restarts": saved("JPEG", picture, quality=95, restart_marker_rows=1),
        "one-component": saved("JPEG", picture.convert("L"), quality=95),
        "cmyk": saved("JPEG", picture.convert("CMYK"), quality=95),
    }
    if has_tools():
        sequential = kinds["sequential"]
        kinds["arithmetic"] = run("jpegtran", "-arithmetic", data=sequential)
        kinds["arithmetic-progressive"] = run(
            "jpegtran", "-arithmetic", "-progressive", data=sequential
        )
    return kinds


def first_pass(jpeg: bytes) -> tuple[int, int]:
    """Return where the data of the first scan begins, and the marker behind it."""
    scan = jpeg.index(b"\xff\xda")
    begin = scan + 2 + int.from_bytes(jpeg[scan + 2 : scan + 4])
    found = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]").search(jpeg, begin)
    assert found is not None
    return begin, found.start()


def _cut_lines() -> Iterator[Case]:
    for ground in GROUNDS:
        picture = lines(ground)
        for kind, jpeg in lines_as(picture).items():
            name, arithmetic = f"jpeg-{ground}-lines-{kind}", kind.startswith("arithmetic")
            begin, end = first_pass(jpeg)
            # Chromium shows a cut arithmetic one as far as its decoder makes it up, or not at all.
            shown = not arithmetic
            yield Case(f"{name}.jpg", jpeg, np.asarray(picture))
            yield Case(f"{name}-no-end.jpg", jpeg[:-2], np.asarray(picture), in_chromium=shown)
            for percent in (1, 5):
                cut = jpeg[: begin + (end - begin) * percent // 100]
                yield Case(f"{name}-cut-{percent}.jpg", cut, error=DamagedMedia, in_chromium=False)
            for percent in (10, 20, 50, 95):
                cut = jpeg[: begin + (end - begin) * percent // 100]
                yield Case(f"{name}-cut-{percent}.jpg", cut, in_chromium=shown)


def _slightly_broken() -> Iterator[Case]:
    jpeg = _jpeg()
    preview = saved("JPEG", other_scene())
    tail = bytearray(np.random.default_rng(5).integers(0, 256, 60_000, np.uint8).tobytes())
    for at in range(0, 50_000, 200):
        tail[at : at + 2] = b"\xff\xda"
    film = b"\0\0\0\x18ftypmp42" + bytes(tail)
    progressive = saved("JPEG", quality=92, progressive=True)
    for name, data in (
        ("film-behind", jpeg + film),
        ("film-behind-progressive", progressive + film),
        ("no-tables", _without(jpeg, 0xC4)),
        ("no-jfif", _without(jpeg, 0xE0)),
        ("fill-bytes", jpeg[:2] + b"\xff" * 500 + jpeg[2:]),
        ("garbage-between", jpeg[:20] + b"\0\1\2" * 30 + jpeg[20:]),
        ("no-end", jpeg[:-2]),
        ("zip-behind", jpeg + b"PK\3\4" * 999),
        ("preview-behind", jpeg + preview),
        ("length-of-1", jpeg[:2] + b"\xff\xe1\0\1" + jpeg[2:]),
        ("mpo", saved("MPO", save_all=True, append_images=[Image.fromarray(other_scene())])),
    ):
        yield Case(f"jpeg-{name}.jpg", data, scene())
    middle = len(jpeg) // 2
    flipped = jpeg[:middle] + bytes((jpeg[middle] ^ 0x55,)) + jpeg[middle + 1 :]
    yield Case("jpeg-byte-flipped.jpg", flipped)
    yield replace(_refused("line-before", b"\n" + jpeg), is_taken=False)


def _without(jpeg: bytes, left_out: int) -> bytes:
    """Leave out all segments of a kind before the scan."""
    kept, at = bytearray(jpeg[:2]), 2
    while jpeg[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        if jpeg[at + 1] != left_out:
            kept += jpeg[at:end]
        at = end
    return bytes(kept) + jpeg[at:]


def _colours() -> Iterator[Case]:
    jpeg = saved("JPEG", Image.fromarray(scene()).convert("CMYK"), quality=92)
    at = jpeg.index(b"\xff\xee")
    end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    yield Case("jpeg-cmyk.jpg", jpeg, scene())
    yield Case("jpeg-cmyk-no-adobe.jpg", jpeg[:at] + jpeg[end:], scene())
    yield Case("jpeg-cmyk-cut-50.jpg", jpeg[: len(jpeg) // 2])
    few = jpeg[: len(jpeg) // 50]
    yield Case("jpeg-cmyk-cut-2.jpg", few, error=DamagedMedia, in_chromium=False)
    yield Case("jpeg-rgb.jpg", saved("JPEG", quality=92, keep_rgb=True), scene())


def _by_tools() -> Iterator[Case]:
    large = np.asarray(Image.fromarray(scene()).resize((2600, 1950), Image.Resampling.LANCZOS))
    for size, pixels in (("small", scene()), ("large", large)):
        jpeg = saved("JPEG", pixels, quality=92)
        for kind in ((), ("-progressive",)):
            data = run("jpegtran", "-arithmetic", *kind, data=jpeg)
            name = "".join(("jpeg-arithmetic", *kind))
            yield Case(f"{name}-{size}.jpg", data, pixels)
            if size == "large":
                yield Case(f"{name}-cut-70.jpg", data[: len(data) * 7 // 10], in_chromium=False)
                few = data[: len(data) // 200]
                yield Case(f"{name}-cut.jpg", few, error=DamagedMedia, in_chromium=False)
            else:
                # What a decoder makes up has colours that brightness tells otherwise than RGB.
                grey = run("jpegtran", "-arithmetic", *kind, "-grayscale", data=jpeg)
                for part, odd, shows in (
                    ("thumbnail", data, pixels),
                    ("thumbnail-no-end", data[:-2], pixels),
                    ("thumbnail-cut-90", grey[: len(grey) * 9 // 10], None),
                ):
                    framed, is_whole = _with_thumbnail(odd), part == "thumbnail"
                    yield Case(f"{name}-{part}.jpg", framed, shows, in_chromium=is_whole)
    yield from _arithmetic_plain()
    grey = run("jpegtran", "-arithmetic", "-grayscale", data=_jpeg())
    seen = three(np.asarray(Image.fromarray(scene()).convert("L")))
    yield Case("jpeg-arithmetic-grey.jpg", grey, seen)
    portable = b"P6\n400 300\n255\n" + scene().tobytes()
    for sampling in (
        "1x1,2x2,2x2",
        "2x1,1x2,1x1",
        "1x1,1x1,2x2",
        "2x1,2x1,2x1",
        "3x1,1x1,1x1",
        "1x2,2x1,2x1",
        "4x1,1x1,1x1",
        "1x4,1x1,1x1",
        "2x2,2x1,1x2",
        "2x2,1x2,1x2",
        "4x2,1x1,1x1",
        "2x4,1x1,1x1",
    ):
        data = run("cjpeg", "-quality", "92", "-sample", sampling, data=portable)
        yield Case(f"jpeg-sampled-{sampling.replace(',', '-')}.jpg", data, scene())


def _with_thumbnail(jpeg: bytes) -> bytes:
    """Put a small JPEG, which has an end of its own, in a segment as Exif does."""
    small = saved("JPEG", np.asarray(Image.fromarray(other_scene()).resize((80, 60))))
    body = b"Exif\0\0II*\0\x08\0\0\0" + bytes(6) + small
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def _arithmetic_plain() -> Iterator[Case]:
    """Yield what has no data for its rest: encoders leave out zeros at the end (T.81, D.1.8)."""
    white = np.full((600, 800, 3), 255, np.uint8)
    page, line = white.copy(), white.copy()
    page[20:126, 100:700] = scene(600, 106)
    line[8:24, 100:700] = scene(600, 16)
    flat = np.full_like(white, (90, 120, 60))
    grey = np.full_like(white, 128)
    for name, pixels in (
        ("flat", flat),
        ("white", white),
        ("plain-grey", grey),
        ("page", page),
        ("line", line),
    ):
        for kind in ((), ("-progressive",)):
            data = run("jpegtran", "-arithmetic", *kind, data=saved("JPEG", pixels, quality=92))
            file = f"{''.join(('jpeg-arithmetic', *kind))}-{name}.jpg"
            yield Case(file, data, pixels)


def run(*command: str, data: bytes) -> bytes:
    """Run a tool on data; return what it writes."""
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
