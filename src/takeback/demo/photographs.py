"""Harmless photographs for the demo, the tests and the benchmarks: Debian's wallpapers.

`python -m takeback.demo.photographs [DIR] [--few]` fetches them. Every picture chosen here was
looked at: landscapes, flowers, things, the sky; nobody is in them.
"""

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image

FETCHED: Final = Path("var/photographs")
"""Where photographs are fetched to and looked for first."""

_INSTALLED: Final = (Path("/usr/share/wallpapers"), Path("/usr/share/backgrounds"))
_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_LEAST_PIXELS: Final = 1_000_000
_EVERYDAY: Final = "photographs/everyday"
_SKY: Final = "photographs/sky"
_OTHERS: Final = "others"


class NoPhotographs(RuntimeError):  # noqa: N818 - says what is the matter
    """No photographs were found or could be fetched; the message says what to do."""


@dataclass(frozen=True)
class Package:
    """A Debian package and, as globs below its root, which of its pictures are what.

    `everyday` and `sky` are photographs, all of different things: no two have PDQ fingerprints
    within 31 bits, and all have a quality of 50 or more. `others` are drawn or small.
    """

    name: str
    everyday: tuple[str, ...] = ()
    sky: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


_PLASMA: Final = "usr/share/wallpapers"
_LXQT: Final = "usr/share/lxqt/wallpapers"
_STELLARIUM: Final = "usr/share/stellarium"
PACKAGES: Final = (
    Package(
        "lomiri-wallpapers-16.04",
        everyday=("usr/share/backgrounds/*.jpg",),
        never=("usr/share/backgrounds/analogpattern*", "usr/share/backgrounds/umang*"),  # drawn
    ),
    Package(
        "lxqt-themes",
        everyday=tuple(
            f"{_LXQT}/{name}.*"
            for name in (
                *("Butterfly-Kenneth-Wimer", "Valendas", "after-the-rain", "appleflower", "beam"),
                *("butterfly", "cloud", "drop", "flowers", "fog", "this-is-not-windows"),
            )
        ),
        others=(f"{_LXQT}/*",),
    ),
    Package(
        "mate-backgrounds",
        everyday=("usr/share/backgrounds/mate/nature/*",),
        others=("usr/share/backgrounds/mate/*/*",),
    ),
    Package(
        "plasma-workspace-wallpapers",
        everyday=tuple(
            f"{_PLASMA}/{name}/contents/images/*"
            for name in (
                *("BytheWater", "ColdRipple", "ColorfulCups", "EveningGlow", "FallenLeaf"),
                *("Grey", "Kite", "OneStandsOut", "Path", "summer_1am"),
            )
        ),
        others=(f"{_PLASMA}/*/contents/images*/*",),
        never=(f"{_PLASMA}/Autumn/**/*",),  # a drawn girl
    ),
    Package("gnome-backgrounds", others=("usr/share/backgrounds/gnome/*",)),
    Package(
        "stellarium-data",
        sky=(
            f"{_STELLARIUM}/nebulae/default/*",
            f"{_STELLARIUM}/landscapes/mars/*",
            f"{_STELLARIUM}/landscapes/moon/*",
            f"{_STELLARIUM}/textures/moon_4k.jpg",
        ),
        others=(
            f"{_STELLARIUM}/landscapes/garching/*",
            f"{_STELLARIUM}/landscapes/hurricane/*",
        ),
        # Too smooth for a fingerprint of good quality.
        never=tuple(
            f"{_STELLARIUM}/nebulae/default/{name}.png"
            for name in ("n104", "n4274-dss", "n6522", "smc-ha")
        ),
    ),
)
_FEW: Final = frozenset({"lomiri-wallpapers-16.04", "lxqt-themes"})


