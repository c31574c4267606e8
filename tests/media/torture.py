"""The torture set: the odd, broken and hostile pictures that other projects test with."""

import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

_GDK_PIXBUF = "gdk-pixbuf-tests"


def fetch(folder: Path) -> list[Path]:
    """Return the files of the set, fetched into `folder` unless they are there already.

    They are Pillow's own test pictures, from its source package, and GDK-PixBuf's, from Debian.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for name, fetch_it in (
        (f"pillow-{version('pillow')}", _fetch_pillow),
        (_GDK_PIXBUF, _fetch_gdk_pixbuf),
    ):
        place = folder / name
        if not (place / ".fetched").exists():
            place.mkdir(exist_ok=True)
            fetch_it(place)
            (place / ".fetched").touch()
        files += sorted(path for path in place.rglob("*") if path.is_file())
    return files


def _fetch_pillow(place: Path) -> None:
    _run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-binary", "pillow", "--dest", str(place)),
        f"pillow=={version('pillow')}",
    )
    (source,) = place.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        # One by one: `filter="data"` came with Python 3.11.4, and Debian 12 has 3.11.2.
        for member in archive.getmembers():
            if "/Tests/images/" in member.name and member.isfile():
                _write_member(archive, member, place)
    source.unlink()


def _write_member(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    target = (place / member.name).resolve()
    content = archive.extractfile(member)
    if content is None or not target.is_relative_to(place.resolve()):
        raise RuntimeError(f"The torture set holds an odd member: {member.name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.read())


def _fetch_gdk_pixbuf(place: Path) -> None:
    _run("apt-get", "-o", "APT::Sandbox::User=root", "download", _GDK_PIXBUF, cwd=place)
    (package,) = place.glob("*.deb")
    _run("dpkg", "-x", str(package), str(place))
    package.unlink()


def _run(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(
            f"The torture set could not be fetched; check the network.\n{done.stderr}"
        )
