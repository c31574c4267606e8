"""Exif in every place and form: which of it turns a picture."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from tests.support.encodings import png_chunk as chunk
from tests.support.odd_pictures.case import Case, Pixels, saved, scene, turned
from tests.support.odd_pictures.pngs import END, SIGNATURE, header, packed

VECTORS: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "exif.json").read_text()
)["exif"]
"""`why`; `exif` from its byte order on, in hex; `orientation`, which is right."""

_TURNS: Final = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def exif_of(orientation: int, kind: int = 3, order: str = "<") -> bytes:
    """Return Exif with one entry, of the given type, from its byte order on."""
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *((orientation, 0)[: 5 - kind]))
    entry = struct.pack(order + "HHI", 0x0112, kind, 1) + value
    return (
        (b"II*\0" if order == "<" else b"MM\0*")
        + struct.pack(order + "IH", 8, 1)
        + entry
        + bytes(4)
    )


def app1(body: bytes, letters: bytes = b"Exif\0\0") -> bytes:
    """Return a segment of a JPEG."""
    return b"\xff\xe1" + struct.pack(">H", len(letters + body) + 2) + letters + body


def seen_with(orientation: int, stored: Pixels) -> Pixels:
    """Return what a viewer shows of what is stored."""
    turn = _TURNS[orientation]
    picture = Image.fromarray(stored)
    return np.asarray(picture if turn is None else picture.transpose(turn))


def cases() -> Iterator[Case]:
    """Yield them all. Each stores the scene so that orientation 6 sets it upright."""
    yield from _forms()
    yield from _places()
    yield from _pngs()


def _forms() -> Iterator[Case]:
    jpeg = saved("JPEG", turned(scene()), quality=92)
    stored = turned(scene())
    for number, vector in enumerate(VECTORS):
        exif, shows = bytes.fromhex(vector["exif"]), seen_with(vector["orientation"], stored)
        data = jpeg[:2] + app1(exif) + jpeg[2:]
        yield Case(f"exif-{number:02}.jpg", data, shows)
        if not number % 4:  # the same rule: every fourth will do
            chunks = header(300, 400), chunk(b"eXIf", exif), chunk(b"IDAT", packed(stored)), END
            yield Case(f"exif-{number:02}.png", SIGNATURE + b"".join(chunks), shows)


def _places() -> Iterator[Case]:
    jpeg = saved("JPEG", turned(scene()), quality=92)
    six, upright_one, nine = (app1(exif_of(orientation)) for orientation in (6, 1, 9))
    stored, upright = turned(scene()), scene()

    def at_the_start(name: str, *segments: bytes, turns: bool) -> Case:
        data = jpeg[:2] + b"".join(segments) + jpeg[2:]
        return Case(f"exif-place-{name}.jpg", data, upright if turns else stored)

    def before(name: str, marker: bytes, *, turns: bool = True) -> Case:
        at = jpeg.index(marker)
        data = jpeg[:at] + six + jpeg[at:]
        return Case(f"exif-place-{name}.jpg", data, upright if turns else stored)

    yield at_the_start("6-then-1", six, upright_one, turns=True)
    yield at_the_start("1-then-6", upright_one, six, turns=False)
    yield at_the_start("9-then-6", nine, six, turns=False)
    yield at_the_start("long-then-6", app1(exif_of(6, 4)), six, turns=False)
    yield at_the_start("garbage-then-6", app1(b"garbage, garbage"), six, turns=False)
    yield at_the_start("nothing-then-6", app1(b""), six, turns=True)
    other = b"MM\0*\0\0\0\x08\0\1\1\x0e\0\2\0\0\0\4abc\0\0\0\0\0"
    yield at_the_start("without-then-6", app1(other), six, turns=False)
    far = b"II*\0" + struct.pack("<I", 65_100)
    far = far.ljust(65_100, b"x") + exif_of(6)[8:]
    yield at_the_start("over-two-segments", app1(far[:65_000]), app1(far[65_000:]), turns=False)
    long = exif_of(6) + bytes(65_000)
    yield at_the_start("64-kb", app1(long), turns=True)
    yield at_the_start("fill-byte", app1(exif_of(6), b"Exif\0\xff"), turns=True)
    yield at_the_start("small-letters", app1(exif_of(6), b"exif\0\0"), turns=False)
    yield at_the_start("letters-short", app1(exif_of(6), b"Exif\0"), turns=False)
    yield at_the_start("no-letters", app1(exif_of(6), b""), turns=False)
    description = (
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
        b"xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
        b"xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='6'/></rdf:RDF></x:xmpmeta>"
    )
    xmp = app1(description, b"http://ns.adobe.com/xap/1.0/\0")
    yield at_the_start("xmp-alone", xmp, turns=False)
    yield at_the_start("xmp-then-6", xmp, six, turns=True)
    yield at_the_start("fill-bytes-before", b"\xff" * 9, six, turns=True)
    yield before("before-tables", b"\xff\xdb")
    yield before("before-frame", b"\xff\xc0")
    yield before("before-scan", b"\xff\xda")
    yield before("before-end", b"\xff\xd9", turns=False)


def _pngs() -> Iterator[Case]:
    picture, stored, upright = chunk(b"IDAT", packed(turned(scene()))), turned(scene()), scene()
    six, first = (chunk(b"eXIf", exif_of(orientation)) for orientation in (6, 1))
    for name, before, behind, turns in (
        ("before", six, b"", True),
        ("behind", b"", six, False),
        ("6-then-1", six + first, b"", True),
        ("1-then-6", first + six, b"", False),
        ("1-before-6-behind", first, six, False),
        ("letters", chunk(b"eXIf", b"Exif\0\0" + exif_of(6)), b"", False),
        ("checksum", six[:-4] + bytes(4), b"", False),
        ("other-name", chunk(b"zxIf", exif_of(6)), b"", False),
        ("as-text", _as_text(exif_of(6)), b"", False),
    ):
        data = SIGNATURE + header(300, 400) + before + picture + behind + END
        yield Case(f"exif-place-{name}.png", data, upright if turns else stored)


def _as_text(exif: bytes) -> bytes:
    """Return how ImageMagick wrote Exif before there was a chunk for it."""
    letters = b"Exif\0\0" + exif
    text = b"\nexif\n%8d\n" % len(letters) + letters.hex().encode() + b"\n"
    return chunk(b"tEXt", b"Raw profile type exif\0" + text)
