"""How far our PDQ is from the reference's, over all the photographs."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image
from rich.progress import Progress

from benchmarks.hashers import as_the_cpp_reader, with_draft_and_pdqhash
from benchmarks.photographs import all_photographs
from benchmarks.readers import PDQ
from takeback.media import Decoder

_GOOD: Final = 80
"""The reference compares readers where the quality is at least this (pdq/README.md)."""


@dataclass(frozen=True)
class Distances:
    """Distances in bits of one way of hashing to another."""

    of: str
    to: str
    bits: list[int]

    def summary(self) -> dict[str, Any]:
        """Return how many there are, shares, and the greatest."""
        bits = np.array(self.bits)
        return {
            "of": self.of,
            "to": self.to,
            "photographs": len(bits),
            "equal": float(np.mean(bits == 0)),
            "to_4": float(np.mean(bits <= 4)),  # noqa: PLR2004 - as its name says
            "to_10": float(np.mean(bits <= 10)),  # noqa: PLR2004 - as its name says
            "median": float(np.median(bits)),
            "most": int(bits.max()),
        }


def measure_all(progress: Progress) -> dict[str, Any]:
    """Hash every photograph in every way, and return the distances."""
    photographs = all_photographs()
    task = progress.add_task("Agreement with the reference", total=len(photographs))
    full = "pdqhash of all pixels in RGB"
    reader = f"the C++ command-line reader's rule, quality ≥ {_GOOD}"
    ours_to_full = Distances("Takeback", full, [])
    jpegs_to_full = Distances("Takeback, JPEGs", full, [])
    draft_to_full = Distances("Pillow draft + pdqhash, JPEGs", full, [])
    ours_to_reader = Distances("Takeback", reader, [])
    full_to_reader = Distances(full, reader, [])
    farthest: list[tuple[int, str]] = []
    with Decoder(readers=(PDQ,)) as decoder:
        for photograph in photographs:
            data = photograph.read()
            pixels = _decoded_on_white(data)
            bits, quality = pdqhash.compute(pixels)
            ours = np.unpackbits(np.frombuffer(decoder.read(data, PDQ)[:32], np.uint8))
            away = _distance(ours, bits)
            ours_to_full.bits.append(away)
            farthest.append((away, photograph.path.name))
            if photograph.format == "JPEG":
                jpegs_to_full.bits.append(away)
                draft_to_full.bits.append(_distance(with_draft_and_pdqhash(data)[0], bits))
            if quality >= _GOOD:
                by_reader = as_the_cpp_reader(pixels)
                ours_to_reader.bits.append(_distance(ours, by_reader))
                full_to_reader.bits.append(_distance(bits, by_reader))
            progress.advance(task)
    compared = (ours_to_full, jpegs_to_full, draft_to_full, ours_to_reader, full_to_reader)
    return {
        "distances": [distances.summary() for distances in compared],
        "farthest": [
            {"bits": bits, "photograph": name} for bits, name in sorted(farthest, reverse=True)[:3]
        ],
    }


def _decoded_on_white(data: bytes) -> NDArray[np.uint8]:
    """Decode to RGB, with white where the picture is transparent: what both sides then hash."""
    with Image.open(io.BytesIO(data)) as picture:
        if not picture.has_transparency_data:
            return np.asarray(picture.convert("RGB"))
        white = Image.new("RGBA", picture.size, "white")
        return np.asarray(Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB"))


def _distance(bits: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    return int(np.count_nonzero(np.asarray(bits, bool) != np.asarray(other, bool)))
