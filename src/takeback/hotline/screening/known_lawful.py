"""The known-lawful corpus: how well-known lawful pictures look, so that none is listed unseen.

An entry that comes within the widest threshold of one of these would stop uploads of that picture.
Beside the operator's own folder, blank, gradient and patterned pictures always belong to it: many
lawful pictures are nearly that, and all of them would match one another.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from takeback.fingerprints import fingerprint_picture
from takeback.fingerprints.listable import is_listable
from takeback.fingerprints.pdq import PDQ_BYTES, dihedral_pdqs
from takeback.fingerprints.upload import fingerprint_upload
from takeback.fingerprints.views import load_policy
from takeback.hotline.entries.domain import Near
from takeback.hotline.foundation.state import state_directory
from takeback.matching.index import Codes, PdqIndex
from takeback.matching.snapshot_file import open_arrays, write_arrays
from takeback.media import Decoder

MOST_NAME_BYTES: Final = 120
_MOST_NAMED: Final = 10
# Pixels across and down. What is even in itself leaves half of PDQ's bits to rounding, and each
# size rounds in its own way: no number of sizes finds them all.
_SIZES: Final = ((256, 256), (400, 400), (512, 512), (600, 600), (640, 480), (480, 640))


@dataclass(frozen=True, slots=True)
class LawfulPicture:
    """One lawful picture: its name, and its PDQs, uint8 of shape (n, 32)."""

    name: str
    codes: Codes


class KnownLawful:
    """Finds what a PDQ comes too close to; safe to call from many threads."""

    def __init__(self, names: Sequence[str], pictures: npt.NDArray[np.uint32], codes: Codes):
        """Hold `codes` (n, 32) of the pictures `names[pictures[row]]`."""
        self._names = names
        self._pictures = pictures
        self._index = PdqIndex.build(codes)

    def near(self, codes: Sequence[bytes], max_distance: int) -> list[tuple[Near, ...]]:
        """For each 32-byte PDQ the pictures within `max_distance` bits, nearest first, ten at most.

        A picture stands once for each PDQ, with its nearest view.
        """
        if not codes:
            return []
        return [
            _nearest(
                (self._names[self._pictures[row]], distance)
                for row, distance in zip(hits.rows.tolist(), hits.distances.tolist(), strict=True)
            )
            for hits in self._index.search_batch(codes, max_distance)
        ]


def _nearest(found: Iterable[tuple[str, int]]) -> tuple[Near, ...]:
    nearest: dict[str, int] = {}
    for name, distance in found:
        nearest[name] = min(distance, nearest.get(name, distance))
    ordered = sorted(nearest.items(), key=lambda pair: (pair[1], pair[0]))
    return tuple(Near(name, distance) for name, distance in ordered[:_MOST_NAMED])


def known_lawful_file() -> Path:
    """Where `takeback hotline guard build` writes what it found, and the worker reads it."""
    return state_directory() / "guard"


def look_at(name: str, data: bytes, decoder: Decoder) -> LawfulPicture:
    """Fingerprint a lawful picture file in every way in which a gate or a list would see it.

    As an upload is looked up (all views of the standard policy, mirrored and turned), and as a
    picture is listed (the whole, and the crops that may be). `decoder` must have `READ_UPLOAD`
    among its readers. Raises `takeback.media.MediaError` for what is not a picture.
    """
    looked_up = fingerprint_upload(data, decoder, load_policy())
    listed = fingerprint_picture(data, decoder)
    codes = {view.pdq.bits for view in looked_up.pdqs} | {listed.pdq.bits}
    codes |= {crop.bits for crop in listed.crops if is_listable(crop, crop=True)}
    return LawfulPicture(name, _matrix(sorted(codes)))


def write_known_lawful(pictures: Iterable[LawfulPicture], path: Path) -> int:
    """Put a corpus in force in place of the one before; returns how many pictures it holds.

    Names longer than 120 bytes are cut. Raises OSError if the disk refuses.
    """
    kept = list(pictures)
    counts = [len(picture.codes) for picture in kept]
    names = [picture.name.encode()[:MOST_NAME_BYTES] for picture in kept]
    write_arrays(
        path,
        {"kind": "guard corpus", "pictures": len(kept)},
        {
            "names": np.array(names, f"|S{MOST_NAME_BYTES}"),
            "pictures": np.repeat(np.arange(len(kept), dtype="<u4"), counts),
            "codes": np.concatenate([_matrix([]), *(picture.codes for picture in kept)]),
        },
    )
    return len(kept)


def current_known_lawful() -> KnownLawful:
    """Return the corpus in force; it is mapped once, and anew after each `guard build`.

    Raises SnapshotError if the file is damaged: nothing may go out unchecked.
    """
    path = known_lawful_file()
    try:
        status = os.stat(path)  # noqa: PTH116 - one call, no Path to make for every batch
    except FileNotFoundError:
        return _mapped(path, (0, 0, 0))
    return _mapped(path, (status.st_ino, status.st_mtime_ns, status.st_size))


_in_force: dict[Path, tuple[tuple[int, int, int], KnownLawful]] = {}


def _mapped(path: Path, version: tuple[int, int, int]) -> KnownLawful:
    known = _in_force.get(path)
    if known is None or known[0] != version:
        known = _in_force[path] = (version, _opened(path if version[0] else None))
    return known[1]


def _opened(path: Path | None) -> KnownLawful:
    made = _made_pictures()
    names = [picture.name for picture in made]
    owners = [np.repeat(np.uint32(at), len(picture.codes)) for at, picture in enumerate(made)]
    codes = [picture.codes for picture in made]
    if path is not None:
        arrays = open_arrays(path).arrays
        owners.append(arrays["pictures"] + np.uint32(len(names)))
        codes.append(arrays["codes"])
        names += [name.decode(errors="replace") for name in arrays["names"].tolist()]
    return KnownLawful(names, np.concatenate(owners), np.ascontiguousarray(np.concatenate(codes)))


def _matrix(codes: Sequence[bytes]) -> Codes:
    return np.frombuffer(b"".join(codes), np.uint8).reshape(-1, PDQ_BYTES)


@cache
def _made_pictures() -> tuple[LawfulPicture, ...]:
    codes: dict[str, set[bytes]] = {}
    for width, height in _SIZES:
        for name, pixels in _drawn(width, height):
            codes.setdefault(name, set()).update(pdq.bits for pdq in dihedral_pdqs(pixels))
    return tuple(LawfulPicture(name, _matrix(sorted(views))) for name, views in codes.items())


def _drawn(width: int, height: int) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    """Draw what is hardly a picture: levels, slopes, stripes, squares and discs, in grey."""
    rows, columns = np.mgrid[0:height, 0:width]
    y, x = (rows + 0.5) / height, (columns + 0.5) / width
    for level in (0, 128, 255):
        yield f"blank, grey {level}", np.full((height, width), level, np.uint8)
    slopes = {
        "even": x,
        "slanting": (x + y) / 2,
        "round": np.hypot(x - 0.5, y - 0.5) / np.hypot(0.5, 0.5),
        "from a corner": np.hypot(x, y) / np.hypot(1, 1),
        "sky over ground": np.where(y < 0.5, 1 - y, 0.3 * y),  # noqa: PLR2004 - the middle
    }
    for name, slope in slopes.items():
        yield f"gradient, {name}", _grey(slope)
    for parts in (2, 3, 4, 5, 8, 16, 32):
        yield f"{parts} stripes", _grey(np.floor(x * parts) % 2)
        yield (
            f"chequered, {parts} by {parts}",
            _grey((np.floor(x * parts) + np.floor(y * parts)) % 2),
        )
    for parts in (3, 4, 5):
        yield f"{parts} steps", _grey(np.floor(x * parts) / (parts - 1))
    for share in (0.2, 0.3, 0.4):
        yield f"disc, {share}", _grey(np.hypot(x - 0.5, y - 0.5) < share)
        yield f"frame, {share}", _grey(np.maximum(abs(x - 0.5), abs(y - 0.5)) < share)
        yield f"cross, {share}", _grey(np.minimum(abs(x - 0.5), abs(y - 0.5)) < share / 4)


def _grey(values: npt.NDArray[np.float64] | npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    return np.rint(values.astype(np.float64) * 255).astype(np.uint8)
