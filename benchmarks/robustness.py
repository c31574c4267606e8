"""`python -m benchmarks.robustness [--quick]`: which altered copies are found, and at what price.

Every photograph is altered in every way of `robustness_copies`, and each copy is looked up under
each view policy; what is found of its original is recall, what comes near another photograph is the
risk of a false match. Writes a table, a plot and JSON.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import Progress

from benchmarks.results import keep
from benchmarks.robustness_copies import ALTERATIONS
from benchmarks.robustness_photographs import (
    alike,
    is_held_out,
    is_sky,
    opened,
    robustness_photographs,
)
from benchmarks.robustness_report import print_tables, write_report
from takeback.fingerprints.listable import is_listable
from takeback.fingerprints.luma import Luma
from takeback.fingerprints.pdq import Pdq, pdq_of_pixels
from takeback.fingerprints.reading import view_pdqs_of
from takeback.fingerprints.views import ViewPolicy, load_policy

Codes = NDArray[np.uint64]
"""PDQs, four words each."""

Groups = dict[str, NDArray[np.bool_]]
"""Which photographs belong to `earth` (all but the sky), `known`, `held_out` and `sky`."""

POLICIES: Final = ("plain", "standard", "thorough")
THRESHOLD: Final = 31
_FEW: Final = 60
_WORDS: Final = 4
_NO_MATCH: Final = 256


@dataclass(frozen=True)
class Lookups:
    """What a copy is looked up by: the view of each code, and the quality it asks of an entry."""

    codes: Codes
    views: NDArray[np.uint8]
    floors: NDArray[np.uint8]

    def of_views(self, wanted: NDArray[np.bool_]) -> Lookups:
        """Return those of some views of the policy only."""
        kept = wanted[self.views]
        return Lookups(self.codes[kept], self.views[kept], self.floors[kept])


@dataclass(frozen=True)
class Listed:
    """What is on the list, with qualities."""

    codes: Codes
    qualities: NDArray[np.uint8]

    def first(self, count: int | None) -> Listed:
        """Return so many, all if None."""
        return Listed(self.codes[:count], self.qualities[:count])


@dataclass(frozen=True)
class Measured:
    """One photograph: what is listed of it, whole first, and each copy's look-ups by policy.

    `reference` is the PDQ by the reference, of the photograph and of each copy.
    """

    listed: Listed
    copies: dict[str, dict[str, Lookups]]
    reference: Codes
    copies_by_reference: dict[str, Codes]


def main(arguments: list[str]) -> int:
    """Measure, print, write; returns the exit code."""
    if arguments not in ([], ["--quick"]):
        print("Usage: python -m benchmarks.robustness [--quick]")
        return 2
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    quick = bool(arguments)
    with Progress(console=console) as progress:
        measured = measure_all(progress, few=quick)
    print_tables(console, measured)
    if not quick:
        keep("robustness", measured)
        for path in write_report(measured):
            console.print(f"Wrote {path}")
    return 0


def measure_all(progress: Progress, *, few: bool = False) -> dict[str, Any]:
    """Return all figures, for `results.keep`; of `few` photographs only if asked."""
    paths = robustness_photographs()
    if few:
        paths = paths[:: len(paths) // _FEW][:_FEW]
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    task = progress.add_task("Copies", total=len(paths))
    photographs: list[Measured] = []
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as workers:
        for photograph in workers.map(
            _measure, paths, (_other(paths, n) for n in range(len(paths)))
        ):
            photographs.append(photograph)
            progress.advance(task)
    sky = np.array([is_sky(path) for path in paths])
    held_out = np.array([is_held_out(path) for path in paths])
    groups = {"earth": ~sky, "known": ~sky & ~held_out, "held_out": held_out, "sky": sky}
    excluded = alike(paths)
    partners = [paths.index(_other(paths, n)) for n in range(len(paths))]
    risks = {}
    for policy in progress.track(POLICIES, description="False matches"):
        risks[policy] = _risk(photographs, policy, sky, excluded, partners)
    return {
        "photographs": len(paths),
        "groups": {name: int(of.sum()) for name, of in groups.items()},
        "copies": len(ALTERATIONS),
        "alterations": [_recall(photographs, place, groups) for place in range(len(ALTERATIONS))],
        "policies": {name: _price(photographs, paths, load_policy(name)) for name in POLICIES},
        "families": _families(photographs, sky),
        "false_matches": risks,
    }


def _other(paths: list[Path], n: int) -> Path:
    """Return the photograph that goes into collages with the n-th."""
    step = len(paths) // 3 + 1
    return paths[(n + step) % len(paths)]


def _measure(path: Path, other_path: Path) -> Measured:
    picture, other = opened(path), opened(other_path)
    pixels = np.asarray(picture)
    luma = Luma.from_pixels(pixels)
    whole = luma.dihedral_pdqs()[0]
    boxes = load_policy().listed_boxes(luma.width, luma.height)
    crops = [pdq for pdq in luma.crop_pdqs(list(boxes.values())) if is_listable(pdq, crop=True)]
    copies, copies_by_reference = {}, {}
    for alteration in ALTERATIONS:
        with Image.open(io.BytesIO(alteration.file(picture, other))) as stored:
            copied = np.asarray(stored.convert("RGB"))
        upload = Luma.from_pixels(copied)
        copies[alteration.name] = {name: _lookups(upload, load_policy(name)) for name in POLICIES}
        copies_by_reference[alteration.name] = _words([pdq_of_pixels(copied)])
    listed = [whole, *crops]
    return Measured(
        Listed(_words(listed), np.array([pdq.quality for pdq in listed], np.uint8)),
        copies,
        _words([pdq_of_pixels(pixels)]),
        copies_by_reference,
    )


def _lookups(upload: Luma, policy: ViewPolicy) -> Lookups:
    found = view_pdqs_of(upload, policy)
    floors = [policy.upload[row.view].least_listed_quality for row in found]
    return Lookups(
        _words([row.pdq for row in found]),
        np.array([row.view for row in found], np.uint8),
        np.array(floors, np.uint8),
    )


def _words(pdqs: Iterable[Pdq]) -> Codes:
    return np.frombuffer(b"".join(pdq.bits for pdq in pdqs), np.uint64).reshape(-1, _WORDS)


def _bits_apart(uploads: Codes, entries: Codes) -> NDArray[np.uint16]:
    """Return the bits that differ, shape (uploads, entries)."""
    apart = np.zeros((len(uploads), len(entries)), np.uint16)
    for word in range(_WORDS):
        apart += np.bitwise_count(uploads[:, word, None] ^ entries[None, :, word])
    return apart


def _distances(upload: Lookups, listed: Listed) -> NDArray[np.uint16]:
    """Return the bits that differ, `_NO_MATCH` where the view may not match the entry."""
    apart = _bits_apart(upload.codes, listed.codes)
    apart[upload.floors[:, None] > listed.qualities[None, :]] = _NO_MATCH
    return apart


def _nearest(upload: Lookups, listed: Listed) -> int:
    return int(_distances(upload, listed).min())


def _recall(photographs: list[Measured], place: int, groups: Groups) -> dict[str, Any]:
    """Return the share of copies of one kind that are found, by the reference and each policy."""
    alteration = ALTERATIONS[place]
    nearest: dict[str, list[int]] = {name: [] for name in ("reference", *POLICIES)}
    for photograph in photographs:
        name = alteration.name
        by_reference = _bits_apart(photograph.copies_by_reference[name], photograph.reference)
        nearest["reference"].append(int(by_reference[0, 0]))
        for policy in POLICIES:
            listed = photograph.listed.first(1 if policy == "plain" else None)
            nearest[policy].append(_nearest(photograph.copies[name][policy], listed))
    return {
        "name": alteration.name,
        "group": alteration.group,
        "goal": alteration.goal,
        **{name: _shares(np.array(bits), groups) for name, bits in nearest.items()},
    }


def _shares(bits: NDArray[np.int_], groups: Groups) -> dict[str, float]:
    found = bits <= THRESHOLD
    return {
        **{name: float(found[of].mean()) for name, of in groups.items()},
        "within_28": float((bits[groups["earth"]] <= 28).mean()),  # noqa: PLR2004 - the gate's default for self-reported entries
        "median_bits": float(np.median(bits)),
    }


def _price(photographs: list[Measured], paths: list[Path], policy: ViewPolicy) -> dict[str, float]:
    """Return what a policy costs: views, look-ups, microseconds, bytes a listed picture."""
    untouched = ALTERATIONS[0].name
    lookups = [len(photograph.copies[untouched][policy.name].codes) for photograph in photographs]
    listed = [len(photograph.listed.codes) if policy.listed else 1 for photograph in photographs]
    times = []
    for path in paths[:40]:
        luma = Luma.from_pixels(np.asarray(opened(path)))
        fastest = float("inf")
        for _ in range(7):
            began = time.perf_counter()
            view_pdqs_of(luma, policy)
            fastest = min(fastest, time.perf_counter() - began)
        times.append(fastest * 1e6)
    return {
        "views": len(policy.upload),
        "lookups": float(np.mean(lookups)),
        "listed": float(np.mean(listed)),
        "listed_bytes": float(np.mean(listed)) * 32,
        "microseconds": float(np.median(times)),
    }


def _families(photographs: list[Measured], sky: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Return recall as the standard policy's views are added, one kind after the other."""
    policy = load_policy()
    kinds = [_family(policy, place) for place in range(len(policy.upload))]
    order = list(dict.fromkeys(kinds))
    goals = [alteration for alteration in ALTERATIONS if alteration.goal is not None]
    rows = []
    steps = [("whole", 1, False), *((kind, order.index(kind) + 1, True) for kind in order)]
    for name, known, crops in steps:
        wanted = np.isin(kinds, order[:known])
        found, lookups = [], []
        for photograph, is_of_sky in zip(photographs, sky, strict=True):
            listed = photograph.listed.first(None if crops else 1)
            for alteration in goals:
                upload = photograph.copies[alteration.name]["standard"].of_views(wanted)
                found.append((is_of_sky, _nearest(upload, listed) <= THRESHOLD))
            first = photograph.copies[ALTERATIONS[0].name]["standard"]
            lookups.append(len(first.of_views(wanted).codes))
        table = np.array(found)
        rows.append(
            {
                "name": "the whole, as the reference"
                if not crops
                else "listed crops"
                if name == "whole"
                else name,
                "recall": float(table[:, 1].mean()),
                "recall_earth": float(table[table[:, 0] == 0, 1].mean()),
                "lookups": float(np.mean(lookups)),
            }
        )
    return rows


