"""Real photographs at several sizes: both builds of the kernel against the reference, pdqhash."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from takeback.demo.photographs import FETCHED, find_photographs, find_pictures
from tests.fingerprints.conftest import SUMMARY
from tests.fingerprints.kernels import REPOSITORY, Pixels, WasmKernel, by_reference, natively

SIDES = (1024, 300)  # longest sides of the reduced versions


@dataclass
class Comparison:
    """How far one build of the kernel is from the reference, over all pictures."""

    distances: Counter[int] = field(default_factory=Counter)
    dihedral_distances: Counter[int] = field(default_factory=Counter)
    quality_differences: Counter[int] = field(default_factory=Counter)


@dataclass
class Comparisons:
    photographs: int
    native: Comparison = field(default_factory=Comparison)
    wasm: Comparison = field(default_factory=Comparison)


def real_photographs() -> list[Path]:
    """Everyday photographs, and the smaller ones of the sky: no drawings."""
    directory = REPOSITORY / FETCHED
    small_sky = directory / "others/stellarium-data"
    return [
        *find_photographs(directory),
        *(path for path in find_pictures(directory) if path.parent == small_sky),
    ]


def at_several_sizes(path: Path) -> Iterator[Pixels]:
    with Image.open(path) as picture:
        # By way of RGBA, because Pillow warns of palettes with alpha; what lies under it counts.
        full = (picture.convert("RGBA") if picture.mode == "P" else picture).convert("RGB")
    yield np.asarray(full)
    for side in SIDES:
        if max(full.size) > side:
            full.thumbnail((side, side), Image.Resampling.BILINEAR)
            yield np.asarray(full)


@pytest.fixture(scope="module")
def comparisons(wasm_kernel: WasmKernel, pytestconfig: pytest.Config) -> Comparisons:
    paths = real_photographs()
    result = Comparisons(photographs=len(paths))
    for path in paths:
        for pixels in at_several_sizes(path):
            expected = by_reference(pixels)
            for kernel, comparison in ((natively, result.native), (wasm_kernel, result.wasm)):
                hashed = kernel(pixels)
                comparison.distances[hashed.distance(expected)] += 1
                comparison.quality_differences[hashed.quality - expected.quality] += 1
                for ours, theirs in zip(hashed.eight, expected.eight, strict=True):
                    apart = int.from_bytes(ours) ^ int.from_bytes(theirs)
                    comparison.dihedral_distances[apart.bit_count()] += 1
    lines = pytestconfig.stash.setdefault(SUMMARY, [])
    for name, comparison in (("native", result.native), ("WebAssembly", result.wasm)):
        lines.append(
            f"PDQ, {name} against pdqhash: {len(paths)} photographs, "
            f"{comparison.distances.total()} pictures with their smaller versions; "
            f"bits apart: {dict(sorted(comparison.distances.items()))}, "
            f"of all eight variants: {dict(sorted(comparison.dihedral_distances.items()))}, "
            f"quality: {dict(sorted(comparison.quality_differences.items()))}"
        )
    return result


def check(comparison: Comparison) -> None:
    for distances in (comparison.distances, comparison.dihedral_distances):
        assert distances[0] >= 0.99 * distances.total(), distances
        assert max(distances) <= 2, distances
    assert set(comparison.quality_differences) == {0}


def test_there_are_enough_photographs(comparisons: Comparisons) -> None:
    assert comparisons.photographs >= 300
    assert comparisons.native.distances.total() >= 1000  # with their smaller versions


def test_native_kernel_equals_the_reference(comparisons: Comparisons) -> None:
    check(comparisons.native)


def test_webassembly_kernel_equals_the_reference(comparisons: Comparisons) -> None:
    check(comparisons.wasm)
