"""The photographs whose altered copies are looked for, and which of them show the same thing."""

from __future__ import annotations

import tomllib
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.photographs import all_photographs, landscapes
from benchmarks.robustness_copies import LONGEST_SIDE
from takeback.fingerprints.listable import is_listable
from takeback.fingerprints.pdq import pdq_of_pixels

_PLATES: Final = 4
"""Of the sky surveys' plates, which are small and many, every so-manieth is taken."""

_NEAR_DUPLICATES: Final = Path(__file__).with_name("near_duplicates.toml")


@cache
def robustness_photographs() -> list[Path]:
    """Return more than 300 photographs that may be listed, and some of the sky behind them.

    Fetches what is missing.

    Raises NoPhotographs if something can't be fetched.
    """
    paths = [photograph.path for photograph in all_photographs()]
    plates = [path for path in paths if is_plate(path)]
    others = [path for path in paths if not is_plate(path)]
    chosen = [
        *(path for path in others if not is_sky(path)),
        *landscapes(),
        *(path for path in others if is_sky(path)),
        *plates[::_PLATES],
    ]
    return [path for path in chosen if is_listable(pdq_of_pixels(np.asarray(opened(path))))]


def is_sky(path: Path) -> bool:
    """Tell whether it is from the planetarium: mostly nebulae, galaxies and stars on black."""
    return "stellarium-data" in path.parts


def is_held_out(path: Path) -> bool:
    """Tell whether nothing was chosen by it: no view, no crop, no floor."""
    return path in landscapes()


def is_plate(path: Path) -> bool:
    """Tell whether it is one of the planetarium's small pictures."""
    return is_sky(path) and "others" in path.parts


def opened(path: Path) -> Image.Image:
    """Return a photograph as RGB on white, with `LONGEST_SIDE` pixels or less a side."""
    with Image.open(path) as stored:
        stored.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture: Image.Image = stored
        if picture.mode in {"P", "LA", "PA", "RGBA"}:
            picture = picture.convert("RGBA")
            ground = Image.new("RGBA", picture.size, "white")
            ground.alpha_composite(picture)
            picture = ground
        picture = picture.convert("RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return picture


def name_of(path: Path) -> str:
    """Return what a file is called in `near_duplicates.toml`: its folder and name."""
    return f"{path.parent.name}/{path.name}"


def alike(paths: list[Path]) -> NDArray[np.bool_]:
    """Return which pairs of photographs show the same thing, as `near_duplicates.toml` names them.

    Shape (photographs, photographs); a photograph is like itself.
    """
    places = {name_of(path): place for place, path in enumerate(paths)}
    same = np.eye(len(paths), dtype=np.bool_)
    for group in tomllib.loads(_NEAR_DUPLICATES.read_text(encoding="utf-8"))["group"]:
        present = [places[name] for name in group["files"] if name in places]
        for place, other in combinations(present, 2):
            same[place, other] = same[other, place] = True
    return same