def _family(policy: ViewPolicy, place: int) -> str:
    """Return the kind of a view, for the plot."""
    view = policy.upload[place]
    if place == 0:
        return "whole"
    if view.shows_whole:
        return "8 orientations, steady"
    if view.degrees:
        return "small turns"
    if view.part == "unbarred":
        return "bar painted over"
    if view.part == "piece" or "half" in view.name:
        return "pieces and halves"
    return "small crops" if view.part == "whole" else "frames"


def _risk(
    photographs: list[Measured],
    policy: str,
    sky: NDArray[np.bool_],
    excluded: NDArray[np.bool_],
    partners: list[int],
) -> dict[str, Any]:
    """Return how near copies come to other photographs' entries, pair by pair.

    A pair is one copy and the entry of one other photograph: all views against all that is listed
    of it. The smallest of their distances counts.
    """
    parts = [
        photograph.listed.first(1 if policy == "plain" else None) for photograph in photographs
    ]
    listed = Listed(
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.qualities for part in parts]),
    )
    firsts = np.cumsum([0, *(len(part.codes) for part in parts)])[:-1]
    earth = np.zeros(257, np.int64)
    all_pairs = np.zeros(257, np.int64)
    for n, photograph in enumerate(photographs):
        for name, copy in photograph.copies.items():
            nearest = np.minimum.reduceat(_distances(copy[policy], listed).min(0), firsts)
            different = ~excluded[n]
            if name.startswith("collage"):
                different = different & ~excluded[partners[n]]
            all_pairs += np.bincount(nearest[different], minlength=257)
            if not sky[n]:
                earth += np.bincount(nearest[different & ~sky], minlength=257)
    return {"all": _tail(all_pairs), "earth": _tail(earth)}


def _tail(counts: NDArray[np.int64]) -> dict[str, Any]:
    """Describe the near end of a distribution of distances, and carry it on to the threshold.

    The logarithm of the share of pairs within d bits is fitted by a straight line over the nearest
    bits that hold at least ten pairs and at most a thousandth of all. Such a line is on the safe
    side: the tail of a sum of many bits bends down from it.
    """
    within = counts.cumsum()
    pairs = int(within[-1])
    usable = np.flatnonzero((within >= 10) & (within <= pairs / 1000))  # noqa: PLR2004 - as said
    rate = None
    if len(usable) > 2:  # noqa: PLR2004 - a line needs more than two points to mean anything
        slope, height = np.polyfit(usable, np.log10(within[usable] / pairs), 1)
        rate = float(10 ** (slope * THRESHOLD + height))
    return {
        "pairs": pairs,
        "nearest_bits": int(np.flatnonzero(counts)[0]),
        "within_threshold": int(within[THRESHOLD]),
        "rate_at_threshold": rate,
        "counts": counts.tolist(),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
