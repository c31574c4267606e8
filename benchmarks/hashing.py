"""From a file's bytes to PDQ and quality on one core: ours, theirs, and decoding alone."""

from __future__ import annotations

import io
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from PIL import Image
from rich.progress import Progress

from benchmarks.hashers import (
    FLOOR,
    OURS,
    READERS,
    REFERENCE,
    Hasher,
    decoded,
    floor,
    ours,
    ours_in_process,
    theirs,
)
from benchmarks.machine import one_core
from benchmarks.photographs import Photograph, all_photographs
from benchmarks.timing import Timed, in_turns, times_faster
from takeback.media import Decoder

_LARGE: Final = (7.9, 12.6)
_SMALL: Final = (0.9, 1.3)
_CAMERA: Final = 12e6
"""Pixels to which larger photographs are brought."""
_CAMERA_QUALITY: Final = 92
_ROUNDS: Final = 15
_SMALL_FILES: Final = 24
_MOST_SECONDS: Final = 60
"""For each sample; PNG and WebP get fewer rounds that way, for they are slow."""


@dataclass(frozen=True)
class Sample:
    """Files of one kind; `origin` says in words where they come from."""

    name: str
    origin: str
    files: list[bytes]
    megapixels: float
    jpeg: bool = True


@dataclass(frozen=True)
class Hashed:
    """What one side takes for one sample: medians over its files.

    `times_reference` and `times_floor` are how many times as fast as Pillow + pdqhash, and how
    many times as slow as decoding alone: each the median over the files of the median over the
    rounds' own ratios.
    """

    name: str
    setting: str
    milliseconds: float
    times_reference: float
    times_floor: float


def measure_all(progress: Progress) -> dict[str, Any]:
    """Measure every side on every sample."""
    samples = [large(), small(_SMALL_FILES), progressive(), *_other_formats()]
    task = progress.add_task("Hashing", total=sum(len(sample.files) for sample in samples))
    measured = []
    for sample in samples:
        progress.update(task, description=f"Hashing: {sample.name}")
        rows = measure(
            sample,
            rounds=_ROUNDS,
            most_seconds=_MOST_SECONDS,
            on_file=partial(progress.advance, task),
        )
        measured.append(
            {
                "sample": sample.name,
                "origin": sample.origin,
                "files": len(sample.files),
                "megapixels": sample.megapixels,
                "kilobytes": statistics.median(len(data) for data in sample.files) / 1e3,
                "sides": [asdict(row) for row in rows],
            }
        )
    return {"samples": measured}


def measure(
    sample: Sample,
    *,
    rounds: int,
    few: bool = False,
    most_seconds: float = float("inf"),
    on_file: Callable[[], object] = lambda: None,
) -> list[Hashed]:
    """Time every side on every file, in turns; `few` leaves out all but the ratios need.

    After `most_seconds`, shared evenly by the files, no further round begins.
    """
    with one_core(), Decoder(readers=READERS) as decoder:
        alone = floor() if sample.jpeg else Hasher(FLOOR, "Pillow's decode to RGB", decoded)
        sides = [*ours(decoder), *theirs(), alone]
        if sample.jpeg:
            sides.insert(1, ours_in_process())
        if few:
            sides = [side for side in sides if side.name in (OURS, REFERENCE, alone.name)]
        timed = []
        for data in sample.files:
            timed.append(_timed(sides, data, rounds, most_seconds / len(sample.files)))
            on_file()
    return [_summary(side, timed, alone.name) for side in sides]


def large() -> Sample:
    """Return photographs of 8 to 12 megapixels as phones and cameras write them: baseline JPEG."""
    found = _large_jpegs()
    as_they_are = [
        photograph
        for photograph in found
        if not photograph.progressive and photograph.megapixels <= _LARGE[1]
    ]
    others = [photograph for photograph in found if photograph not in as_they_are]
    return _sample(
        "JPEG, 8–12 MP",
        f"{len(as_they_are)} as stored, {len(others)} that are progressive or larger written anew "
        f"(baseline, quality {_CAMERA_QUALITY}, at most 12 MP)",
        [photograph.read() for photograph in as_they_are]
        + [_as_a_camera(photograph) for photograph in others],
    )


def progressive() -> Sample:
    """Return the photographs of 8 to 12 megapixels that are stored as progressive JPEG."""
    found = [
        photograph
        for photograph in _large_jpegs()
        if photograph.progressive and photograph.megapixels <= _LARGE[1]
    ]
    return _sample(
        "Progressive JPEG, 8–12 MP", "as stored", [photograph.read() for photograph in found]
    )


def _large_jpegs() -> list[Photograph]:
    return [
        photograph
        for photograph in all_photographs()
        if photograph.format == "JPEG" and photograph.megapixels >= _LARGE[0]
    ]


def small(most: int) -> Sample:
    """Return the JPEGs of about 1 megapixel; every so manyth, `most` at most."""
    found = [
        photograph
        for photograph in all_photographs()
        if photograph.format == "JPEG" and _SMALL[0] <= photograph.megapixels <= _SMALL[1]
    ]
    chosen = found[:: -(-len(found) // most)]
    return _sample("JPEG, 1 MP", "as stored", [photograph.read() for photograph in chosen])


def _other_formats() -> list[Sample]:
    """Return the photographs of 8 to 12 megapixels as PNG and WebP."""
    pictures = [Image.open(io.BytesIO(data)).convert("RGB") for data in large().files]
    return [
        _sample(
            f"{encoding}, 8–12 MP",
            f"the same, encoded again{how}",
            [_encoded(picture, encoding, **options) for picture in pictures],
            jpeg=False,
        )
        for encoding, how, options in (
            ("PNG", "", {"compress_level": 6}),
            ("WEBP", " (quality 80)", {"quality": 80, "method": 2}),
        )
    ]


def _sample(name: str, origin: str, files: list[bytes], *, jpeg: bool = True) -> Sample:
    sizes = []
    for data in files:
        with Image.open(io.BytesIO(data)) as picture:
            sizes.append(picture.width * picture.height / 1e6)
    return Sample(name, origin, files, statistics.median(sizes), jpeg)


def _as_a_camera(photograph: Photograph) -> bytes:
    with Image.open(photograph.path) as opened:
        picture = opened.convert("RGB")
    share = (_CAMERA / (picture.width * picture.height)) ** 0.5
    if share < 1:
        size = (round(picture.width * share), round(picture.height * share))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return _encoded(picture, "JPEG", quality=_CAMERA_QUALITY)


def _encoded(picture: Image.Image, encoding: str, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, encoding, **options)
    return file.getvalue()


def _timed(sides: list[Hasher], data: bytes, rounds: int, most_seconds: float) -> dict[str, Timed]:
    calls = {side.name: partial(side.hash, data) for side in sides}
    return in_turns(calls, rounds=rounds, most_seconds=most_seconds)


def _summary(side: Hasher, timed: list[dict[str, Timed]], alone: str) -> Hashed:
    return Hashed(
        side.name,
        side.setting,
        milliseconds=statistics.median(times[side.name].seconds for times in timed) * 1e3,
        times_reference=statistics.median(
            times_faster(times[REFERENCE], times[side.name]) for times in timed
        ),
        times_floor=statistics.median(
            times_faster(times[side.name], times[alone]) for times in timed
        ),
    )
