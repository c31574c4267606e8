"""The photographs that are measured: the test set, stock photographs of two web themes, and
landscapes that nothing was chosen by.

The themes' own licences speak of their code, so their photographs are fetched to be measured
only: never shown, never committed. Folders of faces, avatars and the like are not unpacked, and
nothing whose name says that it shows people.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from PIL import Image

from benchmarks.machine import REPOSITORY
from takeback.demo.photographs import (
    FETCHED,
    NoPhotographs,
    Package,
    fetch_photographs,
    find_photographs,
)

FOLDER: Final = REPOSITORY / "var/benchmark-photographs"
"""Where the themes' photographs are kept."""

LEAST_PIXELS: Final = 250_000
"""A photograph has at least so many: the sky surveys' plates are 512 by 512."""

_THEMES: Final = {
    "@tabler/preview@1.2.0": "package/dist/static/photos/",
    "tabler-ui@0.0.34": "package/dist/demo/photos/",
}
_SKY_PLATES: Final = "others/stellarium-data"
_LANDS: Final = "usr/share/games/endless-sky/plugins/endless-sky-high-dpi/images/land"
_LANDSCAPES: Final = Package(
    "endless-sky-high-dpi",
    others=(f"{_LANDS}/*.jpg",),
    never=(f"{_LANDS}/space*", f"{_LANDS}/station*"),  # some show people at work
)
_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_PEOPLE: Final = re.compile(
    r"(^|[-_])((business)?(wo)?m[ae]n|girl|boy|teen|people|person|portrait|friends|couple|blonde?"
    r"|group|team|family|hands?|her|his)([-_.]|$)"
)


@dataclass(frozen=True)
class Photograph:
    """One file: `format` as Pillow calls it, `width` and `height` in pixels as stored."""

    path: Path
    format: str
    width: int
    height: int
    progressive: bool

    @property
    def megapixels(self) -> float:
        """Millions of pixels."""
        return self.width * self.height / 1e6

    def read(self) -> bytes:
        """Return the file's bytes."""
        return self.path.read_bytes()


@cache
def all_photographs() -> list[Photograph]:
    """Return every photograph of at least `LEAST_PIXELS`, fetching what is missing.

    Raises NoPhotographs if something can't be fetched.
    """
    fetch_photographs(REPOSITORY / FETCHED)
    themes = [_fetched_theme(package, folder) for package, folder in _THEMES.items()]
    wallpapers = find_photographs(REPOSITORY / FETCHED)
    plates = sorted((REPOSITORY / FETCHED / _SKY_PLATES).rglob("*.png"))
    stock = sorted(path for theme in themes for path in theme.iterdir() if _is_wanted(path))
    return list(_large_enough([*wallpapers, *stock, *plates]))


@cache
def landscapes() -> list[Path]:
    """Return 260 photographs of 1440 by 720, which no view and no floor was chosen by.

    They belong to a Debian package under free licences. Raises NoPhotographs if it can't be
    fetched.
    """
    fetch_photographs(FOLDER, packages=(_LANDSCAPES,))
    return sorted((FOLDER / "others" / _LANDSCAPES.name).glob("*.jpg"))


def jpegs_between(least: float, most: float) -> list[Photograph]:
    """Return the photographs in JPEG with so many megapixels."""
    return [
        photograph
        for photograph in all_photographs()
        if photograph.format == "JPEG" and least <= photograph.megapixels <= most
    ]


def _is_wanted(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES and not _PEOPLE.search(path.name.lower())


def _large_enough(paths: list[Path]) -> Iterator[Photograph]:
    for path in paths:
        with Image.open(path) as opened:
            width, height = opened.size
            if width * height >= LEAST_PIXELS:
                yield Photograph(
                    path, opened.format or "", width, height, bool(opened.info.get("progressive"))
                )


def _fetched_theme(package: str, folder: str) -> Path:
    """Return where the pictures in one folder of an npm package are, after fetching them.

    Raises NoPhotographs if they can't be fetched.
    """
    into = FOLDER / package.strip("@").replace("/", "-")
    if into.is_dir():
        return into
    npm = shutil.which("npm")
    if npm is None:
        raise NoPhotographs("The themes' photographs come with npm. Install Node.js with npm.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=".unpacked-") as scratch:
        _download(npm, package, folder, Path(scratch))
        (Path(scratch) / "photographs").rename(into)
    return into


def _download(npm: str, package: str, folder: str, scratch: Path) -> None:
    kept = scratch / "photographs"
    kept.mkdir()
    try:
        subprocess.run(  # noqa: S603 - npm, and a package named above
            [npm, "pack", "--silent", package],
            cwd=scratch,
            check=True,
            capture_output=True,
            text=True,
            timeout=600,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NoPhotographs(
            f"{package} could not be fetched with npm; check the network, then try again."
        ) from error
    (archive,) = scratch.glob("*.tgz")
    with tarfile.open(archive) as packed:
        for member in packed:
            path = Path(member.name)
            if member.isfile() and path.parent == Path(folder) and _is_wanted(path):
                opened = packed.extractfile(member)
                if opened is not None:
                    with opened, (kept / os.path.basename(path)).open("wb") as file:  # noqa: PTH119 - the last part of a stranger's path
                        shutil.copyfileobj(opened, file)