def find_photographs(directory: Path | None = None) -> list[Path]:
    """Return photographs of different things, of 1 megapixel or more, everyday ones first.

    Looks in `directory`; without one in `var/photographs`, then where Debian installs wallpapers.
    Of pictures that are nearly the same only the largest is returned. Raises NoPhotographs.
    """
    places = (directory,) if directory is not None else (FETCHED, *_INSTALLED)
    for place in places:
        if (place / _EVERYDAY).is_dir():  # chosen one by one when they were fetched
            return [*_pictures_below(place / _EVERYDAY), *_pictures_below(place / _SKY)]
        if found := _distinct(_large(_pictures_below(place))):
            return found
    raise NoPhotographs(
        f"No photographs in {', '.join(map(str, places))}. Fetch some with "
        "`python -m takeback.demo.photographs`, or name a folder that has some."
    )


def find_pictures(directory: Path = FETCHED) -> list[Path]:
    """Return every fetched picture: photographs first, then small and drawn ones."""
    if not (directory / _EVERYDAY).is_dir():
        raise NoPhotographs(
            f"No pictures in {directory}. Fetch them with "
            f"`python -m takeback.demo.photographs {directory}`."
        )
    return [*find_photographs(directory), *_pictures_below(directory / _OTHERS)]


def fetch_photographs(
    into: Path,
    *,
    few: bool = False,
    packages: Sequence[Package] = PACKAGES,
    on_progress: Callable[[str, int, int], None] = lambda _package, _done, _of: None,
) -> None:
    """Fetch Debian's packages and keep their pictures below `into`; what is there already stays.

    `few` fetches 24 photographs (40 MB) instead of about 700 pictures (460 MB), `packages` others.
    `on_progress` hears the package's name, how many packages are done, and how many there are.
    Nothing is installed, and no rights are needed. Raises NoPhotographs.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise NoPhotographs(
            "Photographs come from Debian packages, and this machine has no apt-get and dpkg. "
            "Name a folder with pictures of your own instead."
        )
    into = into.resolve()  # apt and dpkg run in a folder of their own
    stamps = into / ".packages"
    stamps.mkdir(parents=True, exist_ok=True)
    wanted = [package for package in packages if not few or package.name in _FEW]
    failures = []
    for done, package in enumerate(wanted):
        on_progress(package.name, done, len(wanted))
        choice = hashlib.sha256(repr(package).encode()).hexdigest()[:12]
        stamp = stamps / f"{package.name}-{choice}"  # chosen otherwise, it is fetched anew
        if stamp.exists():
            continue
        with tempfile.TemporaryDirectory(dir=into, prefix=".unpacked-") as scratch:
            try:
                _download(package.name, Path(scratch))
            except subprocess.CalledProcessError as error:
                failures.append(f"{package.name}: {error.stderr.strip()}")
                continue
            for kind in (_EVERYDAY, _SKY, _OTHERS):
                shutil.rmtree(into / kind / package.name, ignore_errors=True)
            _keep_pictures(package, Path(scratch), into)
        stamp.touch()
    on_progress("", len(wanted), len(wanted))
    if failures:
        raise NoPhotographs(
            "These packages could not be fetched; check the network and Debian's sources "
            "(/etc/apt), then try again:\n" + "\n".join(failures)
        )


def _download(package: str, scratch: Path) -> None:
    """Unpack a package into `scratch`/root; raises CalledProcessError with what apt said."""
    try:
        _run(["apt-get", "-o", "APT::Sandbox::User=root", "download", package], scratch)
    except subprocess.CalledProcessError:
        # The machine's package lists are missing or old. Lists of our own need no rights.
        (scratch / "apt/lists/partial").mkdir(parents=True)
        own_lists = [
            *("-o", "APT::Sandbox::User=root"),
            *("-o", f"Dir::State::lists={scratch}/apt/lists"),
            *("-o", f"Dir::Cache={scratch}/apt"),
        ]
        _run(["apt-get", *own_lists, "update"], scratch)
        _run(["apt-get", *own_lists, "download", package], scratch)
    (archive,) = scratch.glob("*.deb")
    _run(["dpkg", "-x", str(archive), str(scratch / "root")], scratch)


def _run(command: list[str], directory: Path) -> None:
    subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True)  # noqa: S603 - Debian's own tools


def _keep_pictures(package: Package, scratch: Path, into: Path) -> None:
    root = scratch / "root"
    passed = _matches(root, (*package.never, "**/screenshot.*"))
    for kind, globs in (
        (_EVERYDAY, package.everyday),
        (_SKY, package.sky),
        (_OTHERS, package.others),
    ):
        for picture in sorted(_matches(root, globs) - passed):
            passed.add(picture)
            shown = kind if kind == _OTHERS or _pixels(picture) >= _LEAST_PIXELS else _OTHERS
            folder = into / shown / package.name
            folder.mkdir(parents=True, exist_ok=True)
            picture.replace(folder / _plain_name(picture))
    licence = root / "usr/share/doc" / package.name / "copyright"
    if licence.exists():
        (into / "licences").mkdir(exist_ok=True)
        licence.replace(into / "licences" / package.name)


def _matches(root: Path, globs: Iterable[str]) -> set[Path]:
    return {
        path
        for glob in globs
        for path in root.glob(glob)
        if path.suffix.lower() in _SUFFIXES and path.is_file() and not path.is_symlink()
    }


def _plain_name(picture: Path) -> str:
    """Name a picture after its wallpaper: Plasma calls every file by its size."""
    if not re.fullmatch(r"\d+x\d+", picture.stem):
        return picture.name
    wallpaper, images = picture.parts[-4], picture.parts[-2]
    return f"{wallpaper}-{picture.stem}{images.removeprefix('images')}{picture.suffix}"


def _pictures_below(directory: Path) -> list[Path]:
    return sorted(
        path
        for path in directory.rglob("*")
        if path.suffix.lower() in _SUFFIXES and path.is_file() and not path.is_symlink()
    )


def _pixels(path: Path) -> int:
    with Image.open(path) as picture:
        return picture.width * picture.height


def _large(paths: Iterable[Path]) -> list[Path]:
    """Keep the readable pictures of 1 megapixel or more, largest first."""
    sizes = []
    for path in paths:
        try:
            sizes.append((_pixels(path), path))
        except (OSError, Image.DecompressionBombError):
            continue  # somebody's own folder may hold anything
    return [path for size, path in sorted(sizes, reverse=True) if size >= _LEAST_PIXELS]


_THUMBNAIL: Final = 32  # pixels a side
_SAME: Final = 0.9  # correlation of two thumbnails; different photographs rarely pass 0.7
_LEAST_CONTRAST: Final = 8.0  # standard deviation, of 255: flatter than this shows nothing


def _distinct(paths: Iterable[Path]) -> list[Path]:
    """Drop flat pictures, and those that look the same as an earlier one; sorted by path."""
    kept: list[tuple[Path, NDArray[np.float64]]] = []
    for path in paths:
        try:
            with Image.open(path) as picture:
                picture.draft("L", (_THUMBNAIL * 4, _THUMBNAIL * 4))
                small = picture.convert("L").resize((_THUMBNAIL, _THUMBNAIL), Image.Resampling.BOX)
        except OSError:
            continue  # cut short; the others can still be used
        values = np.asarray(small, dtype=np.float64).ravel()
        if values.std() < _LEAST_CONTRAST:
            continue
        values = (values - values.mean()) / (values.std() * np.sqrt(values.size))
        if all(float(values @ other) < _SAME for _, other in kept):
            kept.append((path, values))
    return sorted(path for path, _ in kept)


def _command(
    directory: Annotated[Path, typer.Argument(help="Where to keep them.")] = FETCHED,
    few: Annotated[
        bool, typer.Option("--few", help="24 photographs, 40 MB, for the demo.")
    ] = False,
) -> None:
    """Fetch harmless photographs (Debian's wallpapers) for the demo, tests and benchmarks.

    Nothing is installed; without `--few` it is about 460 MB to fetch and 300 MB to keep.
    """
    from rich.progress import Progress

    with Progress() as progress:
        bar = progress.add_task("Photographs", total=None)

        def show(package: str, done: int, of: int) -> None:
            progress.update(bar, description=package or "Photographs", completed=done, total=of)

        try:
            fetch_photographs(directory, few=few, on_progress=show)
        except NoPhotographs as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
    typer.echo(
        f"{len(find_photographs(directory))} photographs in {directory}; "
        f"{len(find_pictures(directory))} with small and drawn pictures."
    )


if __name__ == "__main__":
    typer.run(_command)
