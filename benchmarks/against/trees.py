"""The two trees: this checkout, and another commit that is unpacked and installed beside it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.against.processes import INSIDE, environment
from benchmarks.machine import REPOSITORY, commit_of_checkout

KEPT: Final = REPOSITORY / "build/against"
"""Other commits, each in a folder of its own, and what a run writes."""

_SHOWN: Final = 10  # digits of a commit


class NotComparable(RuntimeError):  # noqa: N818 - says what is the matter
    """One of the trees can't be measured; the message says why."""


@dataclass(frozen=True)
class Tree:
    """One tree: `side` is "new" for this checkout, "old" for the other commit."""

    side: str
    root: Path
    commit: str

    @property
    def python(self) -> str:
        """The tree's own interpreter."""
        return str(self.root / ".venv/bin/python")

    def takeback(self, *arguments: str) -> list[str]:
        """Return `takeback …` of this tree as a command."""
        return [self.python, "-m", "takeback", *arguments]

    def versions(self) -> dict[str, str]:
        """Return the versions of what it stands on; raises NotComparable if it is another tree."""
        done = _run([self.python, str(INSIDE / "versions.py")])
        paths: dict[str, str] = json.loads(done)
        package = Path(paths.pop("takeback"))
        if not package.is_relative_to(self.root / "src"):
            raise NotComparable(
                f"{self.python} imports takeback from {package}, not from {self.root}."
            )
        return paths


def this_tree() -> Tree:
    """Return this checkout, as it is."""
    return Tree("new", REPOSITORY, commit_of_checkout())


def tree_at(revision: str) -> Tree:
    """Return another commit, unpacked and installed; the second time it is there already.

    Raises NotComparable if there is no such commit or it can't be installed.
    """
    commit = _run(["git", "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"]).strip()
    tree = Tree("old", KEPT / commit, commit[:_SHOWN])
    installed = tree.root / ".installed"
    if not installed.exists():
        shutil.rmtree(tree.root, ignore_errors=True)
        tree.root.mkdir(parents=True)
        _unpack(commit, tree.root)
        _install(tree)
        installed.touch()
    return tree


def _unpack(commit: str, into: Path) -> None:
    packed = into / "commit.tar"
    _run(["git", "archive", "--format=tar", f"--output={packed}", commit])
    _run(["tar", "--extract", f"--file={packed}", f"--directory={into}"])
    packed.unlink()


def _install(tree: Tree) -> None:
    """Install as `make setup` does: the packages that the commit pins, then its own kernels."""
    print(f"Installing {tree.commit} (once; a few minutes)", file=sys.stderr)
    _run([sys.executable, "-m", "venv", "--clear", str(tree.root / ".venv")])
    pip = [tree.python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    locks = [tree.root / "requirements" / name for name in ("development.txt", "locked.txt")]
    pinned = next(lock for lock in locks if lock.exists())  # older commits had one lock
    _run([*pip, "--requirement", str(pinned)], tree.root)
    _run([*pip, "--no-build-isolation", "--no-deps", "--editable", "."], tree.root)


def _run(command: Sequence[str], folder: Path = REPOSITORY) -> str:
    done = subprocess.run(  # noqa: S603 - git, tar, pip and our own programs
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotComparable(f"`{' '.join(command)}` failed.\n{done.stderr or done.stdout}")
    return done.stdout
